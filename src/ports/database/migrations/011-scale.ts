/** For tables of 100 million rows: indexes for what is asked every minute, on every page or by a foreign key; letters know their owner. */
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements.split(/;\s*\n/)) if (statement.trim()) await sql.raw(statement).execute(db)
}

const statements = `
-- every minute: galleries whose date has passed
create index galleries_expiring on galleries (expires_at) where state = 'active';
-- every night: deleted galleries whose month is over
create index galleries_deleted on galleries (deleted_at) where state = 'deleted';
-- counts and walks ask for living files only: of a cleared gallery nothing is left in here; by size, for every upload asks whether
-- the gallery has a file as long as this one
drop index assets_gallery;
create index assets_gallery on assets (gallery_id, size) where state <> 'deleted';
-- every minute: archives whose time is over
create index archives_retained on archives (retained_until) where status = 'ready';
-- every minute: selections that ended and still have entries
create index archives_ended_selections on archives (coalesce(progress_at, created_at))
  where purpose = 'selection' and status in ('failed', 'cancelled', 'expired');
-- a link to one file is asked for by that file, also in a gallery with many thousands of them
create index links_asset on links (asset_id) where asset_id is not null;
-- each link, client and letter that goes is looked for in downloads
create index downloads_link on downloads (link_id) where link_id is not null;
create index downloads_client on downloads (client_id) where client_id is not null;
create index downloads_told on downloads (told_in) where told_in is not null;
-- each export that is forgotten is looked for in letters
create index letters_export on letters (export_id) where export_id is not null;
-- what this asker has open or ready already
create index exports_requester on exports (requester) where status in ('open', 'ready');
-- a page of one owner's outbox: through their galleries it would be sorted out of all their letters, or looked for in everybody's
alter table letters add column owner_id uuid references users;
update letters set owner_id = (select owner_id from galleries where galleries.id = letters.gallery_id);
alter table letters alter column owner_id set not null;
create index letters_owner on letters (owner_id, created_at desc, id desc);
-- uploads nobody went on with, password guesses of yesterday
create index uploads_touched on uploads (touched_at);
create index throttles_touched on throttles (touched_at);
`
