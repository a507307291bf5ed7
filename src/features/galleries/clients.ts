/** Clients of a gallery: the people who get its letters. */
import { newId } from '../../base/id.ts'
import { type Client, upsertClient } from '../../data/clients.ts'
import { parseMailbox } from '../../domain/mailbox.ts'
import type { Deps } from '../../ports/deps.ts'

/** Adds a client by address, or answers the one that is there. Throws `email_invalid`. */
export async function addClient(deps: Pick<Deps, 'db' | 'clock'>, galleryId: string, email: string, name: string | null): Promise<Client> {
  const now = deps.clock.now()
  return upsertClient(deps.db, {
    id: newId(now),
    galleryId,
    email: parseMailbox(email).toLowerCase(),
    name,
    notifyOnArchive: true,
    createdAt: now,
  })
}
