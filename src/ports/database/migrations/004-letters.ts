/** Letters that wait for their hour, addresses that get none, and the views in which 000 wanted to read archives and their jobs. */
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of [...tables, deliveryView, ...jobsView]) await sql.raw(statement).execute(db)
}

const tables = [
  'alter table galleries add column notify_new_versions boolean not null default false',
  // facts: what the words need and no other row says; due_at: not before
  "alter table letters add column facts jsonb not null default '{}', add column due_at timestamptz",
  'alter table letters drop constraint letters_status_check',
  "alter table letters add constraint letters_status_check check (status in ('queued', 'sent', 'kept', 'failed', 'suppressed'))",
  'create index letters_archive on letters (archive_id, created_at)',
  // of one owner: what one owner's clients do says nothing to another; gallery_id only of an unsubscription
  `create table suppressions (
    id uuid primary key, owner_id uuid not null references users on delete cascade, address text not null check (address = lower(address)),
    reason text not null check (reason in ('bounce', 'complaint', 'unsubscribe')),
    gallery_id uuid references galleries, detail text, since timestamptz not null,
    unique nulls not distinct (owner_id, address, gallery_id), check ((reason = 'unsubscribe') = (gallery_id is not null)))`,
  // events of a mail service that were taken, so that one that comes again changes nothing
  'create table mail_events (id text primary key, received_at timestamptz not null)',
  'create index mail_events_age on mail_events (received_at)',
]

// In 000 a row goes with its file, so what is deleted is not shown.
const deliveryView = `
create view gallery_archives as
select a.id, a.gallery_id, a.version, a.images_hash, a.storage_key as storage_path, a.file_size_bytes, a.checksum, a.image_count,
  case a.status when 'queued' then 'pending' when 'ready' then 'completed'
    when 'failed' then 'failed' when 'cancelled' then 'failed' else 'processing' end as status,
  a.error_message, m.sent_at is not null as email_sent, m.sent_at as email_sent_at, m.recipients as email_recipient,
  a.created_at, a.completed_at, a.retained_until as expires_at
from archives a left join lateral (
  select min(l.sent_at) as sent_at, string_agg(distinct l.recipient, ', ') as recipients
  from letters l where l.archive_id = a.id and l.status = 'sent' and l.link_id is not null) m on true
where a.status not in ('deleted', 'expired')`

// The queue makes its tables after this has run, and may change them: the body of a function is read when it is called.
// Which process holds a job the queue does not note, so locked_by is always null.
const jobsView = [
  `create function archive_jobs_now() returns table (
    id uuid, gallery_id uuid, archive_id uuid, status text, priority integer, attempts integer, max_attempts integer,
    last_error text, run_at timestamptz, locked_by text, locked_at timestamptz)
  language plpgsql stable as $$ begin return query
    select j.id, a.gallery_id, a.id,
      case j.state::text when 'active' then 'processing' when 'completed' then 'completed'
        when 'failed' then 'failed' when 'cancelled' then 'failed' else 'pending' end,
      j.priority, j.retry_count + (j.started_on is not null and j.state::text <> 'retry')::integer, j.retry_limit + 1,
      coalesce(j.output ->> 'message', j.output -> 'value' ->> 'message'), j.start_after, null::text,
      case when j.state::text = 'active' then j.started_on end
    from queue.job j join archives a on a.id = (j.data ->> 'archiveId')::uuid
    where j.name in ('archive.build', 'archive.verify');
  end $$`,
  'create view archive_jobs as select * from archive_jobs_now()',
]
