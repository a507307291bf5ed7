/** Questions to the table galleries. */
import { type RawBuilder, sql } from 'kysely'
import { AppError } from '../base/errors.ts'
import { isUuid } from '../base/id.ts'
import type { Cover, Gallery, Locale } from '../domain/gallery.ts'
import type { Database, Tx } from '../ports/database/port.ts'

const columns = [
  'id',
  'ownerId',
  'kind',
  'slug',
  'title',
  'state',
  'eventType',
  sql<string | null>`event_date::text`.as('eventDate'),
  'customerName',
  'customerEmail',
  'locale',
  'naming',
  'downloadEnabled',
  'downloadSize',
  'watermark',
  'marking',
  'feedbackEnabled',
  'notifyNewVersions',
  'passwordHash',
  'isPublic',
  'expiresAt',
  'publishedAt',
  'deletedAt',
  'archivedAt',
  'finalArchiveId',
  'archiveError',
  'hydrating',
  'contentVersion',
  'coverItemId',
  'coverX',
  'coverY',
  'createdAt',
] as const

/** The gallery with this id or slug, deleted ones left out. */
export async function findGallery(db: Database | Tx, idOrSlug: string): Promise<Gallery | undefined> {
  return db
    .selectFrom('galleries')
    .select(columns)
    .where(isUuid(idOrSlug) ? 'id' : 'slug', '=', idOrSlug)
    .where('state', '!=', 'deleted')
    .executeTakeFirst()
}

/** The gallery with this id, tombstones included. */
export async function findGalleryOfAnyState(db: Database | Tx, id: string): Promise<Gallery | undefined> {
  return db.selectFrom('galleries').select(columns).where('id', '=', id).executeTakeFirst()
}

/** Locks the gallery's row until the transaction ends: changes of content, publishing and planning take turns. */
export async function lockGallery(tx: Tx, id: string): Promise<Gallery> {
  const gallery = await lockGalleryOfAnyState(tx, id)
  if (gallery.state === 'deleted') throw new AppError('not_found')
  return gallery
}

/**
 * The same, tombstones included. Rows that point at the gallery (links, letters, uploads) can be added meanwhile: else who
 * holds an archive and writes a letter, and who holds the gallery and wants that archive, would wait for each other.
 */
export async function lockGalleryOfAnyState(tx: Tx, id: string): Promise<Gallery> {
  const gallery = await tx.selectFrom('galleries').select(columns).where('id', '=', id).forNoKeyUpdate().executeTakeFirst()
  if (!gallery) throw new AppError('not_found')
  return gallery
}

/** Notes in the transaction of an asset change that the content is another one now, and answers its version; the row stays locked until it commits. */
export async function bumpContent(tx: Tx, id: string): Promise<number> {
  const { contentVersion } = await tx
    .updateTable('galleries')
    .set((eb) => ({ contentVersion: eb('contentVersion', '+', 1) }))
    .where('id', '=', id)
    .returning('contentVersion')
    .executeTakeFirstOrThrow()
  return contentVersion
}

/** The language of an owner's newest gallery; undefined while there is none. */
export async function findLocale(db: Database | Tx, ownerId: string): Promise<Locale | undefined> {
  const newest = db
    .selectFrom('galleries')
    .select('locale')
    .where('ownerId', '=', ownerId)
    .orderBy('createdAt', 'desc')
    .orderBy('id', 'desc')
  return (await newest.limit(1).executeTakeFirst())?.locale
}

/** Adds the gallery; `slug_taken` when another one, living or deleted, has the slug. */
export async function insertGallery(db: Database | Tx, gallery: Gallery): Promise<void> {
  const done = await db
    .insertInto('galleries')
    .values(gallery)
    .onConflict((c) => c.column('slug').doNothing())
    .executeTakeFirst()
  if (!done.numInsertedOrUpdatedRows) throw new AppError('slug_taken', { slug: gallery.slug })
}

/** Which of these slugs are taken. */
export async function takenSlugs(db: Database | Tx, slugs: string[]): Promise<Set<string>> {
  const rows = await db.selectFrom('galleries').select('slug').where('slug', 'in', slugs).execute()
  return new Set(rows.map((r) => r.slug))
}

export type GalleryChange = Partial<
  Pick<
    Gallery,
    | 'title'
    | 'slug'
    | 'eventType'
    | 'eventDate'
    | 'customerName'
    | 'customerEmail'
    | 'locale'
    | 'naming'
    | 'downloadEnabled'
    | 'downloadSize'
    | 'watermark'
    | 'marking'
    | 'feedbackEnabled'
    | 'notifyNewVersions'
    | 'passwordHash'
    | 'isPublic'
    | 'expiresAt'
    | 'state'
    | 'publishedAt'
    | 'deletedAt'
    | 'archivedAt'
    | 'finalArchiveId'
    | 'archiveError'
    | 'hydrating'
    | keyof Cover
  >
