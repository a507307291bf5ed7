/** Which letter somebody gets when a version of their gallery is ready (C23). Pure. */
import { after, hours } from '../base/clock.ts'
import type { Archive } from './archive.ts'
import type { Gallery } from './gallery.ts'

/** So long nobody hears of another new version. */
export const quiet = hours(1)

/** What a client has been told last about this gallery. */
export interface Told {
  archiveId: string
  /** photos that were not in that archive */
  missing: number
  at: Date
}

/**
 * The first version after a publish is told to everybody, also when the gallery is published again by hand. Later versions
 * come by themselves: who has not been told of any (they came later) hears of it, who got an incomplete archive hears that it is
 * complete now, others only if the gallery says so.
 */
export function newsFor(
  archive: Pick<Archive, 'id' | 'announce' | 'missingCount' | 'supersededBy'>,
  gallery: Pick<Gallery, 'notifyNewVersions'>,
  told: Told | undefined,
): 'archive_ready' | 'archive_completed' | 'new_version' | undefined {
  if (told?.archiveId === archive.id) return undefined
  if (told && told.missing > 0 && archive.missingCount === 0) return 'archive_completed'
  if (archive.announce) return 'archive_ready'
  // what was overtaken meanwhile is no news
  if (archive.supersededBy) return undefined
  if (!told) return 'archive_ready'
  return gallery.notifyNewVersions ? 'new_version' : undefined
}

/** When the letter about a new version goes out: an hour after the last one, and not later because versions go on coming. */
export function dueAt(told: Told, waiting: Date | undefined, now: Date): Date | null {
  const due = waiting ?? after(told.at, quiet)
  return due > now ? due : null
}
