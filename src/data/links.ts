/** Questions to the table links. */
import type { Selectable } from 'kysely'
import type { Database, LinksTable, Tx } from '../ports/database/port.ts'

export type Link = Selectable<LinksTable>

export const insertLink = (db: Database | Tx, link: Link): Promise<void> => insertLinks(db, [link])

/** Many at once, a few thousand values a statement. */
export async function insertLinks(db: Database | Tx, links: Link[]): Promise<void> {
  for (let i = 0; i < links.length; i += 2000)
    await db
      .insertInto('links')
      .values(links.slice(i, i + 2000))
      .execute()
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

/** Links of a gallery, newest first. */
export async function listLinks(db: Database, galleryId: string): Promise<Link[]> {
  return db.selectFrom('links').selectAll().where('galleryId', '=', galleryId).orderBy('issuedAt', 'desc').limit(500).execute()
}

/** The links one client was given. */
export async function listOfClient(db: Database, clientId: string): Promise<Link[]> {
  return db.selectFrom('links').selectAll().where('clientId', '=', clientId).orderBy('issuedAt').execute()
}
