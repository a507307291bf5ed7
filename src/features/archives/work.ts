/** GET …/work: what is being done with a gallery besides its download (archived, restored, read from the bucket), and how far it is. */
import type { Far, GalleryWork } from '../../../sdk/src/wire.ts'
import { listFinal } from '../../data/archives.ts'
import { findGallery } from '../../data/galleries.ts'
import { countInside } from '../../data/inside.ts'
import { findSource } from '../../data/sources.ts'
import { percent } from '../../domain/archive.ts'
import { type Gallery, stateAt, takesUploads } from '../../domain/gallery.ts'
import { type App, galleryParams } from '../../http/app.ts'
import type { Guard } from '../../http/guard.ts'
import type { Topic } from '../../http/hub.ts'
import type { Streams } from '../../http/streams.ts'
import type { Deps } from '../../ports/deps.ts'

type Needs = Pick<Deps, 'db' | 'clock'>

export function workRoutes(app: App, deps: Needs, guard: Guard, streams: Streams): void {
  app.get('/api/galleries/:id/work', { schema: { params: galleryParams } }, async (request): Promise<GalleryWork> => {
    return workOn(deps, await guard.gallery(request, request.params.id, 'galleries:read'))
  })

  app.get('/api/galleries/:id/work/progress', { schema: { params: galleryParams }, exposeHeadRoute: false }, async (request, reply) => {
    const gallery = await guard.gallery(request, request.params.id, 'galleries:read')
    return streams.open(request, reply, topicOf(deps, gallery.id), { asker: gallery.ownerId })
  })
}

const topicOf = (deps: Needs, galleryId: string): Topic<Gallery> => ({
  name: `work ${galleryId}`,
  event: 'work',
  async look() {
    const gallery = await findGallery(deps.db, galleryId)
    if (!gallery) return undefined
    const work = await workOn(deps, gallery)
    const text = JSON.stringify(work)
    const steps = [work.retiring, work.restoring, work.reading]
    const id = `${gallery.state}.${steps.map((far) => (far ? `${far.step}-${far.done_bytes}-${far.done_files}` : '')).join('.')}`
    return { of: gallery, told: { id, text, last: !steps.some(Boolean) } }
  },
})

async function workOn(deps: Needs, gallery: Gallery): Promise<GalleryWork> {
  return {
    retiring: gallery.state === 'archiving' ? await retiring(deps, gallery) : null,
    restoring: gallery.hydrating ? await restoring(deps, gallery) : null,
    reading: await reading(deps, gallery),
  }
}

async function retiring({ db }: Needs, { id }: Gallery): Promise<Far> {
  const [final] = await listFinal(db, id)
  if (!final || final.status === 'ready') return waiting
  return {
    step: final.status === 'verifying' ? 'verifying' : final.status === 'processing' ? 'packing' : 'waiting',
    percent: Math.min(99, percent(final)),
    done_files: final.processedPhotos,
    total_files: final.imageCount,
    done_bytes: final.processedBytes,
    total_bytes: final.fileSizeBytes,
    eta_seconds: final.etaSeconds,
  }
}

async function restoring({ db }: Needs, { id }: Gallery): Promise<Far> {
  const { files, bytes, allFiles, allBytes } = await countInside(db, id)
  return far('copying', { files: allFiles - files, bytes: allBytes - bytes }, { files: allFiles, bytes: allBytes })
}

async function reading({ db, clock }: Needs, gallery: Gallery): Promise<Far | null> {
  const source = await findSource(db, gallery.id)
  if (!source || !takesUploads(stateAt(gallery, clock.now()))) return null
  if (source.state === 'waiting') return waiting
  if (source.state !== 'reading') return null
  return far('reading', { files: source.done, bytes: source.doneBytes }, { files: source.seen, bytes: source.seenBytes })
}

interface Amount {
  files: number
  bytes: number
}

const far = (step: Far['step'], done: Amount, all: Amount): Far => ({
  step,
  percent: all.bytes ? Math.min(99, Math.floor((done.bytes / all.bytes) * 100)) : 0,
  done_files: done.files,
  total_files: all.files,
  done_bytes: done.bytes,
  total_bytes: all.bytes,
  eta_seconds: null,
})

const waiting: Far = far('waiting', { files: 0, bytes: 0 }, { files: 0, bytes: 0 })
