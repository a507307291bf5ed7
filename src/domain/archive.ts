/**
 * Archive: an immutable, versioned, verified package.
 *
 * States: queued → processing (a claim; fence + 1) → verifying → ready.
 *   processing → queued when the attempt failed and may be tried again, → failed when not.
 *   verifying → queued when the stored bytes differ from the plan (they are thrown away and built again).
 *   failed → a new version, by Retry or by asking again after the cool-down. ready → deleted when its time is over.
 * A ready archive is superseded by the next ready one with the same purpose.
 *
 * A selection that nobody wants any more: queued, verifying → cancelled; processing → cancelling (its builder notices within
 * two seconds) → cancelled. Its time over, it is expired. It is superseded only by one with the same recipe.
 *
 * A final archive is what its gallery becomes: never partial, and when it is ready the gallery is archived in the same moment.
 */
import { after, minutes } from '../base/clock.ts'
import type { Gallery } from './gallery.ts'
import type { Recipe } from './recipe.ts'

export type ArchiveState = 'queued' | 'processing' | 'verifying' | 'ready' | 'failed' | 'deleted' | 'cancelling' | 'cancelled' | 'expired'

export interface Archive {
  id: string
  galleryId: string
  version: number
  purpose: 'delivery' | 'selection' | 'final'
  status: ArchiveState
  fence: number
  attempts: number
  recipe: Recipe
  recipeHash: string
  imagesHash: string
  planHash: string
  contentVersion: number
  storageKey: string | null
  /** bytes that passed through the worker while it was built; null before that */
  movedBytes: number | null
  /** requests to the store while it was built */
  storeRequests: number | null
  fileSizeBytes: number
  checksum: string | null
  imageCount: number
  missingCount: number
  processedPhotos: number
  processedBytes: number
  etaSeconds: number | null
  source: string
  requestedBy: string | null
  announce: boolean
  errorCode: string | null
  errorMessage: string | null
  progressAt: Date | null
  createdAt: Date
  startedAt: Date | null
  completedAt: Date | null
  verifiedAt: Date | null
  retainedUntil: Date | null
  supersededBy: string | null
  /** complete copies of this version that were received */
  downloadCount: number
  lastDownloadedAt: Date | null
}

type Planned =
  | 'id'
  | 'galleryId'
  | 'version'
  | 'recipe'
  | 'recipeHash'
  | 'imagesHash'
  | 'planHash'
  | 'contentVersion'
  | 'fileSizeBytes'
  | 'imageCount'
  | 'missingCount'
  | 'source'
  | 'createdAt'

/** One that is planned and waits to be built; `more` says what else is known of it. */
export const freshArchive = (planned: Pick<Archive, Planned>, more: Partial<Archive> = {}): Archive => ({
  ...planned,
  purpose: planned.recipe.purpose,
  status: 'queued',
  fence: 0,
  attempts: 0,
  storageKey: null,
  movedBytes: null,
  storeRequests: null,
  checksum: null,
  processedPhotos: 0,
  processedBytes: 0,
  etaSeconds: null,
  requestedBy: null,
  announce: false,
  errorCode: null,
  errorMessage: null,
  progressAt: null,
  startedAt: null,
  completedAt: null,
  verifiedAt: null,
  retainedUntil: null,
  supersededBy: null,
  downloadCount: 0,
  lastDownloadedAt: null,
  ...more,
})

/** Does the archive hold what the gallery holds now, under the names it would have now? */
export function isCurrent(
  archive: Pick<Archive, 'contentVersion' | 'recipe'>,
  gallery: Pick<Gallery, 'contentVersion' | 'naming' | 'slug'>,
): boolean {
  return (
    archive.contentVersion === gallery.contentVersion && archive.recipe.naming === gallery.naming && archive.recipe.slug === gallery.slug
  )
}

export const atWork = (status: ArchiveState): boolean => status === 'queued' || status === 'processing' || status === 'verifying'

/** Tries of one version, outages left out: a build that kills its worker again and again must not be fed for ever. */
export const maxAttempts = 10
/** Without progress for so long a build counts as stuck (rule 8). */
export const stuckAfter = minutes(30)

/** A new key for every claim: a late write of a stale attempt hits a key nobody reads (docs/design.md, Keys). */
export function archiveKey(
  { id, galleryId, version, recipe }: Pick<Archive, 'id' | 'galleryId' | 'version' | 'recipe'>,
  fence: number,
): string {
  if (recipe.purpose === 'selection') return `galleries/${galleryId}/exports/${id}-${fence}.${recipe.format}`
  const folder = recipe.purpose === 'final' ? 'final' : 'archives'
  return `galleries/${galleryId}/${folder}/${version}-${fence}.zip`
}

