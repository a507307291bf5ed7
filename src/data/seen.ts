/** The store's own list beside the tables: which objects no row names, and which rows have no bytes. One pass over each, whatever their number. */
import { sql } from 'kysely'
import type { Database } from '../ports/database/port.ts'

/** A row whose object is not there, or not as long as it should be. */
export interface Suspect {
  kind: 'original' | 'archive' | 'preview'
  /** of the asset or archive */
  id: string
  galleryId: string
  slug: string
  name: string
  key: string
  offset: number
  size: number
  /** in the store; null: no such object */
  found: number | null
}

export interface Seen {
  /** Notes what the store has listed. */
  add(objects: { key: string; size: number }[]): Promise<void>
  /** Rows whose bytes are not there as they should be. */
  missing(): Promise<Suspect[]>
  /** Originals that were noted as missing, and something of their length lies where they should be. */
  back(): Promise<Suspect[]>
}

/** Notes stand in a temporary table of one connection, and go with it. */
export async function withSeen<T>(db: Database, use: (seen: Seen) => Promise<T>): Promise<T> {
  return db.connection().execute(async (one) => {
    await sql`create temporary table seen (key text primary key, size bigint not null)`.execute(one)
    try {
      return await use(questions(one))
    } finally {
      await sql`drop table if exists seen`.execute(one)
    }
  })
}

const questions = (db: Database): Seen => ({
  async add(objects) {
    await sql`insert into seen select * from unnest(${objects.map((o) => o.key)}::text[], ${objects.map((o) => o.size)}::bigint[])
      on conflict do nothing`.execute(db)
  },
  async missing() {
    const { rows } = await sql<Suspect>`
      select 'original' as kind, a.id, a.gallery_id, g.slug, a.original_name as name, a.storage_key as key, a.storage_offset as "offset", a.size, s.size as found
      from assets a join galleries g on g.id = a.gallery_id left join seen s on s.key = a.storage_key
      where a.state = 'stored' and position('#' in a.storage_key) = 0
        and not coalesce(case when a.storage_offset = 0 then s.size = a.size else s.size >= a.storage_offset + a.size end, false)
      union all
      select 'archive', r.id, r.gallery_id, g.slug, r.purpose || ' ' || r.version, r.storage_key, 0, r.file_size_bytes, s.size
      from archives r join galleries g on g.id = r.gallery_id left join seen s on s.key = r.storage_key
      where r.status = 'ready' and s.size is distinct from r.file_size_bytes
      union all
      select 'preview', a.id, a.gallery_id, g.slug, a.original_name, d.storage_key, 0, d.size, s.size
      from derivatives d join assets a on a.id = d.asset_id join galleries g on g.id = a.gallery_id left join seen s on s.key = d.storage_key
      where a.state <> 'deleted' and s.size is distinct from d.size
      order by 4, 1, 5`.execute(db)
    return rows
  },
  async back() {
    const { rows } = await sql<Suspect>`
      select 'original' as kind, a.id, a.gallery_id, g.slug, a.original_name as name, a.storage_key as key, a.storage_offset as "offset", a.size, s.size as found
      from assets a join galleries g on g.id = a.gallery_id join seen s on s.key = a.storage_key
      where a.state = 'missing' and case when a.storage_offset = 0 then s.size = a.size else s.size >= a.storage_offset + a.size end
      order by 4, 5`.execute(db)
    return rows
  },
})
