/** Feedback: likes and ratings beside favourites, comments, who guests say they are, what the photographer hides or switches off. */
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements.split(/;\s*\n/)) if (statement.trim()) await sql.raw(statement).execute(db)
}

const statements = `
alter table galleries add column feedback_enabled boolean not null default true;
-- who somebody is stands once, so that a name is changed or forgotten once: nothing was ever written into these two
alter table feedback drop column guest_name, drop column guest_email;
-- of clients gallery_clients knows it, of the photographer users
create table feedback_guests (
  gallery_id uuid not null references galleries, guest_identifier text not null,
  name text, email text, created_at timestamptz not null,
  primary key (gallery_id, guest_identifier),
  check (name is not null or email is not null), check (char_length(name) between 1 and 100), check (char_length(email) <= 254));
-- updated_at is null while it stands as it was first said
alter table feedback add column updated_at timestamptz, add column hidden_at timestamptz,
  add check (char_length(comment) between 1 and 2000);
-- one like, one rating and one favourite of a guest for each item
drop index feedback_favorite;
create unique index feedback_once on feedback (item_id, guest_identifier, kind) where kind <> 'comment';
-- the comments on one item; how many a gallery has
create index feedback_comments on feedback (gallery_id, item_id, created_at, id) where kind = 'comment';
-- pages of the photographer, and all of a gallery in the order it was said
create index feedback_gallery on feedback (gallery_id, created_at, id);
`
