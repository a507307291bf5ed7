/** Questions to the table links. */
import { type Insertable, type Selectable, sql } from 'kysely'
import { after, days, minutes } from '../base/clock.ts'
import { newId } from '../base/id.ts'
import type { Permission } from '../domain/access.ts'
import type { Database, LinksTable, Tx } from '../ports/database/port.ts'
import { lockClient } from './clients.ts'

export type Link = Selectable<LinksTable>
export type NewLink = Insertable<LinksTable>

export const insertLink = (db: Database | Tx, link: NewLink): Promise<void> => insertLinks(db, [link])

/** Many at once, a few thousand values a statement. */
export async function insertLinks(db: Database | Tx, links: NewLink[]): Promise<void> {
  for (let i = 0; i < links.length; i += 2000)
    await db
      .insertInto('links')
      .values(links.slice(i, i + 2000))
      .execute()
}

/** A link, and what is true now of the client it was made for. */
export type HeldLink = Link & { client: LinkClient | null }
export interface LinkClient {
  id: string
  email: string
  name: string | null
  permission: Permission
  accessExpiresAt: Date | null
}

export async function findLink(db: Database | Tx, id: string): Promise<HeldLink | undefined> {
  const row = await db
    .selectFrom('links')
    .leftJoin('galleryClients as c', 'c.id', 'links.clientId')
    .selectAll('links')
    .select(['c.email', 'c.name', 'c.permission as may', 'c.accessExpiresAt'])
    .where('links.id', '=', id)
    .executeTakeFirst()
  if (!row) return undefined
  const { email, name, may, accessExpiresAt, ...link } = row
  return { ...link, client: link.clientId && email && may ? { id: link.clientId, email, name, permission: may, accessExpiresAt } : null }
}

/** The living link to a file of an export, for this client or for nobody in particular, that lasts until `until` at least. */
export async function findExportLink(
  db: Database | Tx,
  archiveId: string,
  clientId: string | null,
  until: Date,
): Promise<Link | undefined> {
  return db
    .selectFrom('links')
    .selectAll()
    .where('archiveId', '=', archiveId)
    .where('kind', '=', 'export')
    .where(is('clientId', clientId))
    .where('revokedAt', 'is', null)
    .where('expiresAt', '>=', until)
    .limit(1)
    .executeTakeFirst()
}

/** What a link gives, and to whom: two that agree in all of it are the same right. */
export type Grant = Pick<Link, 'kind' | 'galleryId' | 'archiveId' | 'assetId' | 'clientId'>

/**
 * The living link of that grant with at least half of its life left, or a new one: who asks again and again fills no table.
 * A client's row is held meanwhile, so that no link of theirs outlives their removal; `not_found` when they were removed.
 */
export async function grantLink(tx: Tx, grant: Grant, now: Date, life: number): Promise<{ id: string; expiresAt: Date; fresh: boolean }> {
  if (grant.clientId) await lockClient(tx, grant.galleryId, grant.clientId)
  const living = await findLiving(tx, grant, now, life)
  if (living) return { ...living, fresh: false }
  // a hundred who ask at the same moment take turns here, and share what the first one got
  const name = [grant.kind, grant.galleryId, grant.archiveId, grant.assetId, grant.clientId].join(' ')
  await sql`select pg_advisory_xact_lock(hashtextextended(${name}, 0))`.execute(tx)
  const other = await findLiving(tx, grant, now, life)
  if (other) return { ...other, fresh: false }
  const link = { id: newId(now), ...grant, issuedAt: now, expiresAt: after(now, life) }
  await insertLink(tx, link)
  return { id: link.id, expiresAt: link.expiresAt, fresh: true }
}

/** The same for who has no transaction: most get what lives, by one question. `made` does what belongs to a new one. */
export async function shareLink(
  db: Database,
  grant: Grant,
  now: Date,
  life: number,
  made?: (tx: Tx, expiresAt: Date) => Promise<void>,
): Promise<{ id: string; expiresAt: Date }> {
  const living = await findLiving(db, grant, now, life)
  if (living) return living
  return db.transaction().execute(async (tx) => {
    const link = await grantLink(tx, grant, now, life)
    if (link.fresh) await made?.(tx, link.expiresAt)
    return link
  })
}

