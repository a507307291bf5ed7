/** Galleries whose photos lie in our bucket under a prefix of somebody else's, and are read there. */
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements.split(/;\s*\n/)) if (statement.trim()) await sql.raw(statement).execute(db)
}

// What was looked at once and became no asset under its own key is noted, with its ETag: it is not read again every hour.
// An object that is replaced and comes back is the same key twice: of those only the living assets are unique.
const statements = `
create table gallery_sources (
  gallery_id uuid primary key references galleries, prefix text not null, copy boolean not null, publish boolean not null default false,
  seen integer not null default 0, seen_bytes bigint not null default 0, done integer not null default 0, done_bytes bigint not null default 0,
  state text not null check (state in ('waiting', 'reading', 'read', 'failed')), error text,
  created_at timestamptz not null, looked_at timestamptz, finished_at timestamptz);
create unique index gallery_sources_prefix on gallery_sources (prefix);
create index gallery_sources_looked on gallery_sources (looked_at nulls first);
create table source_notes (
  gallery_id uuid not null references galleries, key text not null,
  outcome text not null check (outcome in ('copied', 'duplicate', 'skipped')), reason text, primary key (gallery_id, key));
alter table assets drop constraint assets_storage_key_key;
create index assets_key on assets (storage_key);
create unique index assets_key_once on assets (storage_key) where position('#' in storage_key) = 0;
create unique index assets_foreign_once on assets (gallery_id, storage_key) where position('#' in storage_key) > 0 and state <> 'deleted';
alter table garbage add constraint garbage_is_ours check (position('#' in key) = 0);
`
