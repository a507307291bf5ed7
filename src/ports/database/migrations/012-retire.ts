/** Galleries become their final archive: originals that lie inside a ZIP, proofs of archives, and keys that wait for their end. */
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements.split(/;\s*\n/)) if (statement.trim()) await sql.raw(statement).execute(db)
}

// A key is purged only with a proof: the archive was read back, and every entry had the SHA-256 of its upload.
const statements = `
alter table assets add column storage_offset bigint not null default 0 check (storage_offset >= 0);
drop index assets_key_once;
create unique index assets_key_once on assets (storage_key, storage_offset) where position('#' in storage_key) = 0;
create index assets_inside on assets (gallery_id, id) where storage_offset > 0 and state <> 'deleted';
alter table galleries add column archived_at timestamptz;
alter table galleries add column final_archive_id uuid references archives;
alter table galleries add column archive_error text;
alter table galleries add constraint galleries_archived check (state <> 'archived' or (archived_at is not null and final_archive_id is not null));
alter table galleries add column hydrating boolean not null default false;
create index galleries_hydrating on galleries (id) where hydrating;
create index galleries_final on galleries (final_archive_id) where final_archive_id is not null;
create index galleries_expired on galleries (expires_at) where state = 'expired';
create index galleries_archives on galleries (owner_id, archived_at desc, id desc) where state = 'archived';
create table archive_proofs (
  id uuid primary key, archive_id uuid not null references archives, checksum text not null, verified_at timestamptz not null);
create index archive_proofs_archive on archive_proofs (archive_id, verified_at desc);
alter table assets add column scrubbed_at timestamptz;
create index assets_unread on assets (coalesce(scrubbed_at, created_at)) where state = 'stored' and storage_offset = 0;
alter table archives add column scrubbed_at timestamptz;
create index archives_unread on archives (coalesce(scrubbed_at, verified_at)) where status = 'ready';
create table purges (
  key text primary key check (position('#' in key) = 0), asset_id uuid not null references assets, gallery_id uuid not null references galleries,
  proof_id uuid not null references archive_proofs, not_before timestamptz not null);
create index purges_asset on purges (asset_id);
create index purges_gallery on purges (gallery_id);
create index purges_due on purges (not_before);
create index purges_proof on purges (proof_id);
`
