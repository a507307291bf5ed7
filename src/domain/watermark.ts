/** Watermark: the owner's mark in the pictures that guests look at. Originals never bear it. */
import type { Asset } from './asset.ts'
import type { Gallery } from './gallery.ts'

export type Position = 'centre' | 'top_left' | 'top_right' | 'bottom_left' | 'bottom_right' | 'tiled'
export const positions: Position[] = ['centre', 'top_left', 'top_right', 'bottom_left', 'bottom_right', 'tiled']

/** How the mark stands in a picture. */
export interface Placing {
  position: Position
  /** 0.05 to 1 */
  opacity: number
  /** as much of the picture's width, and of its height, at most: 0.05 to 1 */
  scale: number
}

/** What is known of a mark besides its picture, a PNG of at most 1200 px. */
export interface Watermark extends Placing {
  /** another one with every change */
  id: string
  width: number
  height: number
  /** what it says, when it was written and not uploaded */
  text: string | null
}

/** Do guests of this gallery see the mark in the picture of this asset? The cover of a track is no photo of the gallery. */
export const isMarked = (gallery: Pick<Gallery, 'watermark'>, { role }: Pick<Asset, 'role'>): boolean =>
  gallery.watermark !== 'off' && role === 'original'

/** What stands in an address beside a marked picture: with another mark it is another address, so browsers may keep either. */
export const markName = (id: string): string => id.slice(-12)
