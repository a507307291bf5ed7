/** An index for each order of a page of tracks; what the clean-up has dealt with, or has nothing to do with yet, is not looked at. */
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements.split(/;\s*\n/)) if (statement.trim()) await sql.raw(statement).execute(db)
}

const statements = `
-- by urgency: what is here or lost stands behind all the others. Without a time zone, or the sum would not be immutable
drop index rescues_deadline;
create index rescues_urgency on rescues (owner_id, (case when archived_at is null and state <> 'lost'
  then expires_at at time zone 'UTC' else expires_at at time zone 'UTC' + interval '1000 years' end), item_id) where state <> 'deleted';
-- by title; and a search reads all titles of one library here, not those of everybody's photos
create index items_tracks on items (gallery_id, lower(title), id) include (title, artist) where kind = 'track';

-- a selection that ended and whose entries were forgotten: its row stays for ever, as proof of what was handed out
alter table archives add column entries_gone boolean not null default false;
drop index archives_ended_selections;
create index archives_ended_selections on archives (coalesce(progress_at, created_at))
  where purpose = 'selection' and status in ('failed', 'cancelled', 'expired') and not entries_gone;
-- an export that ended, and that stays because a letter was written about it
alter table exports add column kept boolean not null default false;
drop index exports_ended;
create index exports_ended on exports (ended_at) where ended_at is not null and not kept;
-- every minute: archives whose time is over. As one expression, so that PostgreSQL knows that hardly any are: of the two columns it
-- knows that many are ready and that many had their time, and reads all that are ready
drop index archives_retained;
create index archives_retained on archives ((case when status = 'ready' then retained_until end));
`
