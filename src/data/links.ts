/** Questions to the table links. */
import type { Selectable } from 'kysely'
import type { Database, LinksTable, Tx } from '../ports/database/port.ts'

export type Link = Selectable<LinksTable>

export async function insertLink(db: Database | Tx, link: Link): Promise<void> {
  await db.insertInto('links').values(link).execute()
}

export async function findLink(db: Database | Tx, id: string): Promise<Link | undefined> {
  return db.selectFrom('links').selectAll().where('id', '=', id).executeTakeFirst()
}

/** A living link of that kind to this archive that nobody in particular owns and that lasts until `until` at least. */
export async function findShared(db: Database | Tx, archiveId: string, kind: Link['kind'], until: Date): Promise<Link | undefined> {
  return db
    .selectFrom('links')
    .selectAll()
    .where('archiveId', '=', archiveId)
    .where('kind', '=', kind)
    .where('clientId', 'is', null)
    .where('revokedAt', 'is', null)
    .where('expiresAt', '>=', until)
    .limit(1)
    .executeTakeFirst()
}

/** Withdraws a link; answers whether there was a living one. */
export async function revokeLink(db: Database | Tx, galleryId: string, id: string, now: Date): Promise<boolean> {
  const done = await db
    .updateTable('links')
    .set({ revokedAt: now })
    .where('id', '=', id)
    .where('galleryId', '=', galleryId)
    .where('revokedAt', 'is', null)
    .executeTakeFirst()
  return done.numUpdatedRows > 0n
}

/** Withdraws the links to a file of exports that nobody wants any more. */
export async function revokeExportLinks(tx: Tx, archiveId: string, now: Date): Promise<void> {
  await tx
    .updateTable('links')
    .set({ revokedAt: now })
    .where('archiveId', '=', archiveId)
    .where('kind', '=', 'export')
    .where('revokedAt', 'is', null)
    .execute()
}

/** Links of a gallery, newest first. */
export async function listLinks(db: Database, galleryId: string): Promise<Link[]> {
  return db.selectFrom('links').selectAll().where('galleryId', '=', galleryId).orderBy('issuedAt', 'desc').limit(500).execute()
}

/** The links one client was given. */
export async function listOfClient(db: Database, clientId: string): Promise<Link[]> {
  return db.selectFrom('links').selectAll().where('clientId', '=', clientId).orderBy('issuedAt').execute()
}
