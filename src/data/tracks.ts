/** Questions about tracks as their owner sees them: pages, one with its tries, numbers, and which may be played by all. */
import { type RawBuilder, type Selectable, sql } from 'kysely'
import type { Locale } from '../domain/gallery.ts'
import type { MediaRole, RescueState } from '../domain/rescue.ts'
import type { Database, RescueRoundsTable, Tx } from '../ports/database/port.ts'
import type { RemoteMedia, Rescue } from './rescues.ts'

/** A file of a track with our copy, if there is one. */
export type TrackMediaRow = RemoteMedia & { mime: string | null; size: number | null; sha256: Buffer | null; assetState: string | null }
export type TrackRow = Rescue & { title: string; artist: string | null; media: TrackMediaRow[] }
export type Round = Selectable<RescueRoundsTable>

export type TrackSort = 'created' | 'expires' | 'title'
export interface TrackPage {
  limit: number
  sort: TrackSort
  states?: RescueState[]
  /** in title or artist */
  search?: string
  /** the last row of the page before: what it is sorted by, and its id */
  after?: { value: string; id: string }
}

// what is here is not urgent, however soon its provider deletes it; written as its index (031) has it
const urgency = sql`case when r.archived_at is null and r.state <> 'lost' then r.expires_at at time zone 'UTC' else r.expires_at at time zone 'UTC' + interval '1000 years' end`
const orders = {
  created: { by: sql`r.created_at`, id: sql`r.item_id`, direction: sql`desc`, beyond: sql`<`, cast: sql`timestamptz` },
  expires: { by: urgency, id: sql`r.item_id`, direction: sql`asc`, beyond: sql`>`, cast: sql`timestamp` },
  title: { by: sql`lower(i.title)`, id: sql`i.id`, direction: sql`asc`, beyond: sql`>`, cast: sql`text` },
}

/** Up to so many tracks that a search finds are put in order by themselves; of more, the order is followed until a page is full. */
const few = 500

/**
 * A page of one owner's tracks; `value` of each row is where the next page begins behind it. Every order is that of an index. A
 * search that finds little reads the titles of all tracks of this owner, in an index that holds nobody's photos.
 */
export async function pageTracks(db: Database, ownerId: string, page: TrackPage): Promise<(TrackRow & { value: string })[]> {
  const { by, id, direction, beyond, cast } = orders[page.sort]
  const titled = page.sort === 'title'
  const where = [sql`r.owner_id = ${ownerId} and r.state <> 'deleted'`]
  if (page.states) where.push(sql`r.state = any(${page.states}::text[])`)
  if (page.after) where.push(sql`(${by}, ${id}) ${beyond} (${page.after.value}::${cast}, ${page.after.id}::uuid)`)
  if (titled) where.push(tracksOf(ownerId))
  if (page.search !== undefined) {
    const pattern = `%${page.search.replace(/[\\%_]/g, '\\$&')}%`
    const matches = sql`(i.title ilike ${pattern} or i.artist ilike ${pattern})`
    where.push(titled ? matches : await amongTracks(db, ownerId, matches))
  }
  const found = await sql<{ id: string; value: string }>`
    select r.item_id as id, (${by})::text as value from rescues r ${titled ? sql`join items i on i.id = r.item_id` : sql``}
    where ${sql.join(where, sql` and `)} order by ${by} ${direction}, ${id} ${direction} limit ${page.limit}`.execute(db)
  const rows = await loadTracks(
    db,
    found.rows.map(({ id }) => id),
  )
  return found.rows.flatMap(({ id, value }) => {
    const row = rows.get(id)
    return row ? [{ ...row, value }] : []
  })
}

/** All tracks of an owner lie in one gallery. */
const tracksOf = (ownerId: string) =>
  sql`i.kind = 'track' and i.gallery_id = (select id from galleries where owner_id = ${ownerId} and kind = 'collection')`

/** That a row of `rescues r` is one of those that match, in the way that is cheap for so many. */
async function amongTracks(db: Database, ownerId: string, matches: RawBuilder<unknown>): Promise<RawBuilder<unknown>> {
  const { rows } = await sql<{ id: string }>`
    select i.id from items i where ${tracksOf(ownerId)} and ${matches} limit ${few + 1}`.execute(db)
  if (rows.length <= few) return sql`r.item_id = any(${rows.map(({ id }) => id)}::uuid[])`
  // asked of one row after the other as the order brings them: of a join, all that match would be put in order first
  return sql`exists (select from items i where i.id = r.item_id and ${matches} offset 0)`
}

/** A track of this owner. */
export async function findTrack(db: Database | Tx, ownerId: string, id: string): Promise<TrackRow | undefined> {
  const row = (await loadTracks(db, [id])).get(id)
  return row?.ownerId === ownerId ? row : undefined
}

/** Those of them that are this owner's. */
export async function findTracks(db: Database | Tx, ownerId: string, ids: string[]): Promise<Map<string, TrackRow>> {
  return new Map([...(await loadTracks(db, ids))].filter(([, row]) => row.ownerId === ownerId))
}

