/** When a gallery's end is spoken of next, pages that people may write themselves, what has happened, and what its owner is told in the studio. */
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of [...reminders, ...tables]) await sql.raw(statement).execute(db)
}

const reminders = [
  // 'epoch': nobody has looked since the date was set. The database sees to that, so that no way of moving a date forgets it
  'alter table galleries add column remind_at timestamptz',
  `create function galleries_rearm() returns trigger language plpgsql as $$ begin
    new.remind_at := case when new.expires_at is not null then timestamptz 'epoch' end;
    return new;
  end $$`,
  'create trigger galleries_arm before insert on galleries for each row execute function galleries_rearm()',
  `create trigger galleries_rearm before update of expires_at on galleries for each row
    when (new.expires_at is distinct from old.expires_at) execute function galleries_rearm()`,
  "update galleries set remind_at = timestamptz 'epoch' where expires_at is not null and state in ('draft', 'active')",
  "create index galleries_reminding on galleries (remind_at) where state = 'active' and remind_at is not null",
]

const tables = [
  `create table pages (
    name text not null check (name in ('gallery-not-found', 'gallery-expired')), locale text not null check (locale in ('en', 'de', 'ru')),
    markdown text not null, updated_by uuid references users on delete set null, updated_at timestamptz not null,
    primary key (name, locale))`,
  // of no gallery and no owner by reference: what has happened stays, also when they are gone
  `create table activity (
    id uuid primary key, at timestamptz not null, actor text not null, action text not null,
    gallery_id uuid not null, owner_id uuid not null, subject text, facts jsonb not null default '{}')`,
  'create index activity_gallery on activity (gallery_id, at desc, id desc)',
  'create index activity_owner on activity (owner_id, at desc, id desc)',
  'create index activity_at on activity (at desc, id desc)',
  `create function activity_stands() returns trigger language plpgsql as $$ begin
    raise exception 'what has happened is only ever added to';
  end $$`,
  'create trigger activity_stands before update or delete or truncate on activity for each statement execute function activity_stands()',
  `create table notifications (
    id uuid primary key, user_id uuid not null references users on delete cascade, kind text not null,
    gallery_id uuid not null references galleries on delete cascade, facts jsonb not null default '{}',
    created_at timestamptz not null, read_at timestamptz)`,
  'create index notifications_user on notifications (user_id, created_at desc, id desc)',
  'create index notifications_unread on notifications (user_id) where read_at is null',
  'create index notifications_gallery on notifications (gallery_id)',
]
