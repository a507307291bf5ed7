/** Galleries that read in a bucket: what every event and every new object asks is answered by an index, and each has its next look. */
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements.split(/;\s*\n/)) if (statement.trim()) await sql.raw(statement).execute(db)
}

const statements = `
-- by their bytes: what lies below a prefix is then one stretch of the index
alter table gallery_sources alter column prefix type text collate "C";
-- a look that broke off, or whose job was lost, comes again after a minute and not after an hour
alter table gallery_sources add column due_at timestamptz not null default now();
drop index gallery_sources_looked;
create index gallery_sources_due on gallery_sources (due_at);
-- the path of somebody else's object, without the ETag that it had
create index assets_foreign_path on assets (gallery_id, (left(storage_key, length(storage_key) - position('#' in reverse(storage_key)))))
  where position('#' in storage_key) > 0;
`