async function loadTracks(db: Database | Tx, ids: string[]): Promise<Map<string, TrackRow>> {
  if (!ids.length) return new Map()
  const rows = await db
    .selectFrom('rescues')
    .innerJoin('items', 'items.id', 'rescues.itemId')
    .selectAll('rescues')
    .select(['items.title', 'items.artist'])
    .where('rescues.itemId', 'in', ids)
    .where('rescues.state', '!=', 'deleted')
    .execute()
  const media = await db
    .selectFrom('remoteMedia')
    .leftJoin('assets', 'assets.id', 'remoteMedia.assetId')
    .selectAll('remoteMedia')
    .select(['assets.mime', 'assets.size', 'assets.sha256', 'assets.state as assetState'])
    .where('remoteMedia.itemId', 'in', ids)
    .orderBy('remoteMedia.role')
    .execute()
  const of = Map.groupBy(media, (one) => one.itemId)
  return new Map(rows.map((row) => [row.itemId, { ...row, media: of.get(row.itemId) ?? [] }]))
}

/** Every try of a track, the newest first. */
export async function listRounds(db: Database, itemId: string): Promise<Round[]> {
  return db.selectFrom('rescueRounds').selectAll().where('itemId', '=', itemId).orderBy('fence', 'desc').limit(200).execute()
}

export interface TrackNumbers {
  total: number
  archived: number
  pending: number
  urgent: number
  expired: number
  partial: number
  failing: number
  bytes: number
  nextDueAt: Date | null
}

/** Counts of one owner's tracks, or with null of everybody's, at `now`. Fresh at every call (X-05). */
export async function countTracks(db: Database, ownerId: string | null, now: Date): Promise<TrackNumbers> {
  const { rows } = await sql<TrackNumbers>`
    select count(*) as total, count(*) filter (where archived_at is not null) as archived,
      count(*) filter (where pending) as pending, count(*) filter (where pending and expires_at < ${now}::timestamptz + interval '2 days') as urgent,
      count(*) filter (where archived_at is null and not pending) as expired, count(*) filter (where state = 'partial') as partial,
      count(*) filter (where pending and rounds > 0) as failing, min(due_at) as next_due_at,
      (select coalesce(sum(a.size), 0)::bigint from assets a join galleries g on g.id = a.gallery_id
        where g.kind = 'collection' and a.state = 'stored' and (${ownerId}::uuid is null or g.owner_id = ${ownerId})) as bytes
    from (select *, archived_at is null and state <> 'lost' and expires_at > ${now} as pending from rescues
      where state <> 'deleted' and (${ownerId}::uuid is null or owner_id = ${ownerId})) r`.execute(db)
  return rows[0]!
}

/** What is being saved of one's tracks at this moment. */
export interface SavingNumbers {
  saving: number
  due: number
  saved: number
  total: number
}

export async function countSaving(db: Database, ownerId: string, now: Date): Promise<SavingNumbers> {
  const { rows } = await sql<SavingNumbers>`
    select count(*) filter (where state = 'rescuing' and due_at > ${now}) as saving, count(*) filter (where due_at <= ${now}) as due,
      count(*) filter (where archived_at is not null) as saved, count(*) as total
    from rescues where state <> 'deleted' and owner_id = ${ownerId}`.execute(db)
  return rows[0]!
}

/** Pending tracks by the whole days that are left of them. */
export async function countDaysLeft(
  db: Database,
  ownerId: string | null,
  now: Date,
): Promise<{ days: number; tracks: number; failing: number }[]> {
  const { rows } = await sql<{ days: number; tracks: number; failing: number }>`
    select floor(extract(epoch from expires_at - ${now}::timestamptz) / 86400)::integer as days, count(*) as tracks,
      count(*) filter (where rounds > 0) as failing from rescues
    where archived_at is null and state not in ('lost', 'deleted') and expires_at > ${now} and (${ownerId}::uuid is null or owner_id = ${ownerId})
    group by 1 order by 1`.execute(db)
  return rows
}

/** Has the owner of this asset said that anybody may play it? */
export async function isPublicMedia(db: Database, assetId: string): Promise<boolean> {
  const found = await db
    .selectFrom('remoteMedia')
    .innerJoin('rescues', 'rescues.itemId', 'remoteMedia.itemId')
    .select('rescues.itemId')
    .where('remoteMedia.assetId', '=', assetId)
    .where('rescues.isPublic', '=', true)
    .where('rescues.state', '!=', 'deleted')
    .executeTakeFirst()
  return found !== undefined
}

