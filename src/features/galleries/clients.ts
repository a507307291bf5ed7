/** Clients of a gallery: the people who get its letters, and what each of them may do. */
import { AppError } from '../../base/errors.ts'
import { newId } from '../../base/id.ts'
import { note } from '../../data/activity.ts'
import { type Client, type ClientChange, changeClient, removeClient, upsertClient } from '../../data/clients.ts'
import { forgetClient } from '../../data/downloads.ts'
import { lockGallery } from '../../data/galleries.ts'
import type { Actor } from '../../domain/activity.ts'
import { parseMailbox } from '../../domain/mailbox.ts'
import type { Tx } from '../../ports/database/port.ts'
import type { Deps } from '../../ports/deps.ts'
import { tellNews } from './news.ts'

type Needs = Pick<Deps, 'db' | 'clock' | 'queue'>

/** The address as clients are known by it. Throws `email_invalid`. */
export const clientAddress = (email: string): string => parseMailbox(email).toLowerCase()

/**
 * Adds a client by address; of one who is there only what is named changes. Of a gallery that is published already they hear at
 * once. Throws `email_invalid`.
 */
export async function addClient(
  deps: Needs,
  galleryId: string,
  email: string,
  name: string | null,
  change: Omit<ClientChange, 'name'> = {},
  by: Actor = 'system',
): Promise<Client> {
  const now = deps.clock.now()
  const client = { id: newId(now), galleryId, email: clientAddress(email), createdAt: now }
  return tellThem(deps, galleryId, async (tx) => {
    const row = await upsertClient(tx, client, { ...change, ...(name === null ? {} : { name }) })
    if (row.id === client.id) await note(tx, { at: now, actor: by, action: 'client_added', galleryId, subject: row.id })
    return row
  })
}

/** Changes a client; who may download or wants letters from now on, and was not told before, is told. Throws `not_found`. */
export async function editClient(deps: Needs, galleryId: string, id: string, change: ClientChange): Promise<Client> {
  return tellThem(deps, galleryId, async (tx) => {
    const client = await changeClient(tx, galleryId, id, change)
    if (!client) throw new AppError('not_found', { client: id })
    return client
  })
}

/** Removes a client: their links end, and letters and downloads forget who they were. Throws `not_found`. */
export async function dropClient(deps: Pick<Deps, 'db' | 'clock'>, galleryId: string, id: string, by: Actor): Promise<void> {
  const now = deps.clock.now()
  await deps.db.transaction().execute(async (tx) => {
    await forgetClient(tx, galleryId, id)
    await removeClient(tx, galleryId, id, now)
    await note(tx, { at: now, actor: by, action: 'client_removed', galleryId, subject: id })
  })
}

/** The client's row first, then the gallery's: as whoever sends a new link holds them, so that neither waits for the other. */
async function tellThem(deps: Needs, galleryId: string, change: (tx: Tx) => Promise<Client>): Promise<Client> {
  return deps.db.transaction().execute(async (tx) => {
    const client = await change(tx)
    const gallery = await lockGallery(tx, galleryId)
    if (client.notifyOnArchive) await tellNews(deps, tx, gallery)
    return client
  })
}
