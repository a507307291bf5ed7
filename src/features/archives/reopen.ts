/** A gallery is open again that was closed for a while: what could not happen meanwhile does. */
import { listVersions, newestOf } from '../../data/archives.ts'
import type { Tx } from '../../ports/database/port.ts'
import type { Deps } from '../../ports/deps.ts'

/** A photo that came just before it closed is in no delivery yet; of one that became ready since then, and of the page, not all have heard. */
export async function goOn(deps: Pick<Deps, 'queue'>, tx: Tx, galleryId: string): Promise<void> {
  await deps.queue.send(tx, { name: 'gallery.rebuild', payload: { galleryId } })
  await deps.queue.send(tx, { name: 'delivery.invite', payload: { galleryId } })
  const { ready } = newestOf(await listVersions(tx, galleryId))
  if (ready) await deps.queue.send(tx, { name: 'delivery.announce', payload: { archiveId: ready.id } })
}
