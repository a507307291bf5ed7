/** A failed export is made once more: the files that failed are planned anew over what is there now. */
import { AppError } from '../../base/errors.ts'
import { findCurrent, lockOpen } from '../../data/archives.ts'
import { changeExport, listParts, lockExport, putPart } from '../../data/exports.ts'
import { lockGallery } from '../../data/galleries.ts'
import type { Deps } from '../../ports/deps.ts'
import { byExport } from './export-ask.ts'
import { completeIfReady } from './export-end.ts'
import { begin, replan } from './request.ts'

/** Throws `not_found` for one that has not failed, and `export_empty` when nothing is left that could be packed. */
export async function retryExport(deps: Pick<Deps, 'db' | 'queue' | 'clock' | 'settings'>, galleryId: string, id: string): Promise<void> {
  await deps.db.transaction().execute(async (tx) => {
    const gallery = await lockGallery(tx, galleryId)
    const row = await lockExport(tx, id)
    if (row?.galleryId !== gallery.id || row.status !== 'failed') throw new AppError('not_found')
    const open = { status: 'open' as const, endedAt: null, readyAt: null, expiresAt: null }
    await changeExport(tx, id, 'failed', open)
    for (const part of await listParts(tx, id)) {
      if (part.status !== 'failed') continue
      const plan = await replan(tx, gallery, part)
      if (!plan) throw new AppError('export_empty')
      const known =
        (await lockOpen(tx, gallery.id, plan.recipeHash)) ?? (await findCurrent(tx, gallery.id, plan.imagesHash, plan.recipeHash))
      const fresh = known ?? (await begin(deps, tx, gallery, plan, byExport(part.requestedBy)))
      await putPart(tx, id, part.id, fresh.id)
    }
    await completeIfReady(deps, tx, { ...row, ...open })
  })
}
