/** What is packed: the gallery, the photos under their names, and the recipe that says how. Types only. */
import type { Asset } from './asset.ts'
import type { Locale, Marking, Naming, Size } from './gallery.ts'

/** What was asked for. Two archives with equal recipes and assets are the same archive. */
export type Recipe = DeliveryRecipe | SelectionRecipe

export interface DeliveryRecipe {
  /** final: what a retired gallery becomes */
  purpose: 'delivery' | 'final'
  format: 'zip'
  naming: Naming
  slug: string
}

export interface SelectionRecipe {
  purpose: 'selection'
  format: Format
  naming: Naming
  slug: string
  /** screen: the preview in place of the original, where there is one */
  size: Size
  /** screen size is all that its asker may have: a photo without a preview is left out, not packed as its original */
  only?: true
  /** the previews are those that bear the watermark */
  marked?: true
  /** SHA-256 of the chosen item ids */
  choice: string
  /** one of several files; `whole` is the choice of all of them */
  part: { number: number; of: number; whole: string } | null
}

export type Format = 'zip' | 'tar'

export interface PlanGallery {
  id: string
  slug: string
  title: string
  eventDate: string | null
  naming: Naming
  locale: Locale
  /** of a final archive: what guests may take, and where they see the watermark */
  guests?: Guests
}

export interface Guests {
  sizes: Size | 'none'
  watermark: Marking
}

/** A picture made from an asset that may be packed in its place. */
export interface Preview {
  storageKey: string
  /** the watermark it bears */
  mark: string | null
  size: number
  crc32: number
  sha256: Buffer
}

/** An asset under its name in the archive. */
export interface Named {
  asset: Asset
  /** packed in place of the original */
  preview: Preview | null
  path: string
}
