/** Questions about archived galleries and the archives they have become: the Archives page. */
import { type RawBuilder, sql } from 'kysely'
import type { Database } from '../ports/database/port.ts'

export interface Archived {
  galleryId: string
  ownerId: string
  slug: string
  title: string
  eventType: string | null
  eventDate: string | null
  archivedAt: Date
  archiveId: string
  photos: number
  bytes: number
  checksum: string
  storageKey: string
  /** when the stored file was proven last */
  provenAt: Date
}

export type ArchivedSort = 'archived_at' | 'title' | 'size' | 'event_date'

/** Whose; null: everybody's. */
export interface Wanted {
  ownerId: string | null
  search?: string | undefined
  /** how their kind begins, in capitals or not */
  kind?: string | undefined
}

const keys: Record<ArchivedSort, RawBuilder<unknown>> = {
  archived_at: sql`g.archived_at`,
  title: sql`lower(g.title)`,
  size: sql`g.final_bytes`,
  event_date: sql`coalesce(g.event_date, date '0001-01-01')`,
}
const types = { archived_at: 'timestamptz', title: 'text', size: 'bigint', event_date: 'date' } as const

const among = ({ ownerId, search, kind }: Wanted) => sql`
  from galleries g
  where g.state = 'archived' and (${ownerId}::uuid is null or g.owner_id = ${ownerId}::uuid)
    and (${search ?? null}::text is null or g.title_lower like lower(${`%${(search ?? '').replace(/[\\%_]/g, '\\$&')}%`}))
    ${kind ? sql`and starts_with(lower(g.event_type), lower(${kind}::text))` : sql``}`

/** A page; `after` is what the row before it answered as `mark`, with its gallery's id. */
export async function listArchived(
  db: Database,
  wanted: Wanted,
  page: { sort: ArchivedSort; descending: boolean; limit: number; after?: { mark: string; id: string } | undefined },
): Promise<(Archived & { mark: string })[]> {
  const key = keys[page.sort]
  const [than, order] = page.descending ? [sql`<`, sql`desc`] : [sql`>`, sql`asc`]
  const from = page.after
    ? sql`and (${key}, g.id) ${than} (${page.after.mark}::${sql.raw(types[page.sort])}, ${page.after.id}::uuid)`
    : sql``
  // its archives are looked at when the page is known
  const { rows } = await sql<Archived & { mark: string }>`
    select g.id as gallery_id, g.owner_id, g.slug, g.title, g.event_type, g.event_date::text as event_date, g.archived_at, a.id as archive_id,
      g.final_photos as photos, g.final_bytes as bytes, a.checksum, a.storage_key, g.key::text as mark,
      (select max(verified_at) from archive_proofs where archive_id = a.id) as proven_at
    from (select g.*, ${key} as key ${among(wanted)} ${from} order by ${key} ${order}, g.id ${order} limit ${page.limit}) g
    join archives a on a.id = g.final_archive_id order by g.key ${order}, g.id ${order}`.execute(db)
  return rows
}

export async function countArchived(db: Database, wanted: Wanted): Promise<{ galleries: number; photos: number; bytes: number }> {
  const { rows } = await sql<{ galleries: number; photos: number; bytes: number }>`
    select count(*)::int as galleries, coalesce(sum(g.final_photos), 0)::bigint as photos,
      coalesce(sum(g.final_bytes), 0)::bigint as bytes ${among(wanted)}`.execute(db)
  return rows[0]!
}
