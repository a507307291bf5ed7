/** Job delivery.announce: a letter for everybody who waits for this archive, each with a link of their own. */
import { after } from '../../base/clock.ts'
import { newId } from '../../base/id.ts'
import { findArchive, keepUntil } from '../../data/archives.ts'
import { type Client, listClients } from '../../data/clients.ts'
import { findGallery } from '../../data/galleries.ts'
import { insertLetter, isWritten } from '../../data/letters.ts'
import { insertLink } from '../../data/links.ts'
import { mayDownload } from '../../domain/access.ts'
import type { Archive } from '../../domain/archive.ts'
import { type Gallery, stateAt } from '../../domain/gallery.ts'
import { linkLife } from '../../domain/link.ts'
import type { Tx } from '../../ports/database/port.ts'
import type { Deps } from '../../ports/deps.ts'

type Needs = Pick<Deps, 'db' | 'queue' | 'clock'>

/** Called again it writes nothing twice: one letter for each archive and client. */
export async function announce(deps: Needs, archiveId: string): Promise<void> {
  await deps.db.transaction().execute(async (tx) => {
    const archive = await findArchive(tx, archiveId)
    const gallery = archive && (await findGallery(tx, archive.galleryId))
    if (archive?.status !== 'ready' || !gallery) return
    // nobody is invited to a page that has closed meanwhile
    if (stateAt(gallery, deps.clock.now()) !== 'active') return
    for (const client of await listClients(tx, gallery.id))
      if (client.notifyOnArchive && mayDownload(client, deps.clock.now())) await writeLetter(deps, tx, gallery, archive, client)
  })
}

async function writeLetter(deps: Needs, tx: Tx, gallery: Gallery, archive: Archive, client: Client): Promise<void> {
  const dedupeKey = `archive_ready ${archive.id} ${client.id}`
  if (await isWritten(tx, dedupeKey)) return
  const now = deps.clock.now()
  const facts = { galleryId: gallery.id, archiveId: archive.id }
  const link = {
    ...facts,
    id: newId(now),
    kind: 'email' as const,
    clientId: client.id,
    issuedAt: now,
    expiresAt: after(now, linkLife.email),
    revokedAt: null,
  }
  // a link never outlives the file
  if (!(await keepUntil(tx, archive.id, link.expiresAt))) return
  await insertLink(tx, link)
  const id = newId(now)
  await insertLetter(tx, {
    ...facts,
    id,
    dedupeKey,
    kind: 'archive_ready',
    linkId: link.id,
    recipient: client.email,
    locale: gallery.locale,
    createdAt: now,
  })
  await deps.queue.send(tx, { name: 'delivery.send', payload: { letterId: id } })
}