>

/** `slug_taken` when another gallery, living or deleted, has the slug that is wanted. */
export async function changeGallery(tx: Tx, id: string, change: GalleryChange): Promise<void> {
  if (!Object.keys(change).length) return
  const changing = tx.updateTable('galleries').set(change).where('id', '=', id).execute()
  await changing.catch((cause: { code?: string; constraint?: string }) => {
    if (cause.code === '23505' && cause.constraint?.includes('slug')) throw new AppError('slug_taken', { slug: change.slug }, { cause })
    throw cause
  })
}

/** Open galleries whose date has passed, the longest first; those that failed in this run are passed over. */
export async function listEnded(db: Database, now: Date, passed: string[], limit: number): Promise<string[]> {
  const rows = await db
    .selectFrom('galleries')
    .select('id')
    .where('state', '=', 'active')
    .where('expiresAt', '<=', now)
    .where('id', '!=', sql<string>`all(${passed}::uuid[])`)
    .orderBy('expiresAt')
    .limit(limit)
    .execute()
  return rows.map((row) => row.id)
}

/** Open galleries whose end has to be looked at now, because a reminder may be due. */
export async function listReminding(db: Database, now: Date, passed: string[], limit: number): Promise<string[]> {
  const rows = await db
    .selectFrom('galleries')
    .select('id')
    .where('state', '=', 'active')
    .where('remindAt', '<=', now)
    .where('id', '!=', sql<string>`all(${passed}::uuid[])`)
    .orderBy('remindAt')
    .limit(limit)
    .execute()
  return rows.map((row) => row.id)
}

/** When the gallery's end is looked at next; null: no more, until its date is moved. */
export async function setReminder(tx: Tx, id: string, at: Date | null): Promise<void> {
  await tx.updateTable('galleries').set({ remindAt: at }).where('id', '=', id).execute()
}

/** Galleries that ended before `endedBefore` and that nobody has tried to archive yet, the longest first. */
export async function listRetirable(db: Database, endedBefore: Date, limit: number): Promise<string[]> {
  return (await retirable(db, endedBefore, limit).where('archiveError', 'is', null).execute()).map((row) => row.id)
}

/** The same whose archiving has failed: they are tried again in the night. */
export async function listUnarchived(db: Database, endedBefore: Date, limit: number): Promise<string[]> {
  return (await retirable(db, endedBefore, limit).where('archiveError', 'is not', null).execute()).map((row) => row.id)
}

/** Restored galleries with originals that still lie inside the archive, and may come out of it. */
export async function listHydrating(db: Database, limit: number): Promise<string[]> {
  const rows = await db
    .selectFrom('galleries')
    .select('id')
    .where('hydrating', '=', true)
    .where('state', 'not in', ['archiving', 'deleted'])
    .orderBy('id')
    .limit(limit)
    .execute()
  return rows.map((row) => row.id)
}

const retirable = (db: Database, endedBefore: Date, limit: number) =>
  db
    .selectFrom('galleries')
    .select('id')
    .where('state', '=', 'expired')
    .where('expiresAt', '<', endedBefore)
    .orderBy('expiresAt')
    .limit(limit)

/** Published galleries of everybody in the order of their ids, those after `afterId`, tombstones included. */
export async function walkGalleries(db: Database, afterId: string | null, limit: number): Promise<Gallery[]> {
  return db
    .selectFrom('galleries')
    .select(columns)
    .where('state', '!=', 'draft')
    .$if(afterId !== null, (q) => q.where('id', '>', afterId!))
    .orderBy('id')
    .limit(limit)
    .execute()
}

