/** Clients have a permission and an end; links point at one file, open a gallery's page, and remember when they were first used. */
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements.split(/;\s*\n/)) if (statement.trim()) await sql.raw(statement).execute(db)
}

const statements = `
alter table galleries add column is_public boolean not null default true;
alter table gallery_clients
  add column permission text not null default 'download' check (permission in ('view', 'download')),
  add column access_expires_at timestamptz;
alter table links
  add column asset_id uuid references assets,
  add column permission text check (permission in ('view', 'download')),
  add column max_uses integer check (max_uses > 0),
  add column used_count integer not null default 0,
  add column first_used_at timestamptz,
  add column last_used_at timestamptz,
  add check (max_uses is null or used_count <= max_uses);
create index links_archive on links (archive_id) where archive_id is not null;
create index links_client on links (client_id) where client_id is not null;
create index links_expired on links (expires_at);
-- a letter is kept longer than the link it brought
alter table letters drop constraint letters_link_id_fkey,
  add constraint letters_link_id_fkey foreign key (link_id) references links on delete set null;
create index letters_link on letters (link_id) where link_id is not null;
`
