/** Exports: who asked for which archives, favourites of guests, and what is known of previews before they are packed. */
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements.split(/;\s*\n/)) if (statement.trim()) await sql.raw(statement).execute(db)
}

const statements = `
-- null: rendered before these were taken; the reconciler takes them
alter table derivatives add column crc32 bigint, add column sha256 bytea;
create index derivatives_unproven on derivatives (asset_id) where crc32 is null and kind = 'preview';
-- the preview that is packed in place of the original
alter table archive_entries add column preview_key text;
-- exports do not use up the numbers of the versions that clients see
alter table archives drop constraint archives_gallery_id_version_key;
alter table archives add constraint archives_version unique (gallery_id, purpose, version);
create index archives_cancelling on archives (created_at) where status = 'cancelling';

-- 000 asks for the versions of a gallery: selections are none
do $do$ begin
  execute 'create or replace view gallery_archives as ' || rtrim(pg_get_viewdef('gallery_archives'), '; ') || ' and a.purpose = ''delivery''' ; end
$do$;

create table exports (
  id uuid primary key, gallery_id uuid not null references galleries, requester text not null,
  status text not null check (status in ('open', 'ready', 'failed', 'cancelling', 'cancelled', 'expired')),
  notify text, locale text not null check (locale in ('en', 'de', 'ru')),
  created_at timestamptz not null, ready_at timestamptz, expires_at timestamptz, ended_at timestamptz);
create index exports_gallery on exports (gallery_id, created_at desc, id desc);
create index exports_due on exports (expires_at) where status = 'ready';
create index exports_ended on exports (ended_at) where ended_at is not null;
create table export_parts (
  export_id uuid not null references exports on delete cascade, part integer not null check (part > 0),
  archive_id uuid not null references archives, primary key (export_id, part));
create index export_parts_archive on export_parts (archive_id);
alter table letters add column export_id uuid references exports;

create table feedback (
  id uuid primary key, gallery_id uuid not null references galleries, item_id uuid not null references items,
  kind text not null check (kind in ('like', 'rating', 'comment', 'favorite')),
  rating integer check (rating between 1 and 5), comment text,
  guest_name text, guest_email text, guest_identifier text not null, created_at timestamptz not null,
  check ((kind = 'rating') = (rating is not null)), check ((kind = 'comment') = (comment is not null)));
create unique index feedback_favorite on feedback (item_id, guest_identifier) where kind = 'favorite';
create index feedback_guest on feedback (gallery_id, guest_identifier);
`
