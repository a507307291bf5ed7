/** Questions to the table gallery_clients. */
import type { Selectable } from 'kysely'
import { AppError } from '../base/errors.ts'
import type { Database, GalleryClientsTable, Tx } from '../ports/database/port.ts'

export type Client = Selectable<GalleryClientsTable>
export type ClientChange = Partial<Pick<Client, 'name' | 'notifyOnArchive' | 'permission' | 'accessExpiresAt'>>

/** Adds a client; of the one with this address only what `change` names is changed. Answers the row. */
export async function upsertClient(
  db: Database | Tx,
  client: Pick<Client, 'id' | 'galleryId' | 'email' | 'createdAt'>,
  change: ClientChange,
): Promise<Client> {
  return db
    .insertInto('galleryClients')
    .values({ ...client, ...change })
    .onConflict((c) => {
      const same = c.columns(['galleryId', 'email'])
      // something has to be set for the row to be answered
      return Object.keys(change).length ? same.doUpdateSet(change) : same.doUpdateSet({ email: client.email })
    })
    .returningAll()
    .executeTakeFirstOrThrow()
}

/** Changes a client of this gallery; undefined when there is none. */
export async function changeClient(db: Database | Tx, galleryId: string, id: string, change: ClientChange): Promise<Client | undefined> {
  if (!Object.keys(change).length) return findClient(db, galleryId, id)
  return db
    .updateTable('galleryClients')
    .set(change)
    .where('galleryId', '=', galleryId)
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirst()
}

export async function findClient(db: Database | Tx, galleryId: string, id: string): Promise<Client | undefined> {
  return db.selectFrom('galleryClients').selectAll().where('galleryId', '=', galleryId).where('id', '=', id).executeTakeFirst()
}

/** The client of this gallery with this address, as it is stored: in lower case. */
export async function findClientByEmail(db: Database | Tx, galleryId: string, email: string): Promise<Client | undefined> {
  return db.selectFrom('galleryClients').selectAll().where('galleryId', '=', galleryId).where('email', '=', email).executeTakeFirst()
}

/** Holds the client's row until the transaction ends, so that a link of theirs cannot outlive their removal; `not_found` when removed. */
export async function lockClient(tx: Tx, galleryId: string, id: string): Promise<Client> {
  const client = await tx
    .selectFrom('galleryClients')
    .selectAll()
    .where('galleryId', '=', galleryId)
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst()
  if (!client) throw new AppError('not_found')
  return client
}

export async function listClients(db: Database | Tx, galleryId: string): Promise<Client[]> {
  return db.selectFrom('galleryClients').selectAll().where('galleryId', '=', galleryId).orderBy('createdAt').orderBy('id').execute()
}

/** Removes a client and withdraws their links; `not_found` when there is no such client. */
export async function removeClient(tx: Tx, galleryId: string, id: string, now: Date): Promise<void> {
  // whoever is writing a link for them has done so when the lock is ours, and the next statement sees it
  await lockClient(tx, galleryId, id)
  await tx.updateTable('links').set({ revokedAt: now }).where('clientId', '=', id).where('revokedAt', 'is', null).execute()
  await tx.deleteFrom('galleryClients').where('id', '=', id).execute()
}
