/** Letters about no gallery, and the view in which 003 wanted to read exports. */
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of [accountLetters, exportsView]) await sql.raw(statement).execute(db)
}

// an account, or the installation: whose letter it is stands in owner_id
const accountLetters = 'alter table letters alter column gallery_id drop not null'

// One row an export, its files summed. 003 has the address of the file in its row; ours is signed anew when it is asked for, so it is null.
const exportsView = `
create view album_exports as
select e.id, e.gallery_id as album_id,
  case when e.status <> 'open' then e.status when p.begun then 'processing' else 'queued' end as status,
  p.object_key, p.photo_ids, p.total_photos, p.processed_photos, p.total_bytes, p.processed_bytes, p.eta_seconds, p.checksum, p.error,
  null::text as download_url, e.expires_at, p.started_at, e.ready_at as completed_at, e.created_at
from exports e cross join lateral (
  select bool_or(a.status <> 'queued') as begun,
    case when count(*) = 1 then min(a.storage_key) end as object_key,
    case when count(*) = 1 then min(a.checksum) filter (where a.status = 'ready') end as checksum,
    (select jsonb_agg(distinct s.item_id) from export_parts q join archive_entries n on n.archive_id = q.archive_id
      join assets s on s.id = n.asset_id where q.export_id = e.id) as photo_ids,
    sum(a.image_count)::int as total_photos, sum(a.processed_photos)::int as processed_photos, sum(a.file_size_bytes)::bigint as total_bytes,
    sum(case a.status when 'ready' then a.file_size_bytes else a.processed_bytes end)::bigint as processed_bytes,
    sum(a.eta_seconds)::int as eta_seconds, min(a.error_message) as error, min(a.started_at) as started_at
  from export_parts x join archives a on a.id = x.archive_id where x.export_id = e.id) p`
