/** What guests get of a photo: the largest size they may take home, and the owner's mark in what they look at. */
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements.split(/;\s*\n/)) if (statement.trim()) await sql.raw(statement).execute(db)
}

const statements = `
create table watermarks (
  owner_id uuid primary key references users,
  -- another one with every change: it names what a picture bears
  id uuid not null,
  -- PNG of at most 1200 px
  image bytea not null, width integer not null, height integer not null,
  -- what it says, when it was written and not uploaded
  text text check (length(text) between 1 and 100),
  position text not null check (position in ('centre', 'top_left', 'top_right', 'bottom_left', 'bottom_right', 'tiled')),
  opacity real not null check (opacity between 0.05 and 1), scale real not null check (scale between 0.05 and 1)
);
alter table galleries add column download_size text not null default 'original' check (download_size in ('original', 'screen')),
  add column watermark text not null default 'off' check (watermark in ('off', 'view', 'downloads')),
  -- some of its pictures do not bear the mark yet
  add column marking boolean not null default false;
create index galleries_marking on galleries (id) where marking;
create index galleries_marked on galleries (owner_id, id) where watermark <> 'off';
alter table derivatives drop constraint derivatives_kind_check, add column mark uuid;
alter table derivatives add constraint derivatives_kind_check check (kind in ('preview', 'medium', 'thumbnail', 'marked_preview', 'marked_medium')),
  add constraint derivatives_mark_check check ((mark is not null) = (kind in ('marked_preview', 'marked_medium')))
`