/** Another track of the library whose file has the same bytes as this asset. */
export async function findSharer(tx: Tx, assetId: string, besides: string): Promise<{ itemId: string; role: MediaRole } | undefined> {
  return tx
    .selectFrom('remoteMedia')
    .innerJoin('rescues', 'rescues.itemId', 'remoteMedia.itemId')
    .select(['remoteMedia.itemId', 'remoteMedia.role'])
    .where('remoteMedia.assetId', '=', assetId)
    .where('remoteMedia.itemId', '!=', besides)
    .where('rescues.state', '!=', 'deleted')
    .orderBy('remoteMedia.itemId')
    .limit(1)
    .executeTakeFirst()
}

/** Locks a track of this owner until the transaction ends, and the library with it: two with the same bytes do not go side by side. */
export async function lockTrack(tx: Tx, ownerId: string, id: string): Promise<Rescue | undefined> {
  await tx.selectFrom('galleries').select('id').where('ownerId', '=', ownerId).where('kind', '=', 'collection').forNoKeyUpdate().execute()
  return tx
    .selectFrom('rescues')
    .selectAll()
    .where('itemId', '=', id)
    .where('ownerId', '=', ownerId)
    .where('state', '!=', 'deleted')
    .forUpdate()
    .executeTakeFirst()
}

/** A track that its owner may have to be told of. */
export type Endangered = Pick<
  Rescue,
  'itemId' | 'ownerId' | 'state' | 'rounds' | 'scheduledAt' | 'expiresAt' | 'told' | 'errorCode' | 'provider'
> & { title: string; galleryId: string; locale: Locale }

/**
 * Tracks without their sound that have failed, are late or lost, and are not told of to the last: those behind `last`, owner by owner,
 * the most urgent of each first.
 */
export async function listEndangered(
  db: Database,
  now: Date,
  limit: number,
  last?: Pick<Endangered, 'ownerId' | 'expiresAt' | 'itemId'>,
): Promise<Endangered[]> {
  return (
    db
      .selectFrom('rescues')
      .innerJoin('items', 'items.id', 'rescues.itemId')
      .innerJoin('galleries', 'galleries.id', 'items.galleryId')
      .select([
        'itemId',
        'rescues.ownerId',
        'rescues.state',
        'rounds',
        'scheduledAt',
        'rescues.expiresAt',
        'told',
        'errorCode',
        'rescues.provider',
        'items.title',
        'items.galleryId',
        'galleries.locale',
      ])
      // as the index has it: a parameter would hide from the planner that it is the same
      .where(sql<boolean>`rescues.state in ('scheduled', 'rescuing', 'retrying', 'lost') and told < 5`)
      .where(sql<boolean>`(rounds > 0 or rescues.state = 'lost' or scheduled_at + (rescues.expires_at - scheduled_at) / 2 <= ${now})`)
      // whose cover is asked for once more has its sound all the while
      .where('rescues.archivedAt', 'is', null)
      .$if(last !== undefined, (q) =>
        q.where(sql<boolean>`(rescues.owner_id, rescues.expires_at, item_id) > (${last!.ownerId}, ${last!.expiresAt}, ${last!.itemId})`),
      )
      .orderBy('rescues.ownerId')
      .orderBy('rescues.expiresAt')
      .orderBy('itemId')
      .limit(limit)
      .execute()
  )
}

/** Notes how many stages of each were told; answers those that nobody had told of so far. */
export async function noteTold(tx: Tx, news: { itemId: string; told: number }[]): Promise<string[]> {
  const { rows } = await sql<{ itemId: string }>`
    update rescues set told = t.told from unnest(${news.map((one) => one.itemId)}::uuid[], ${news.map((one) => one.told)}::int[]) as t (id, told)
    where rescues.item_id = t.id and rescues.told < t.told and rescues.state <> 'deleted' returning rescues.item_id`.execute(tx)
  return rows.map((row) => row.itemId)
}

export interface TrackDigest {
  ownerId: string
  galleryId: string
  locale: Locale
  saved: number
  failing: number
  lost: number
  firstEnds: string | null
}

/** Of every owner who has tracks that fail, or were lost in this time. */
export async function listTrackDigests(db: Database, from: Date, until: Date): Promise<TrackDigest[]> {
  const { rows } = await sql<Omit<TrackDigest, 'firstEnds'> & { firstEnds: Date | null }>`
    select r.owner_id, g.id as gallery_id, g.locale, count(*) filter (where r.archived_at >= ${from} and r.archived_at < ${until}) as saved,
      count(*) filter (where r.state = 'retrying') as failing, count(*) filter (where l.item_id is not null) as lost,
      min(r.expires_at) filter (where r.state = 'retrying') as first_ends
    from rescues r join galleries g on g.owner_id = r.owner_id and g.kind = 'collection'
      left join rescue_rounds l on l.item_id = r.item_id and l.fence = r.fence and l.outcome = 'lost' and l.ended_at >= ${from} and l.ended_at < ${until}
    where r.state <> 'deleted'
    group by r.owner_id, g.id having count(*) filter (where r.state = 'retrying' or l.item_id is not null) > 0`.execute(db)
  return rows.map((row) => ({ ...row, firstEnds: row.firstEnds?.toISOString() ?? null }))
}
