/** Asset: one immutable file of an item. Replacing a file makes a new asset under a new key. */

export type Kind = 'photo' | 'video' | 'track'

/** A stored original, as plans, pages and derivatives need it. */
export interface Asset {
  id: string
  galleryId: string
  itemId: string
  originalName: string
  mime: string
  /** bytes */
  size: number
  crc32: number
  /** 32 bytes */
  sha256: Buffer
  state: 'stored' | 'missing' | 'deleted'
  storageKey: string
  width: number | null
  height: number | null
  capturedAt: string | null
  modifiedAt: Date
  renderState: 'waiting' | 'done' | 'failed' | 'none'
}

/** Keys are made of ids alone: no client's file name ever decides where bytes lie. */
export const assetKey = (galleryId: string, assetId: string, ext: string): string => `galleries/${galleryId}/assets/${assetId}.${ext}`
export const derivativeKey = (galleryId: string, assetId: string, kind: string, ext: string): string =>
  `galleries/${galleryId}/derivatives/${assetId}-${kind}.${ext}`
