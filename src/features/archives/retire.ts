/**
 * Retires a gallery: asks for its final archive and closes the gallery to changes. When that archive is proven the gallery is
 * archived (seal.ts); when it fails nothing has been lost, and the gallery stands where it stood.
 */
import { AppError } from '../../base/errors.ts'
import { findArchive, listFinal } from '../../data/archives.ts'
import { listStored } from '../../data/assets.ts'
import { expireGallery } from '../../data/expire.ts'
import { listFeedback } from '../../data/feedback.ts'
import { changeGallery, lockGallery } from '../../data/galleries.ts'
import { listStands } from '../../data/items.ts'
import type { Archive } from '../../domain/archive.ts'
import { restsNoMore } from '../../domain/expiry.ts'
import { type Gallery, mayRetire, stateAt } from '../../domain/gallery.ts'
import { makePlan, type Plan } from '../../domain/plan.ts'
import type { Tx } from '../../ports/database/port.ts'
import type { Deps } from '../../ports/deps.ts'
import { begin } from './request.ts'

type Needs = Pick<Deps, 'db' | 'queue' | 'clock' | 'log' | 'settings'>

export interface Asker {
  userId: string | null
  /** what started it: manual, bulk, expiry, again (its archive was damaged) */
  source: string
}

/**
 * Answers the final archive: the one at work when somebody has asked already, the one it has when the gallery is archived.
 * Throws `not_retirable` for a draft, `gallery_empty`, and `original_missing` while one of its originals is lost: a final
 * archive is never partial.
 */
export async function retire(deps: Needs, galleryId: string, by: Asker): Promise<Archive> {
  return deps.db.transaction().execute(async (tx) => {
    const gallery = await lockGallery(tx, galleryId)
    const known = await finalOf(tx, gallery)
    if (known) return known
    const now = deps.clock.now()
    const state = stateAt(gallery, now)
    // given more time meanwhile
    if (!mayRetire(state) || (by.source === 'expiry' && !restsNoMore(gallery, now))) throw new AppError('not_retirable')
    const plan = await planFinal(tx, gallery)
    // its date has passed and the reconciler has not come by: that it ended is told before that it is archived
    if (state !== gallery.state) await expireGallery(deps, tx, gallery, now)
    const archive = await begin(deps, tx, gallery, plan, { source: by.source, requestedBy: by.userId, announce: false })
    await changeGallery(tx, gallery.id, { state: 'archiving', archiveError: null })
    deps.log.info({ gallery: gallery.id, archive: archive.id, source: by.source }, '[Archive] Gallery is being archived')
    return archive
  })
}

/** The final archive that the gallery has, or that is being made. */
async function finalOf(tx: Tx, gallery: Gallery): Promise<Archive | undefined> {
  if (gallery.state === 'archived') return findArchive(tx, gallery.finalArchiveId!)
  return gallery.state === 'archiving' ? (await listFinal(tx, gallery.id))[0] : undefined
}

async function planFinal(tx: Tx, gallery: Gallery): Promise<Plan> {
  const assets = await listStored(tx, gallery.id)
  if (!assets.length) throw new AppError('gallery_empty', { gallery: gallery.id }, { final: true })
  const lost = assets.filter(({ state }) => state === 'missing')
  if (lost.length)
    throw new AppError('original_missing', { files: lost.slice(0, 20).map((asset) => asset.originalName), count: lost.length })
  const stands = await listStands(tx, gallery.id)
  const told = assets.map((asset) => (stands.has(asset.itemId) ? { ...asset, stands: stands.get(asset.itemId)! } : asset))
  const guests = { sizes: gallery.downloadEnabled ? gallery.downloadSize : ('none' as const), watermark: gallery.watermark }
  return makePlan({ gallery: { ...gallery, guests }, assets: told, feedback: await listFeedback(tx, gallery.id), purpose: 'final' })
}

/** Job gallery.retire: nobody waits for the answer, so what cannot be is noted in the gallery, and the night asks again. */
export async function retireByItself(deps: Needs, galleryId: string, source: 'expiry' | 'again'): Promise<void> {
  try {
    await retire(deps, galleryId, { userId: null, source })
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    if (error.code === 'not_retirable' || error.code === 'not_found') return
    deps.log.warn({ gallery: galleryId, error: error.code }, '[Archive] the gallery cannot be archived yet')
    await deps.db.transaction().execute((tx) => changeGallery(tx, galleryId, { archiveError: error.code }))
  }
}
