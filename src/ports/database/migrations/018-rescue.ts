/** Tracks that a provider will delete: what is known of each, where its files lie there, every try to save them, and the names in which 002 read all this. */
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of [...library, ...rescues, ...views, ...functions]) await sql.raw(statement).execute(db)
}

// Tracks live in a gallery of their owner that nobody publishes: so everything that holds for items and assets holds for them.
const library = [
  "alter table galleries add column kind text not null default 'gallery' check (kind in ('gallery', 'collection'))",
  `alter table galleries add constraint galleries_collection check (
    kind = 'gallery' or (state = 'draft' and expires_at is null and published_at is null and deleted_at is null))`,
  "create unique index galleries_collection_once on galleries (owner_id) where kind = 'collection'",
  'alter table items add column artist text, add column provider text',
  'alter table assets drop constraint assets_role_check',
  "alter table assets add constraint assets_role_check check (role in ('original', 'audio', 'cover', 'video'))",
]

const rescues = [
  // due_at: when somebody may take it; while it is being fetched, when its holder counts as dead. null: nothing is to be done
  `create table rescues (
    item_id uuid primary key references items, owner_id uuid not null references users,
    provider text not null, provider_ref text not null,
    state text not null check (state in ('scheduled', 'rescuing', 'retrying', 'partial', 'rescued', 'lost', 'deleted')),
    made_at timestamptz not null, expires_at timestamptz not null, scheduled_at timestamptz not null,
    due_at timestamptz, fence integer not null default 0, rounds integer not null default 0,
    seconds double precision, error_code text, error_detail text,
    is_public boolean not null default false, told integer not null default 0,
    created_at timestamptz not null, archived_at timestamptz,
    unique (owner_id, provider, provider_ref), check (state <> 'rescuing' or due_at is not null))`,
  'create index rescues_due on rescues (expires_at, item_id) where due_at is not null',
  'create index rescues_wake on rescues (due_at) where due_at is not null',
  "create index rescues_page on rescues (owner_id, created_at desc, item_id desc) where state <> 'deleted'",
  "create index rescues_deadline on rescues (owner_id, expires_at, item_id) where state <> 'deleted'",
  "create index rescues_danger on rescues (owner_id, expires_at) where state in ('scheduled', 'rescuing', 'retrying', 'lost') and told < 5",
  // an asset of another track of the library when its bytes are the same
  `create table remote_media (
    item_id uuid not null references rescues, role text not null check (role in ('audio', 'cover', 'video')), url text not null,
    state text not null check (state in ('waiting', 'stored', 'lost')), asset_id uuid references assets,
    tries integer not null default 0, tried_at timestamptz, error_code text, error_detail text,
    primary key (item_id, role), check ((state = 'stored') = (asset_id is not null)))`,
  'create index remote_media_asset on remote_media (asset_id) where asset_id is not null',
  `create table rescue_rounds (
    id uuid primary key, item_id uuid not null references rescues, fence integer not null, started_at timestamptz not null, ended_at timestamptz,
    outcome text check (outcome in ('rescued', 'partial', 'failed', 'lost', 'broken_off')), error_code text, error_detail text,
    audio_url text, cover_url text, video_url text, unique (item_id, fence))`,
]

const url = (role: string) => `max(m.url) filter (where m.role = '${role}')`
const stored = (role: string) => `max('/media/' || m.asset_id) filter (where m.role = '${role}')`

