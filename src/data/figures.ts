/** Counts for the metrics and for readiness: of the whole installation, so every process answers the same. */
import { sql } from 'kysely'
import type { Database } from '../ports/database/port.ts'

export interface QueueFigure {
  name: string
  waiting: number
  active: number
  /** of the oldest that could run now, seconds; 0 when none could */
  ageSeconds: number
}

/** Jobs by name, those that have none now left out. Two questions, each with an index of its own: most rows are jobs that have ended. */
export async function queueFigures(db: Database): Promise<QueueFigure[]> {
  const { rows } = await sql<QueueFigure>`
    select name, sum(waiting)::int as waiting, sum(active)::int as active, max(age_seconds)::float8 as age_seconds from (
      select name, count(*) as waiting, 0 as active,
        coalesce(extract(epoch from max(now() - start_after) filter (where start_after <= now())), 0) as age_seconds
      from queue.job where state < 'active' group by name
      union all select name, 0, count(*), 0 from queue.job where state = 'active' group by name) both_states
    where name not like '\\_\\_%' group by name`.execute(db)
  return rows
}

export interface ArchiveFigures {
  /** archives that came to ready, ever */
  builds: number
  /** from the claim to the assembled file, all of them together */
  buildSeconds: number
  photos: number
  bytes: number
  /** originals that could not be read for an archive */
  unread: number
  failed: number
  /** in the last hour */
  recentPhotos: number
  recentSeconds: number
  /** bytes that passed through a worker, and requests to the store, while those archives were built */
  movedBytes: number
  storeRequests: number
}

export async function archiveFigures(db: Database): Promise<ArchiveFigures> {
  const { rows } = await sql<ArchiveFigures>`
    with built as (
      select *, greatest(0, extract(epoch from completed_at - started_at)) as seconds, completed_at > now() - interval '1 hour' as recent
      from archives where verified_at is not null)
    select count(*)::int as builds, coalesce(sum(seconds), 0)::float8 as build_seconds, coalesce(sum(image_count), 0)::bigint as photos,
      coalesce(sum(file_size_bytes), 0)::float8 as bytes,
      coalesce(sum(moved_bytes), 0)::float8 as moved_bytes, coalesce(sum(store_requests), 0)::float8 as store_requests,
      coalesce(sum(image_count) filter (where recent), 0)::int as recent_photos,
      coalesce(sum(seconds) filter (where recent), 0)::float8 as recent_seconds,
      (select coalesce(sum(missing_count), 0) from archives)::bigint as unread,
      (select count(*) from archives where status = 'failed')::int as failed
    from built`.execute(db)
  return rows[0]!
}

export interface UsageFigure {
  /** bytes of each kind; originals that lie inside an archive count as that archive */
  originals: number
  archives: number
  deliveries: number
  previews: number
}

/** What each owner's files take, by the owner's id. */
export async function usageFigures(db: Database): Promise<Map<string, UsageFigure>> {
  const { rows } = await sql<{ ownerId: string } & UsageFigure>`
    select owner_id, sum(originals)::float8 as originals, sum(archives)::float8 as archives, sum(deliveries)::float8 as deliveries,
      sum(previews)::float8 as previews
    from (
      select gallery_id, sum(size) as originals, 0 as archives, 0 as deliveries, 0 as previews from assets
        where state = 'stored' and storage_offset = 0 group by gallery_id
      union all select gallery_id, 0, coalesce(sum(file_size_bytes) filter (where purpose = 'final'), 0),
        coalesce(sum(file_size_bytes) filter (where purpose <> 'final'), 0), 0 from archives where status = 'ready' group by gallery_id
      union all select a.gallery_id, 0, 0, 0, sum(d.size) from derivatives d join assets a on a.id = d.asset_id group by a.gallery_id) parts
    join galleries g on g.id = gallery_id group by owner_id`.execute(db)
  return new Map(rows.map(({ ownerId, ...figure }) => [ownerId, figure]))
}

/** Archives and letters by status, stored bytes by kind. */
export async function stateFigures(
  db: Database,
): Promise<{ kind: 'archives' | 'letters' | 'assets' | 'galleries'; state: string; count: number; bytes: number }[]> {
  const { rows } = await sql<{ kind: 'archives' | 'letters' | 'assets' | 'galleries'; state: string; count: number; bytes: number }>`
    select 'archives' as kind, status as state, count(*)::int as count, sum(file_size_bytes)::float8 as bytes from archives group by status
    union all select 'letters', status, count(*)::int, 0 from letters group by status
    union all select 'assets', state, count(*)::int, sum(size)::float8 from assets group by state
    union all select 'galleries', state, count(*)::int, 0 from galleries group by state`.execute(db)
  return rows
}
