/** Who has become one of those who are told of a published gallery: clients who came later, or may do more than before. */
import { listVersions, newestOf } from '../../data/archives.ts'
import { atWork, isCurrent } from '../../domain/archive.ts'
import { type Gallery, stateAt } from '../../domain/gallery.ts'
import type { Tx } from '../../ports/database/port.ts'
import type { Deps } from '../../ports/deps.ts'

/**
 * Sends what tells them, in the transaction of the fact; who has been told is not told again. `gallery` is locked by it: a version
 * that becomes ready either sees the client, or is seen here. While one is at work, its end tells them.
 */
export async function tellNews({ queue, clock }: Pick<Deps, 'queue' | 'clock'>, tx: Tx, gallery: Gallery): Promise<void> {
  if (stateAt(gallery, clock.now()) !== 'active') return
  await queue.send(tx, { name: 'delivery.invite', payload: { galleryId: gallery.id } })
  const { newest, ready } = newestOf(await listVersions(tx, gallery.id))
  if (ready && (isCurrent(ready, gallery) || newest?.status === 'failed'))
    await queue.send(tx, { name: 'delivery.announce', payload: { archiveId: ready.id } })
  // photos have come a moment ago, or the file has had its time: the version that is to be made tells them
  else if (!newest || !(atWork(newest.status) || newest.status === 'failed'))
    await queue.send(tx, { name: 'gallery.rebuild', payload: { galleryId: gallery.id } })
}
