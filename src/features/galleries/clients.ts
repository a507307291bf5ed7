/** Clients of a gallery: the people who get its letters, and what each of them may do. */
import { newId } from '../../base/id.ts'
import { type Client, type ClientChange, upsertClient } from '../../data/clients.ts'
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
): Promise<Client> {
  const now = deps.clock.now()
  const client = { id: newId(now), galleryId, email: clientAddress(email), createdAt: now }
  return upsertClient(deps.db, client, { ...change, ...(name === null ? {} : { name }) })
}