const views = [
  `create view tracks as
  select r.item_id as id, r.owner_id as user_id, i.title, 'completed'::text as status,
    m.audio_url, m.cover_url, m.video_url, r.archived_at is not null as archived_to_storage,
    m.storage_audio_url, m.storage_cover_url, m.storage_video_url,
    r.scheduled_at as archive_scheduled_at, r.archived_at, r.made_at as created_at, i.artist, r.provider, r.provider_ref, r.expires_at, r.state
  from rescues r join items i on i.id = r.item_id cross join lateral (
    select ${url('audio')} as audio_url, ${url('cover')} as cover_url, ${url('video')} as video_url,
      ${stored('audio')} as storage_audio_url, ${stored('cover')} as storage_cover_url, ${stored('video')} as storage_video_url
    from remote_media m where m.item_id = r.item_id) m
  where r.state <> 'deleted'`,
  // one row a try, and one for each track that waits for its next
  `create view track_archiving_jobs as
  select j.id, j.item_id as track_id, t.user_id,
    case when j.outcome is null then 'processing' when j.outcome in ('rescued', 'partial') then 'completed' else 'failed' end as status,
    j.audio_url as original_audio_url, j.cover_url as original_cover_url, j.video_url as original_video_url,
    case when j.outcome in ('rescued', 'partial') then t.storage_audio_url end as storage_audio_url,
    case when j.outcome in ('rescued', 'partial') then t.storage_cover_url end as storage_cover_url,
    case when j.outcome in ('rescued', 'partial') then t.storage_video_url end as storage_video_url,
    j.started_at, j.ended_at as completed_at, coalesce(j.error_detail, j.error_code) as error_message,
    jsonb_build_object('fence', j.fence, 'outcome', j.outcome, 'error_code', j.error_code) as metadata
  from rescue_rounds j join tracks t on t.id = j.item_id
  union all
  select t.id, t.id, t.user_id, 'pending', t.audio_url, t.cover_url, t.video_url, null, null, null, null, null, null,
    jsonb_build_object('scheduled_at', t.archive_scheduled_at)
  from tracks t where t.state in ('scheduled', 'retrying')`,
  // a plain view: what it says is true at the moment it is read; what has expired is not urgent any more
  `create view archive_statistics as
  select count(*) filter (where archived_at is not null) as total_archived,
    count(*) filter (where archived_at is null and state <> 'lost' and expires_at > now()) as pending_archive,
    count(*) filter (where archived_at is null and state <> 'lost' and expires_at > now() and expires_at <= now() + interval '2 days') as urgent_archive_needed,
    count(*) filter (where archived_at is null and (state = 'lost' or expires_at <= now())) as expired_tracks,
    case when count(*) = 0 then 100.0 else round(100.0 * count(*) filter (where archived_at is not null) / count(*), 1) end as archive_percentage
  from rescues where state <> 'deleted'`,
]

const functions = [
  // what has expired never fills the list
  `create function get_tracks_needing_archiving(n integer default 50) returns table (
    track_id uuid, title text, user_id uuid, audio_url text, cover_url text, video_url text, created_at timestamptz, days_until_expiry double precision)
  language sql stable as $$
    select t.id, t.title, t.user_id, t.audio_url, t.cover_url, t.video_url, t.created_at, extract(epoch from t.expires_at - now())::double precision / 86400
    from tracks t join rescues r on r.item_id = t.id
    where r.due_at <= now() and r.archived_at is null and r.expires_at > now() order by r.expires_at, r.item_id limit n
  $$`,
  // A track counts as archived when its bytes are here and proven: this names the place to fetch them from, and lets it be done at once.
  `create function mark_track_archived(track uuid, audio text, cover text default null, video text default null) returns boolean language plpgsql as $$
  begin
    perform 1 from rescues where item_id = track and state not in ('deleted', 'rescuing', 'rescued') for update;
    if not found then return false; end if;
    insert into remote_media (item_id, role, url, state)
      select track, given.role, given.url, 'waiting' from (values ('audio', audio), ('cover', cover), ('video', video)) as given (role, url)
      where given.url is not null
      on conflict (item_id, role) do update set url = excluded.url, state = 'waiting', error_code = null, error_detail = null
      where remote_media.state <> 'stored';
    update rescues set due_at = now(), state = case when archived_at is null then 'retrying' else state end where item_id = track;
    return true;
  end $$`,
  'revoke execute on function mark_track_archived(uuid, text, text, text) from public',
]
