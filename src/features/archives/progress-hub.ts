/** One look a second at a gallery's archive, however many follow it in this process; none while nobody does. */
import type { Progress } from '../../../sdk/src/wire.ts'
import { listVersions, newestOf } from '../../data/archives.ts'
import { findGallery } from '../../data/galleries.ts'
import { archiveWord, atWork, isCurrent, percent } from '../../domain/archive.ts'
import { type Gallery, stateAt } from '../../domain/gallery.ts'
import type { Database } from '../../ports/database/port.ts'
import type { Deps } from '../../ports/deps.ts'

/** What is told: `id` names it, so that who was cut off hears nothing twice. */
export interface Told {
  id: string
  /** a Progress as JSON */
  text: string
  /** ready or failed: nothing follows */
  last: boolean
}
export interface Follower {
  tell(told: Told): void
  /** nothing more comes: all is told, or they may not hear it any more */
  end(): void
}
export interface Hub {
  look(gallery: Gallery): Promise<Told>
  /** Tells what changes from now on; answers how to leave. Owners hear of galleries that are closed to guests. */
  follow(gallery: Gallery, isOwner: boolean, follower: Follower): () => void
  /** Ends every stream: the process stops, and another one is asked. */
  close(): void
}

type Party = { followers: Map<Follower, { isOwner: boolean; password: string | null }>; said: string; timer: NodeJS.Timeout }

export function progressHub(deps: Pick<Deps, 'db' | 'clock' | 'log'>, everyMs = 1000): Hub {
  const parties = new Map<string, Party>()
  let closed = false

  const end = (galleryId: string) => {
    const party = parties.get(galleryId)
    if (!party) return
    parties.delete(galleryId)
    clearTimeout(party.timer)
    for (const follower of party.followers.keys()) follower.end()
  }
  const tick = async (galleryId: string, party: Party): Promise<void> => {
    try {
      const gallery = await findGallery(deps.db, galleryId)
      if (!gallery) return end(galleryId)
      // asked at every look: who may not know any more hears nothing more
      for (const [follower, { isOwner, password }] of party.followers) {
        const open = stateAt(gallery, deps.clock.now()) === 'active' && gallery.downloadEnabled && gallery.passwordHash === password
        if (isOwner || open) continue
        party.followers.delete(follower)
        follower.end()
      }
      const told = await look(deps.db, gallery)
      if (told.id !== party.said) for (const follower of party.followers.keys()) follower.tell(told)
      party.said = told.id
      if (told.last || !party.followers.size) return end(galleryId)
    } catch (error) {
      // a database that is away for a moment: the next look may find it
      deps.log.warn({ gallery: galleryId, error: String(error) }, 'progress could not be read')
    }
    if (parties.get(galleryId) === party) party.timer = later(galleryId, party)
  }
  const later = (galleryId: string, party: Party) => setTimeout(() => void tick(galleryId, party), everyMs)

  return {
    look: (gallery) => look(deps.db, gallery),
    follow(gallery, isOwner, follower) {
      if (closed) {
        follower.end()
        return () => {}
      }
      let party = parties.get(gallery.id)
      if (!party) {
        party = { followers: new Map(), said: '', timer: setTimeout(() => {}, 0) }
        party.timer = later(gallery.id, party)
        parties.set(gallery.id, party)
      }
      const joined = party
      joined.followers.set(follower, { isOwner, password: gallery.passwordHash })
      return () => {
        joined.followers.delete(follower)
        if (!joined.followers.size && parties.get(gallery.id) === joined) end(gallery.id)
      }
    },
    close() {
      closed = true
      for (const galleryId of [...parties.keys()]) end(galleryId)
    },
  }
}

async function look(db: Database, gallery: Gallery): Promise<Told> {
  const { newest, ready } = newestOf(await listVersions(db, gallery.id))
  const current = ready !== undefined && isCurrent(ready, gallery)
  const status = archiveWord(newest, ready, current)
  const shown = newest && (atWork(newest.status) || (newest.status === 'failed' && !current)) ? newest : ready
  const progress: Progress = {
    status,
    archive_id: shown?.id ?? null,
    version: shown?.version ?? null,
    percent: shown ? percent(shown) : 0,
    processed_bytes: shown?.processedBytes ?? 0,
    total_bytes: shown?.fileSizeBytes ?? 0,
    processed_photos: shown?.processedPhotos ?? 0,
    total_photos: shown?.imageCount ?? 0,
    eta_seconds: shown?.etaSeconds ?? null,
  }
  const id = `${shown?.id ?? ''}.${shown?.fence ?? 0}.${shown?.status ?? status}.${status}.${progress.processed_bytes}`
  return { id, text: JSON.stringify(progress), last: status === 'ready' || status === 'failed' }
}