/** Galleries deleted before `before` that still have originals, those after `afterId`. */
export async function listUncleared(db: Database, before: Date, afterId: string | null, limit: number): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select id from galleries g where state = 'deleted' and deleted_at <= ${before} and (${afterId}::uuid is null or id > ${afterId}::uuid)
      and exists (select 1 from assets where gallery_id = g.id and state <> 'deleted')
    order by id limit ${limit}`.execute(db)
  return rows.map((row) => row.id)
}

/** What pages show beside a gallery: its stored originals, and one with a picture for the cover. */
export interface GalleryCount {
  photos: number
  bytes: number
  coverAssetId: string | null
}
export type GalleryRow = Gallery & GalleryCount

const nothing: GalleryCount = { photos: 0, bytes: 0, coverAssetId: null }

/** Counts and cover of one gallery. */
export async function countGallery(db: Database | Tx, id: string): Promise<GalleryCount> {
  return (await countGalleries(db, [id])).get(id) ?? nothing
}

async function countGalleries(db: Database | Tx, ids: string[]): Promise<Map<string, GalleryCount>> {
  if (!ids.length) return new Map()
  const rows = await db
    .selectFrom('assets')
    .select([
      'galleryId',
      // the cover of a track is no photo of its own
      sql<number>`count(*) filter (where role in ('original', 'audio'))`.as('photos'),
      sql<number>`sum(size)::bigint`.as('bytes'),
      // the one that was chosen for it, else one with a picture
      sql<string | null>`coalesce(
        max(id::text) filter (where render_state = 'done'
          and item_id = any(array(select cover_item_id from galleries g where g.id = any(${ids}::uuid[])))),
        min(id::text) filter (where render_state = 'done'))`.as('coverAssetId'),
    ])
    .where('galleryId', 'in', ids)
    .where('state', '=', 'stored')
    .groupBy('galleryId')
    .execute()
  return new Map(rows.map(({ galleryId, ...count }) => [galleryId, count]))
}

export type GallerySort = 'created_at' | 'title' | 'event_date' | 'expires_at'
/** `ended`: also those whose date has passed and nobody has noted it. */
export type GalleryFilter = 'draft' | 'active' | 'ended' | 'archiving' | 'archived'

export interface WantedGalleries {
  ownerId: string
  search?: string | undefined
  state?: GalleryFilter | undefined
}

const sortKeys: Record<GallerySort, { key: RawBuilder<unknown>; type: string }> = {
  created_at: { key: sql`created_at`, type: 'timestamptz' },
  title: { key: sql`lower(title)`, type: 'text' },
  event_date: { key: sql`coalesce(event_date, date '0001-01-01')`, type: 'date' },
  expires_at: { key: sql`coalesce(expires_at, 'infinity'::timestamptz)`, type: 'timestamptz' },
}

/** Its title holds these words, in whichever case. */
const holds = (search: string) => sql<boolean>`title_lower like lower(${`%${search.replace(/[\\%_]/g, '\\$&')}%`})`

const inState = (state: GalleryFilter, now: Date) =>
  state === 'ended'
    ? sql<boolean>`(state = 'expired' or (state = 'active' and expires_at <= ${now}))`
    : state === 'active'
      ? sql<boolean>`(state = 'active' and (expires_at is null or expires_at > ${now}))`
      : sql<boolean>`state = ${state}`

/** A page of the owner's galleries; `after` is what the row before it answered as `mark`, with its id. */
export async function listGalleries(
  db: Database,
  { ownerId, search, state }: WantedGalleries,
  page: { limit: number; now: Date; sort?: GallerySort; descending?: boolean; after?: { mark: string; id: string } | undefined },
): Promise<(GalleryRow & { mark: string })[]> {
  const { after, descending = true } = page
  const { key, type } = sortKeys[page.sort ?? 'created_at']
  const rows = await db
    .selectFrom('galleries')
    .select(columns)
    .select(sql<string>`${key}::text`.as('mark'))
    .where('ownerId', '=', ownerId)
    .where('kind', '=', 'gallery')
    .where('state', '!=', 'deleted')
    .$if(state !== undefined, (q) => q.where(inState(state!, page.now)))
    .$if(after !== undefined, (q) =>
      q.where(sql<boolean>`(${key}, id) ${sql.raw(descending ? '<' : '>')} (${after!.mark}::${sql.raw(type)}, ${after!.id}::uuid)`),
    )
    .$if(search !== undefined, (q) => q.where(holds(search!)))
    .orderBy(key, descending ? 'desc' : 'asc')
    .orderBy('id', descending ? 'desc' : 'asc')
    .limit(page.limit)
    .execute()
  const counts = await countGalleries(
    db,
    rows.map((row) => row.id),
  )
  return rows.map((row) => ({ ...row, ...(counts.get(row.id) ?? nothing) }))
}

/** How many of the owner's galleries are in each state, of those whose title holds the words. */
export async function countStates(
  db: Database,
  { ownerId, search }: Omit<WantedGalleries, 'state'>,
  now: Date,
): Promise<Record<GalleryFilter | 'all', number>> {
  const count = (state: GalleryFilter) => sql<number>`count(*) filter (where ${inState(state, now)})::int`.as(state)
  return db
    .selectFrom('galleries')
    .select([sql<number>`count(*)::int`.as('all'), count('draft'), count('active'), count('ended'), count('archiving'), count('archived')])
    .where('ownerId', '=', ownerId)
    .where('kind', '=', 'gallery')
    .where('state', '!=', 'deleted')
    .$if(search !== undefined, (q) => q.where(holds(search!)))
    .executeTakeFirstOrThrow()
}