/**
 * A living link to the gallery's page for each of these clients, theirs or a new one, in a few statements however many they are.
 * A client who is being removed meanwhile lets the transaction fail.
 */
export async function grantPageLinks(
  tx: Tx,
  galleryId: string,
  clientIds: string[],
  now: Date,
  life: number,
): Promise<Map<string, string>> {
  const living = await tx
    .selectFrom('links')
    .distinctOn('clientId')
    .select(['clientId', 'id'])
    .where('galleryId', '=', galleryId)
    .where('clientId', '=', sql<string>`any(${clientIds}::uuid[])`)
    .where('kind', '=', 'share')
    .where('revokedAt', 'is', null)
    .where('expiresAt', '>=', after(now, life / 2))
    .orderBy('clientId')
    .orderBy('expiresAt', 'desc')
    .execute()
  const links = new Map(living.map((row) => [row.clientId!, row.id]))
  const lacking = clientIds.filter((id) => !links.has(id))
  const fresh = lacking.map((clientId) => ({
    id: newId(now),
    kind: 'share' as const,
    galleryId,
    clientId,
    issuedAt: now,
    expiresAt: after(now, life),
  }))
  await insertLinks(tx, fresh)
  for (const { clientId, id } of fresh) links.set(clientId, id)
  return links
}

async function findLiving(db: Database | Tx, grant: Grant, now: Date, life: number): Promise<{ id: string; expiresAt: Date } | undefined> {
  return db
    .selectFrom('links')
    .select(['id', 'expiresAt'])
    .where('kind', '=', grant.kind)
    .where('galleryId', '=', grant.galleryId)
    .where(is('archiveId', grant.archiveId))
    .where(is('assetId', grant.assetId))
    .where(is('clientId', grant.clientId))
    .where('revokedAt', 'is', null)
    .where('expiresAt', '>=', after(now, life / 2))
    .orderBy('expiresAt', 'desc')
    .limit(1)
    .executeTakeFirst()
}

// `is not distinct from` says the same, but PostgreSQL uses no index for it
const is = (column: 'archiveId' | 'assetId' | 'clientId', value: string | null) =>
  value === null ? sql<boolean>`${sql.ref(column)} is null` : sql<boolean>`${sql.ref(column)} = ${value}`