/** What `archiveKey` has named, for a ZIP that is found without its row; undefined for any other key. */
export function readArchiveKey(
  key: string,
): { galleryId: string; purpose: 'delivery' | 'final'; version: number; fence: number } | undefined {
  const [, galleryId, folder, version, fence] = /^galleries\/([0-9a-f-]{36})\/(final|archives)\/(\d{1,9})-(\d{1,9})\.zip$/.exec(key) ?? []
  if (!galleryId) return undefined
  return { galleryId, purpose: folder === 'final' ? 'final' : 'delivery', version: Number(version), fence: Number(fence) }
}

/** The words of 000 (getArchiveStatus). */
export type ArchiveWord = 'none' | 'pending' | 'processing' | 'ready' | 'outdated' | 'failed'
/** `newest`: the version with the highest number; `ready`: the newest ready one; `current`: does it hold today's content? */
export function archiveWord(newest: Archive | undefined, ready: Archive | undefined, current: boolean): ArchiveWord {
  if (ready && current) return 'ready'
  if (newest && newest.status === 'queued') return 'pending'
  if (newest && atWork(newest.status)) return 'processing'
  if (ready) return 'outdated'
  return newest?.status === 'failed' ? 'failed' : 'none'
}

/** The words of 001 (zip status of a download). */
export function downloadWord(status: ArchiveState): 'ready' | 'generating' | 'pending' | 'error' {
  if (status === 'ready') return 'ready'
  if (!atWork(status)) return 'error'
  return status === 'queued' ? 'pending' : 'generating'
}

/** The words of 001 for an album (zip_status): an old ZIP beside changed content is waited for. */
export function zipStatus(word: ArchiveWord): 'not_started' | 'pending' | 'generating' | 'ready' | 'error' {
  return zipWords[word]
}
const zipWords = {
  none: 'not_started',
  pending: 'pending',
  processing: 'generating',
  ready: 'ready',
  outdated: 'pending',
  failed: 'error',
} as const satisfies Record<ArchiveWord, string>

/** Asking again restarts a failed archive by itself only after 1, 5, then 30 minutes, and 3 times at most; then Retry does. */
export function mayRetryByAsking(failures: number, lastFailedAt: Date, now: Date): boolean {
  const next = nextTry(failures, lastFailedAt)
  return next !== null && now >= next
}

/** From when on; null: not by asking any more. */
export function nextTry(failures: number, lastFailedAt: Date): Date | null {
  const wait = [minutes(1), minutes(5), minutes(30)][failures - 1]
  return wait === undefined ? null : after(lastFailedAt, wait)
}

/** Whole percent of the work; building and verifying are half each, 100 only when ready. */
export function percent(archive: Pick<Archive, 'status' | 'processedBytes' | 'fileSizeBytes'>): number {
  if (archive.status === 'ready') return 100
  if (!atWork(archive.status) || archive.status === 'queued') return 0
  const part = Math.min(1, archive.processedBytes / archive.fileSizeBytes)
  return Math.min(99, Math.floor(archive.status === 'processing' ? part * 50 : 50 + part * 50))
}

/** Seconds left at the speed so far, or null while nothing can be said. Verifying takes about as long as building. */
export function eta(status: 'processing' | 'verifying', done: number, total: number, elapsedMs: number): number | null {
  if (done <= 0 || elapsedMs < 500) return null
  const left = status === 'processing' ? total - done + total : total - done
  return Math.max(0, Math.ceil(((left / done) * elapsedMs) / 1000))
}

export const mimeOf = ({ recipe }: Pick<Archive, 'recipe'>): string => (recipe.format === 'tar' ? 'application/x-tar' : 'application/zip')

/** The name under which a browser saves it (LAY-10). */
export function downloadName({ version, recipe }: Pick<Archive, 'version' | 'recipe'>): string {
  if (recipe.purpose !== 'selection') return version > 1 ? `${recipe.slug}-v${version}.zip` : `${recipe.slug}.zip`
  const which = recipe.part ? `${recipe.part.number}of${recipe.part.of}` : recipe.size === 'screen' ? 'selection-screen' : 'selection'
  return `${recipe.slug}-${which}.${recipe.format}`
}
