/** DELETE …/exports/:eid: the asker wants it no more. Files that others wait for are built all the same. */
import { cancelWork, endRetention } from '../../data/archives.ts'
import { changeExport, type Export, listExportsOf, listParts, lockExport } from '../../data/exports.ts'
import { lockGalleryOfAnyState } from '../../data/galleries.ts'
import { discard } from '../../data/garbage.ts'
import { revokeExportLinks } from '../../data/links.ts'
import type { Deps } from '../../ports/deps.ts'

/** Called again, or after its end, it changes nothing. */
export async function cancelExport(deps: Pick<Deps, 'db' | 'clock'>, asked: Export): Promise<Export> {
  return deps.db.transaction().execute(async (tx) => {
    const now = deps.clock.now()
    // nobody joins these archives meanwhile
    await lockGalleryOfAnyState(tx, asked.galleryId)
    const one = await lockExport(tx, asked.id)
    if (one?.status !== 'open' && one?.status !== 'ready') return one ?? asked
    await changeExport(tx, one.id, one.status, { status: 'cancelled', endedAt: now })
    for (const part of await listParts(tx, one.id)) {
      if ((await listExportsOf(tx, part.id, ['open', 'ready'])).length) continue
      const key = await cancelWork(tx, part.id, now)
      if (key) await discard(tx, [key], 'export cancelled', now)
      await revokeExportLinks(tx, part.id, now)
      await endRetention(tx, part.id, now)
    }
    const letting = (await listParts(tx, one.id)).some((part) => part.status === 'cancelling')
    if (letting) await changeExport(tx, one.id, 'cancelled', { status: 'cancelling' })
    return { ...one, status: letting ? 'cancelling' : 'cancelled', endedAt: now }
  })
}