/** The ids of the clients' own links to the gallery's page: those that have half of their life left, new ones for the others. */
export async function grantPages(tx: Tx, galleryId: string, clientIds: string[], now: Date, life: number): Promise<Map<string, string>> {
  const living = await tx
    .selectFrom('links')
    .select(['id', 'clientId'])
    .where('kind', '=', 'share')
    .where('galleryId', '=', galleryId)
    .where('clientId', '=', sql<string>`any(${clientIds}::uuid[])`)
    .where('revokedAt', 'is', null)
    .where('expiresAt', '>=', after(now, life / 2))
    .execute()
  const pages = new Map(living.map(({ id, clientId }) => [clientId!, id]))
  const fresh = clientIds.filter((clientId) => !pages.has(clientId))
  const links = fresh.map((clientId) => ({ id: newId(now), clientId, kind: 'share' as const, galleryId }))
  await insertLinks(
    tx,
    links.map((link) => ({ ...link, issuedAt: now, expiresAt: after(now, life) })),
  )
  for (const { id, clientId } of links) pages.set(clientId, id)
  return pages
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

/** The gallery closes for good: every link but those in letters is withdrawn. A letter brings a backup, which outlives the gallery. */
export async function revokeVisits(tx: Tx, galleryId: string, now: Date): Promise<void> {
  await tx
    .updateTable('links')
    .set({ revokedAt: now })
    .where('galleryId', '=', galleryId)
    .where('kind', '!=', 'email')
    .where('revokedAt', 'is', null)
    .execute()
}

/** Guests may take less from now on: what was handed out on the gallery's page is withdrawn. Films and tracks go on playing. */
export async function revokeTakings(tx: Tx, galleryId: string, now: Date): Promise<void> {
  const photos = sql<boolean>`asset_id in (select id from assets where gallery_id = ${galleryId} and role = 'original' and mime like 'image/%')`
  await tx
    .updateTable('links')
    .set({ revokedAt: now })
    .where('galleryId', '=', galleryId)
    .where((eb) => eb.or([eb('kind', 'in', ['client', 'file', 'export']), eb.and([eb('kind', '=', 'media'), photos])]))
    .where('revokedAt', 'is', null)
    .execute()
}

/** Withdraws every share link of the gallery that is for nobody in particular; answers how many lived. */
export async function revokeShares(db: Database | Tx, galleryId: string, now: Date): Promise<number> {
  const done = await db
    .updateTable('links')
    .set({ revokedAt: now })
    .where('galleryId', '=', galleryId)
    .where('kind', '=', 'share')
    .where('clientId', 'is', null)
    .where('revokedAt', 'is', null)
    .executeTakeFirst()
  return Number(done.numUpdatedRows)
}

/** Counts one use of a living link; false when it has been used as often as it may be. */
export async function countUse(db: Database | Tx, id: string): Promise<boolean> {
  const done = await db
    .updateTable('links')
    .set((eb) => ({ usedCount: eb('usedCount', '+', 1) }))
    .where('id', '=', id)
    .where('revokedAt', 'is', null)
    .where((eb) => eb.or([eb('maxUses', 'is', null), eb('usedCount', '<', eb.ref('maxUses'))]))
    .executeTakeFirst()
  return done.numUpdatedRows > 0n
}

/** Notes that the link gives bytes now: at the first time, and then once a minute, for a resumed download is hundreds of requests. */
export async function noteUse(db: Database, link: Pick<Link, 'id' | 'lastUsedAt'>, now: Date): Promise<void> {
  if (link.lastUsedAt && link.lastUsedAt > after(now, -minutes(1))) return
  await db
    .updateTable('links')
    .set({ firstUsedAt: sql<Date>`coalesce(first_used_at, ${now})`, lastUsedAt: now })
    .where('id', '=', link.id)
    .execute()
}

/** A link as its photographer sees it: to whom, and to what. */
export type LinkRow = Link & { email: string | null; name: string | null; version: number | null; fileName: string | null }

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
export async function listLinks(db: Database, galleryId: string): Promise<LinkRow[]> {
  return db
    .selectFrom('links')
    .leftJoin('galleryClients as c', 'c.id', 'links.clientId')
    .leftJoin('archives', 'archives.id', 'links.archiveId')
    .leftJoin('assets', 'assets.id', 'links.assetId')
    .selectAll('links')
    .select(['c.email', 'c.name', 'archives.version', 'assets.originalName as fileName'])
    .where('links.galleryId', '=', galleryId)
    .orderBy('issuedAt', 'desc')
    .orderBy('links.id', 'desc')
    .limit(500)
    .execute()
}

/**
 * Forgets links that ended a year ago: until then their holders read that they have ended, not that they never were. One in a
 * client's letter leads to a new one, so it stays for as long as the gallery does, or an archive of it that can be given.
 */
export async function sweepLinks(db: Database, now: Date): Promise<number> {
  const before = after(now, -days(365))
  const others = await db
    .deleteFrom('links')
    .where('expiresAt', '<', before)
    .where(sql<boolean>`(kind <> 'email' or client_id is null)`)
    .executeTakeFirst()
  const ofLetters = await db
    .deleteFrom('links')
    .where('expiresAt', '<', before)
    .where('kind', '=', 'email')
    .where(
      sql<boolean>`gallery_id in (select id from galleries g where state = 'deleted' and not exists (
        select 1 from archives a where a.gallery_id = g.id and purpose = 'delivery' and status in ('queued', 'processing', 'verifying', 'ready')))`,
    )
    .executeTakeFirst()
  return Number(others.numDeletedRows + ofLetters.numDeletedRows)
}

/** The links one client was given. */
export async function listOfClient(db: Database, clientId: string): Promise<Link[]> {
  return db.selectFrom('links').selectAll().where('clientId', '=', clientId).orderBy('issuedAt').execute()
}

/** Ids of the archives of a gallery that somebody has a living link to. */
export async function listLinked(db: Database | Tx, galleryId: string, now: Date): Promise<string[]> {
  const rows = await db
    .selectFrom('links')
    .select('archiveId')
    .distinct()
    .where('galleryId', '=', galleryId)
    .where('archiveId', 'is not', null)
    .where('revokedAt', 'is', null)
    .where('expiresAt', '>', now)
    .execute()
  return rows.map((row) => row.archiveId!)
}
