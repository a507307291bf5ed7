/** Clients of a gallery: the people who get its letters, and what each of them may do. */
import { newId } from '../../base/id.ts'
import { note } from '../../data/activity.ts'
import { type Client, type ClientChange, removeClient, upsertClient } from '../../data/clients.ts'
import { forgetClient } from '../../data/downloads.ts'
import type { Actor } from '../../domain/activity.ts'
import { parseMailbox } from '../../domain/mailbox.ts'
import type { Deps } from '../../ports/deps.ts'

/** The address as clients are known by it. Throws `email_invalid`. */
export const clientAddress = (email: string): string => parseMailbox(email).toLowerCase()

/** Adds a client by address; of one who is there only what is named changes. Throws `email_invalid`. */
export async function addClient(
  deps: Pick<Deps, 'db' | 'clock'>,
  galleryId: string,
  email: string,
  name: string | null,
  change: Omit<ClientChange, 'name'> = {},
  by: Actor = 'system',
): Promise<Client> {
  const now = deps.clock.now()
  const client = { id: newId(now), galleryId, email: clientAddress(email), createdAt: now }
  return deps.db.transaction().execute(async (tx) => {
    const row = await upsertClient(tx, client, { ...change, ...(name === null ? {} : { name }) })
    if (row.id === client.id) await note(tx, { at: now, actor: by, action: 'client_added', galleryId, subject: row.id })
    return row
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
