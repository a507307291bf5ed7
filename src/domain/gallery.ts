/**
 * Gallery: the shareable collection.
 *
 * States: draft → active (publish) → expired (its date has passed) → archiving (its final archive is being made; nothing in it
 * may change) → archived (the originals lie inside that archive) → active (restore). Archiving that fails goes back to active or
 * expired. Any → deleted (a tombstone; the slug stays taken).
 */
import { AppError } from '../base/errors.ts'
import { isUuid } from '../base/id.ts'

export type GalleryState = 'draft' | 'active' | 'expired' | 'archiving' | 'archived' | 'deleted'
export type Naming = 'original' | 'numbered' | 'id'
export type Locale = 'en' | 'de' | 'ru'
/** Of photos: the file as it was uploaded, or its preview. */
export type Size = 'original' | 'screen'
/** Where guests see their photographer's watermark: nowhere; in what they look at; also in what they take home in screen size. */
export type Marking = 'off' | 'view' | 'downloads'
export const markings: Marking[] = ['off', 'view', 'downloads']

/** The picture at the head of the page, and its eye: the point that stays in sight however it is cut, from the top left, 0 to 1. */
export interface Cover {
  /** null: the first photo that guests see */
  coverItemId: string | null
  coverX: number
  coverY: number
}

export interface Gallery extends Cover {
  id: string
  ownerId: string
  /** collection: the library of its owner's rescued tracks, which nobody publishes and no list of galleries shows */
  kind: 'gallery' | 'collection'
  slug: string
  title: string
  state: GalleryState
  eventType: string | null
  eventDate: string | null
  customerName: string | null
  customerEmail: string | null
  locale: Locale
  naming: Naming
  downloadEnabled: boolean
  /** the largest size of photos that guests may take home, where they may take any */
  downloadSize: Size
  watermark: Marking
  /** some of its pictures do not bear the watermark yet, or an older one */
  marking: boolean
  /** guests may like, rate, comment and mark favourites */
  feedbackEnabled: boolean
  /** tell clients also of versions after the first */
  notifyNewVersions: boolean
  passwordHash: string | null
  /** anybody with the gallery's address may look; else only who came by a link of theirs */
  isPublic: boolean
  expiresAt: Date | null
  publishedAt: Date | null
  deletedAt: Date | null
  archivedAt: Date | null
  finalArchiveId: string | null
  /** why the last archiving failed: a code of our errors */
  archiveError: string | null
  /** restored; some of its originals still lie inside the archive */
  hydrating: boolean
  contentVersion: number
  createdAt: Date
}

/** A draft in which everything is as it is when nobody has chosen. */
export const freshGallery = ({ now, ...named }: Pick<Gallery, 'id' | 'ownerId' | 'slug' | 'title'> & { now: Date }): Gallery => ({
  ...named,
  kind: 'gallery',
  state: 'draft',
  eventType: null,
  eventDate: null,
  customerName: null,
  customerEmail: null,
  locale: 'en',
  naming: 'original',
  downloadEnabled: true,
  downloadSize: 'original',
  watermark: 'off',
  marking: false,
  feedbackEnabled: true,
  notifyNewVersions: false,
  passwordHash: null,
  isPublic: true,
  expiresAt: null,
  publishedAt: null,
  deletedAt: null,
  archivedAt: null,
  finalArchiveId: null,
  archiveError: null,
  hydrating: false,
  contentVersion: 0,
  coverItemId: null,
  coverX: 0.5,
  coverY: 0.5,
  createdAt: now,
})

/** The state at `now`: a gallery whose date has passed is expired whether or not somebody has noted it yet. */
export function stateAt(gallery: Pick<Gallery, 'state' | 'expiresAt'>, now: Date): GalleryState {
  return gallery.state === 'active' && gallery.expiresAt && gallery.expiresAt <= now ? 'expired' : gallery.state
}

/** Files may come and go while the gallery is being made or shown. */
export const takesUploads = (state: GalleryState): boolean => state === 'draft' || state === 'active'

/** Its time is over: nobody is invited to its page any more. */
export const isClosed = (state: GalleryState): boolean => state === 'expired' || state === 'archiving' || state === 'archived'

/** Only what was published has guests to say goodbye to; a draft is simply deleted. */
export const mayRetire = (state: GalleryState): boolean => state === 'active' || state === 'expired'

/** Where a gallery stands again whose archiving has failed. */
export const stateBefore = ({ expiresAt }: Pick<Gallery, 'expiresAt'>, now: Date): GalleryState =>
  expiresAt && expiresAt <= now ? 'expired' : 'active'

/** What guests say may change while the gallery is shown; what its photographer hides or removes, until it becomes its archive. */
export const takesFeedback = (state: GalleryState): boolean => state === 'active'
export const takesModeration = (state: GalleryState): boolean => state === 'draft' || state === 'active' || state === 'expired'

const slugRule = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/

/** Answers the slug, or throws slug_invalid; so does what reads as an id, for a gallery is asked for by either. */
export function checkSlug(slug: string): string {
  if (slug.length > 100 || !slugRule.test(slug) || isUuid(slug)) throw new AppError('slug_invalid', { slug })
  return slug
}

const spoken: Record<string, string> = { ä: 'ae', ö: 'oe', ü: 'ue', ß: 'ss', æ: 'ae', ø: 'o', å: 'a', ł: 'l', '&': '-and-' }
// ISO 9-like, as people write Russian names in addresses
const russian =
  'а a б b в v г g д d е e ё e ж zh з z и i й i к k л l м m н n о o п p р r с s т t у u ф f х kh ц ts ч ch ш sh щ shch ъ  ы y ь  э e ю iu я ia'
const cyrillic = Object.fromEntries([...russian.matchAll(/([а-яё]) ([a-z]*)/g)].map((m) => [m[1], m[2]])) as Record<string, string>

/** A slug made from a title: `Mara & Jonas` → `mara-and-jonas`; 'gallery' when no letter is left. */
export function slugFrom(title: string): string {
  const latin = [...title.normalize('NFC').toLowerCase()].map((c) => spoken[c] ?? cyrillic[c] ?? c).join('')
  const slug = latin
    .normalize('NFD')
    .replace(/[\u0300-\u036f]/g, '')
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 80)
    .replace(/^-+|-+$/g, '')
  return slug || 'gallery'
}
