/** Questions to the table gallery_clients. */
import type { Selectable } from 'kysely'
import type { Database, GalleryClientsTable, Tx } from '../ports/database/port.ts'

export type Client = Selectable<GalleryClientsTable>

/** Adds a client, or changes the name of the one with this address; answers the row. */
export async function upsertClient(db: Database | Tx, client: Client): Promise<Client> {
  return db
    .insertInto('galleryClients')
    .values(client)
    .onConflict((c) =>
      c.columns(['galleryId', 'email']).doUpdateSet((eb) => ({ name: eb.fn.coalesce('excluded.name', 'galleryClients.name') })),
    )
    .returningAll()
    .executeTakeFirstOrThrow()
}

export async function listClients(db: Database | Tx, galleryId: string): Promise<Client[]> {
  return db.selectFrom('galleryClients').selectAll().where('galleryId', '=', galleryId).orderBy('createdAt').orderBy('id').execute()
}

/** Removes a client and withdraws their links; false when there is no such client. */
export async function removeClient(tx: Tx, galleryId: string, id: string, now: Date): Promise<boolean> {
  await tx
    .updateTable('links')
    .set({ revokedAt: now })
    .where('clientId', '=', id)
    .where('galleryId', '=', galleryId)
    .where('revokedAt', 'is', null)
    .execute()
  const done = await tx.deleteFrom('galleryClients').where('galleryId', '=', galleryId).where('id', '=', id).executeTakeFirst()
  return done.numDeletedRows > 0n
}
