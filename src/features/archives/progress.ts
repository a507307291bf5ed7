/** GET …/progress: how far the archive of a gallery is, as server-sent events until it is ready or has failed. */
import type { FastifyRequest } from 'fastify'
import type { Progress } from '../../../sdk/src/wire.ts'
import { listVersions, newestOf } from '../../data/archives.ts'
import { findGallery } from '../../data/galleries.ts'
import { archiveWord, atWork, isCurrent, percent } from '../../domain/archive.ts'
import { type Gallery, stateAt } from '../../domain/gallery.ts'
import { addressGroup } from '../../http/address.ts'
import { type App, galleryParams } from '../../http/app.ts'
import type { Guard } from '../../http/guard.ts'
import type { Told, Topic } from '../../http/hub.ts'
import type { Streams } from '../../http/streams.ts'
import type { Database } from '../../ports/database/port.ts'
import type { Deps } from '../../ports/deps.ts'

export function progressRoute(
  app: App,
  deps: Pick<Deps, 'db' | 'clock'>,
  guard: Guard,
  streams: Streams,
  mayDownload: (request: FastifyRequest, idOrSlug: string) => Promise<Gallery>,
): void {
  app.get('/api/galleries/:id/progress', { schema: { params: galleryParams }, exposeHeadRoute: false }, async (request, reply) => {
    const gallery = await mayDownload(request, request.params.id)
    const who = await guard.asker(request)
    const asker = who.kind === 'guest' ? addressGroup(request.ip) : who.userId
    const isOwner = await guard.owns(request, gallery)
    return streams.open(request, reply, progressOf(deps, gallery.id), { asker, ...(isOwner ? {} : { mayHear: whileOpen(deps, gallery) }) })
  })
}

/** Guests hear of a gallery while it is open to them, and its password the one they came with. */
const whileOpen =
  ({ clock }: Pick<Deps, 'clock'>, { passwordHash }: Gallery) =>
  (gallery: Gallery) =>
    stateAt(gallery, clock.now()) === 'active' && gallery.downloadEnabled && gallery.passwordHash === passwordHash

export const progressOf = ({ db }: Pick<Deps, 'db'>, galleryId: string): Topic<Gallery> => ({
  name: `archive ${galleryId}`,
  event: 'progress',
  async look() {
    const gallery = await findGallery(db, galleryId)
    return gallery && { of: gallery, told: await tell(db, gallery) }
  },
})

async function tell(db: Database, gallery: Gallery): Promise<Told> {
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
