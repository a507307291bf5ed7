/** Who a guest is to the photographer: a client by their link, the photographer by their account, anybody else by what they typed. */
import { findClient } from '../../data/clients.ts'
import { findGuest } from '../../data/feedbackGuests.ts'
import { findUser } from '../../data/users.ts'
import type { Gallery } from '../../domain/gallery.ts'
import type { Database, Tx } from '../../ports/database/port.ts'

/** At least one of them. */
export interface Name {
  name: string | null
  email: string | null
}

export interface Who extends Name {
  /** not what somebody typed */
  known: boolean
}

/** Of a requester of this gallery; undefined: nobody we know. */
export async function whoIs(db: Database | Tx, gallery: Pick<Gallery, 'id' | 'ownerId'>, requester: string): Promise<Who | undefined> {
  const [kind, id = ''] = requester.split(' ')
  if (kind === 'client') return known(await findClient(db, gallery.id, id))
  if (kind === 'user' && id === gallery.ownerId) return known(await findUser(db, id))
  const guest = await findGuest(db, gallery.id, requester)
  return guest && { ...guest, known: false }
}

const known = (who: Name | undefined): Who | undefined => who && { name: who.name, email: who.email, known: true }
