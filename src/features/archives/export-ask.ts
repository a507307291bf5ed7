/**
 * POST …/exports: chosen photos become one or more archives with purpose selection, and a row that says who asked.
 *
 * However many ask for the same, each file is built once: what is ready is answered as it is, without planning anything; what
 * is at work is joined. Deliveries are neither superseded nor rebuilt by it, and nobody but the asker is told.
 */
import { AppError } from '../../base/errors.ts'
import { newId } from '../../base/id.ts'
import { findCurrent, lockOpen } from '../../data/archives.ts'
import { listChosen } from '../../data/assets.ts'
import { changeExport, type Export, findSameExport, insertExport, listPartial, replacePart } from '../../data/exports.ts'
import { lockGallery } from '../../data/galleries.ts'
import type { Archive } from '../../domain/archive.ts'
import { isPhoto } from '../../domain/asset.ts'
import type { Gallery } from '../../domain/gallery.ts'
import { type Choice, checkExport, type Draft, draftExport, exportLimits, planDraft, type Wish } from '../../domain/selection.ts'
import type { Tx } from '../../ports/database/port.ts'
import type { Deps } from '../../ports/deps.ts'
import { completeIfReady } from './export-end.ts'
import { begin, replan, reseal } from './request.ts'

type Needs = Pick<Deps, 'db' | 'queue' | 'clock' | 'settings'>

export interface ExportWish extends Wish {
  items: string[] | 'all'
  /** who gets a letter when it is ready */
  notify: string | null
}

export interface ExportAsker {
  /** `user {id}` or `guest {id}` */
  requester: string
  userId: string | null
  /** the owner may export everything at once */
  limited: boolean
}

/** Throws `export_empty`, `export_too_large`. `partBytes`: how large one of several files may be. */
export async function askExport(
  deps: Needs,
  galleryId: string,
  asker: ExportAsker,
  wish: ExportWish,
  partBytes = exportLimits.partBytes,
): Promise<Export> {
  return deps.db.transaction().execute(async (tx) => {
    const gallery = await lockGallery(tx, galleryId)
    const drafts = draftExport(gallery, ...(await choose(tx, gallery, asker, wish)), partBytes)
    checkExport(drafts, asker.limited ? exportLimits : null)
    const archives: Archive[] = []
    for (const draft of drafts) archives.push(await fileOf(deps, tx, gallery, draft, asker.userId))
    const ids = archives.map((archive) => archive.id)
    const known = await findSameExport(tx, asker.requester, ids)
    if (known) return addNotify(tx, known, wish.notify)
    const now = deps.clock.now()
    const { requester } = asker
    const facts = { galleryId: gallery.id, requester, notify: wish.notify, locale: gallery.locale, createdAt: now }
    const fresh: Export = { ...facts, id: newId(now), status: 'open', readyAt: null, expiresAt: null, endedAt: null, kept: false }
    await insertExport(tx, fresh, ids)
    return completeIfReady(deps, tx, fresh)
  })
}

/** What goes in, and as what: of guests the gallery says how far they may go, also when that has changed since they were let in. */
async function choose(tx: Tx, gallery: Gallery, { limited }: ExportAsker, wish: ExportWish): Promise<[Choice[], Wish]> {
  const { items, size } = wish
  const only = limited && gallery.downloadSize === 'screen'
  const marked = limited && size === 'screen' && gallery.watermark === 'downloads'
  if (only && size === 'original') throw new AppError('original_withheld')
  const chosen = await listChosen(tx, gallery.id, items, { shown: limited || items === 'all', marked })
  // left out they would be missed, and packed as they are they would be more than guests may have
  const waits = ({ asset, preview }: Choice) =>
    !preview && isPhoto(asset) && (asset.renderState === 'waiting' || asset.renderState === 'done')
  if ((only || marked) && chosen.some(waits)) throw new AppError('pictures_waiting')
  return [chosen, { ...wish, only, marked }]
}

/** The archive of one file: at work, ready, or begun now. */
async function fileOf(deps: Needs, tx: Tx, gallery: Gallery, draft: Draft, userId: string | null): Promise<Archive> {
  const open = await lockOpen(tx, gallery.id, draft.recipeHash)
  // nobody has begun it: it takes up what has changed since (a preview was made, a file came back)
  if (open?.status === 'queued' && open.imagesHash !== draft.imagesHash) return reseal(tx, open, planDraft(gallery, draft), gallery)
  if (open) return open
  const current = await findCurrent(tx, gallery.id, draft.imagesHash, draft.recipeHash)
  return current ?? begin(deps, tx, gallery, planDraft(gallery, draft), byExport(userId))
}

/** What an archive says of who asked for it. */
export const byExport = (requestedBy: string | null) => ({ source: 'export', requestedBy, announce: false })

async function addNotify(tx: Tx, known: Export, notify: string | null): Promise<Export> {
  if (known.status === 'open' && notify && !known.notify) await changeExport(tx, known.id, 'open', { notify })
  return known
}

/** Files in which something was missing are made anew when it has come back; `gallery` is locked by this transaction. */
export async function repairExports(deps: Needs, tx: Tx, gallery: Gallery): Promise<void> {
  for (const old of await listPartial(tx, gallery.id)) {
    const plan = await replan(tx, gallery, old)
    if (!plan || plan.missing.length >= old.missingCount) continue
    const open = await lockOpen(tx, gallery.id, plan.recipeHash)
    const better = open ?? (await findCurrent(tx, gallery.id, plan.imagesHash, plan.recipeHash))
    const fresh = better ?? (await begin(deps, tx, gallery, plan, byExport(old.requestedBy)))
    await replacePart(tx, old.id, fresh.id)
  }
}
