/** Job delivery.invite: a gallery is open; clients who get no archive of it get their link to its page instead. */
import { listClients } from '../../data/clients.ts'
import { lockGalleryOfAnyState } from '../../data/galleries.ts'
import { listTold, listWritten } from '../../data/letters.ts'
import { grantPages } from '../../data/links.ts'
import { writeLetters } from '../../data/outbox.ts'
import { mayDownload, mayLook } from '../../domain/access.ts'
import { stateAt } from '../../domain/gallery.ts'
import type { Deps } from '../../ports/deps.ts'

/** One letter for each client, ever; who has been told of an archive knows of the gallery. */
export async function invite(deps: Pick<Deps, 'db' | 'queue' | 'clock' | 'settings'>, galleryId: string): Promise<void> {
  const now = deps.clock.now()
  await deps.db.transaction().execute(async (tx) => {
    const gallery = await lockGalleryOfAnyState(tx, galleryId)
    if (stateAt(gallery, now) !== 'active') return
    const clients = (await listClients(tx, galleryId)).filter(
      (client) => client.notifyOnArchive && mayLook(client, now) && !(gallery.downloadEnabled && mayDownload(client, now)),
    )
    const keyOf = (client: { id: string }) => `published ${client.id}`
    const written = await listWritten(tx, clients.map(keyOf))
    const told = await listTold(tx, galleryId, now)
    const open = clients.filter((client) => !written.has(keyOf(client)) && !told.has(client.email))
    if (!open.length) return
    const pages = await grantPages(
      tx,
      galleryId,
      open.map(({ id }) => id),
      now,
      deps.settings.linkLife.share,
    )
    const letters = open.map((client) => ({
      dedupeKey: keyOf(client),
      kind: 'published' as const,
      galleryId,
      archiveId: null,
      linkId: pages.get(client.id)!,
      recipient: client.email,
      locale: gallery.locale,
    }))
    await writeLetters(deps, tx, now, letters)
  })
}
