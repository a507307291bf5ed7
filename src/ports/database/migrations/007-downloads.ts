/** Proof of delivery: who has received which bytes of which archive, and what of it the photographer has been told. */
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements.split(/;\s*\n/)) if (statement.trim()) await sql.raw(statement).execute(db)
}

// One row for each reader and content: a download that goes on with another version of the same bytes is the same download.
// `answers` are the last answers, some of whose bytes may still have been under way when their line ended.
const statements = `
create table downloads (
  id uuid primary key, gallery_id uuid not null references galleries, archive_id uuid not null references archives,
  plan_hash text not null, size bigint not null, reader text not null,
  link_id uuid references links on delete set null, client_id uuid references gallery_clients on delete set null,
  user_id uuid references users on delete set null,
  received int8multirange not null default '{}', answers jsonb not null default '[]', received_bytes bigint not null default 0,
  bytes bigint not null default 0, count integer not null default 0, agent text not null,
  first_at timestamptz not null, last_at timestamptz not null, complete_at timestamptz, handed_at timestamptz,
  told_in uuid references letters on delete set null,
  unique (reader, plan_hash));
create index downloads_gallery on downloads (gallery_id);
create index downloads_untold on downloads (complete_at) where told_in is null and user_id is null;
alter table archives add column download_count integer not null default 0, add column last_downloaded_at timestamptz;
alter table users add column digest boolean not null default true;
`
