/** The lists of galleries and of archives with a hundred thousand rows: what is counted and sorted by stands at the gallery, and in an index. */
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}

const statements = [
  'alter table galleries add column final_photos integer, add column final_bytes bigint',
  // the database sees to that, so that no way of archiving forgets it; what an archive holds never changes
  `create function galleries_final() returns trigger language plpgsql as $$ begin
    select image_count, file_size_bytes into new.final_photos, new.final_bytes from archives where id = new.final_archive_id;
    return new;
  end $$`,
  `update galleries g set final_photos = a.image_count, final_bytes = a.file_size_bytes from archives a where a.id = g.final_archive_id`,
  `create trigger galleries_final before insert or update of final_archive_id on galleries for each row execute function galleries_final()`,
  // of everybody, for an admin; an owner’s newest have galleries_archives
  `create index galleries_archived on galleries (archived_at, id) where state = 'archived'`,
  `create index galleries_archived_title on galleries (lower(title), id) where state = 'archived'`,
  `create index galleries_archived_size on galleries (final_bytes, id) where state = 'archived'`,
  `create index galleries_archived_event on galleries ((coalesce(event_date, date '0001-01-01')), id) where state = 'archived'`,
  `create index galleries_archived_sums on galleries (owner_id) include (final_photos, final_bytes, title_lower) where state = 'archived'`,
  // how many there are in each state, beside every page of galleries
  `create index galleries_counts on galleries (owner_id) include (state, expires_at, title_lower) where kind = 'gallery' and state <> 'deleted'`,
]
