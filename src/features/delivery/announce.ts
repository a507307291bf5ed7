/** Job delivery.announce: a version is ready; who is to hear of it gets a letter, each with a link of their own. */
import { findArchive } from '../../data/archives.ts'
import { type Client, listClients } from '../../data/clients.ts'
import { lockGalleryOfAnyState } from '../../data/galleries.ts'
import { listTold, listWritten, takeBack } from '../../data/letters.ts'
import { mayDownload } from '../../domain/access.ts'
import type { Archive } from '../../domain/archive.ts'
import { type Gallery, stateAt } from '../../domain/gallery.ts'
import { dueAt, newsFor } from '../../domain/news.ts'
import type { Tx } from '../../ports/database/port.ts'
import type { Deps } from '../../ports/deps.ts'
import { type Draft, postLetters } from './post.ts'

type Needs = Pick<Deps, 'db' | 'queue' | 'clock'>

/** Called again it writes nothing twice: one letter for each archive and client. */
export async function announce(deps: Needs, archiveId: string): Promise<void> {
  await deps.db.transaction().execute(async (tx) => {
    const found = await findArchive(tx, archiveId)
    if (!found) return
    // versions of one gallery are announced one after the other, so that the later one sees whose letter still waits
    const gallery = await lockGalleryOfAnyState(tx, found.galleryId)
    const archive = await findArchive(tx, archiveId)
    if (archive?.status !== 'ready') return
    // nobody is invited to a page that has closed meanwhile
    const now = deps.clock.now()
    if (stateAt(gallery, now) !== 'active') return
    if (!gallery.downloadEnabled) return
    const clients = (await listClients(tx, gallery.id)).filter((client) => client.notifyOnArchive && mayDownload(client, now))
    await postLetters(deps, tx, { gallery, archive }, await draftNews(deps, tx, gallery, archive, clients))
  })
}

const keyOf = (archive: Archive, client: Client) => `archive ${archive.id} ${client.id}`

async function draftNews(deps: Needs, tx: Tx, gallery: Gallery, archive: Archive, clients: Client[]): Promise<Draft[]> {
  const now = deps.clock.now()
  const written = await listWritten(
    tx,
    clients.map((client) => keyOf(archive, client)),
  )
  const told = await listTold(tx, gallery.id, now)
  const open = clients.filter((client) => !written.has(keyOf(archive, client)))
  // one letter about the newest version, however many came within the hour
  const waiting = open.length && !archive.supersededBy ? await takeBack(tx, archive, now) : new Map<string, Date>()
  return open.flatMap((client) => {
    const before = told.get(client.email)
    const kind = newsFor(archive, gallery, before)
    if (!kind) return []
    const due = kind === 'new_version' && before ? dueAt(before, waiting.get(client.email), now) : null
    return [{ kind, recipient: client.email, clientId: client.id, dedupeKey: keyOf(archive, client), dueAt: due }]
  })
}
