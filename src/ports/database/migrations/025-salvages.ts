/** Salvaging a gallery reads all of its photos, so a job does it; who asked looks here how far it is and what became of it. */
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements.split(/;\s*\n/)) if (statement.trim()) await sql.raw(statement).execute(db)
}

// one row a gallery: what was asked last
const statements = `
create table salvages (
  gallery_id uuid primary key references galleries, fence int not null, status text not null check (status in ('queued', 'processing', 'done', 'failed')),
  archive_id uuid references archives, expires_at timestamptz, dry_run boolean not null, asked_by uuid, asked_at timestamptz not null,
  started_at timestamptz, read_bytes bigint not null, all_bytes bigint, eta_seconds integer,
  error_code text, found jsonb, check (status <> 'done' or found is not null), check (status <> 'failed' or error_code is not null));
create index salvages_open on salvages (gallery_id) where status in ('queued', 'processing');
create index salvages_archive on salvages (archive_id) where archive_id is not null;
`
