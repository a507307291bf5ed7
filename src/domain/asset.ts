/** Asset: one immutable file of an item. Replacing a file makes a new asset under a new key. */

export type Kind = 'photo' | 'video' | 'track'
/** original: the file of a photo, or what was uploaded as a film or track; the others belong to a rescued track */
export type Role = 'original' | 'audio' | 'cover' | 'video'
/** The asset that stands for its item: each item has one of these, and feedback, counts and players mean it. */
export const mainRoles: Role[] = ['original', 'audio']

/** What is said of a track beside its file. */
export interface Tags {
  title: string
  artist: string | null
  provider: string | null
}

/** A stored original, as plans, pages and derivatives need it. */
export interface Asset {
  id: string
  galleryId: string
  itemId: string
  role: Role
  originalName: string
  mime: string
  /** bytes */
  size: number
  crc32: number
  /** 32 bytes */
  sha256: Buffer
  state: 'stored' | 'missing' | 'deleted'
  storageKey: string
  /** where its bytes begin under that key: 0, or its place inside the final archive of a retired gallery */
  storageOffset: number
  width: number | null
  height: number | null
  capturedAt: string | null
  modifiedAt: Date
  renderState: 'waiting' | 'done' | 'failed' | 'none'
  /** of the item of a rescued track, where somebody asked for it */
  track?: Tags
  /** of its item, told by the final archive alone: moving photos under another heading makes no delivery old */
  stands?: Stands
}

/** How an item stands in its gallery. */
export interface Stands {
  chapter: string | null
  hidden: boolean
}

/** A photo, of which guests may be given smaller copies alone; the cover of a track is there to be looked at. */
export const isPhoto = ({ role, mime }: Pick<Asset, 'role' | 'mime'>): boolean => role === 'original' && mime.startsWith('image/')

/** Is this how long the object must be that holds the asset? `found`: its size, or null when there is none. */
export const isWhole = (found: number | null, { size, storageOffset }: Pick<Asset, 'size' | 'storageOffset'>): boolean =>
  storageOffset ? found !== null && found >= storageOffset + size : found === size

/** Keys are made of ids alone: no client's file name ever decides where bytes lie. */
export const assetKey = (galleryId: string, assetId: string, ext: string): string => `galleries/${galleryId}/assets/${assetId}.${ext}`
/** Whose original lies under this key, as it was uploaded or as it came out of an archive; undefined for any other key. */
export function readAssetKey(key: string): { galleryId: string; assetId: string } | undefined {
  const [, galleryId, assetId] = /^galleries\/([0-9a-f-]{36})\/assets\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})[.-]/.exec(key) ?? []
  return galleryId ? { galleryId, assetId: assetId! } : undefined
}
/** The upload in which the bytes of this key grow, while a rescue fetches them. */
export const uploadUnder = (key: string): { id: string; generation: 0 } => ({ id: key.replaceAll('/', '.'), generation: 0 })
/** Why the key of a rescue is garbage until a row points at it. */
export const unfinishedRescue = 'unfinished rescue'
export const derivativeKey = (galleryId: string, assetId: string, kind: string, ext: string): string =>
  `galleries/${galleryId}/derivatives/${assetId}-${kind}.${ext}`
