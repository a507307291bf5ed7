/** The first tables: accounts, galleries with their files, archives with their entries, links, letters, garbage. */
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements.split(/;\s*\n/)) if (statement.trim()) await sql.raw(statement).execute(db)
}

const statements = `
create table settings (key text primary key, value jsonb not null);

create table users (
  id uuid primary key, name text not null, email text not null unique, email_verified boolean not null default false, image text,
  role text not null check (role in ('admin', 'owner')),
  created_at timestamptz not null default now(), updated_at timestamptz not null default now());
create table sessions (
  id uuid primary key, user_id uuid not null references users on delete cascade, token text not null unique,
  expires_at timestamptz not null, ip_address text, user_agent text,
  created_at timestamptz not null default now(), updated_at timestamptz not null default now());
create index sessions_user on sessions (user_id);
create table accounts (
  id uuid primary key, user_id uuid not null references users on delete cascade, account_id text not null, provider_id text not null,
  password text, access_token text, refresh_token text, id_token text, access_token_expires_at timestamptz,
  refresh_token_expires_at timestamptz, scope text,
  created_at timestamptz not null default now(), updated_at timestamptz not null default now());
create index accounts_user on accounts (user_id);
create table verifications (
  id uuid primary key, identifier text not null, value text not null, expires_at timestamptz not null,
  created_at timestamptz not null default now(), updated_at timestamptz not null default now());
create table throttles (key text primary key, failures integer not null, blocked_until timestamptz, touched_at timestamptz not null);
create table api_keys (
  id uuid primary key, owner_id uuid not null references users on delete cascade, name text not null, hash bytea not null unique,
  scopes text[] not null, created_at timestamptz not null default now(), last_used_at timestamptz, revoked_at timestamptz);
create index api_keys_owner on api_keys (owner_id);

create table galleries (
  id uuid primary key, owner_id uuid not null references users,
  slug text not null unique check (slug ~ '^[a-z0-9]([a-z0-9-]*[a-z0-9])?$' and length(slug) <= 100),
  title text not null, state text not null check (state in ('draft', 'active', 'expired', 'archiving', 'archived', 'restoring', 'deleted')),
  event_type text, event_date date, customer_name text, customer_email text,
  locale text not null default 'en' check (locale in ('en', 'de', 'ru')),
  naming text not null default 'original' check (naming in ('original', 'numbered', 'id')),
  download_enabled boolean not null default true, password_hash text,
  expires_at timestamptz, published_at timestamptz, deleted_at timestamptz,
  content_version bigint not null default 0, created_at timestamptz not null);
create index galleries_owner on galleries (owner_id, created_at desc, id desc);
create table gallery_clients (
  id uuid primary key, gallery_id uuid not null references galleries, email text not null, name text,
  notify_on_archive boolean not null default true, created_at timestamptz not null, unique (gallery_id, email));

create table items (
  id uuid primary key, gallery_id uuid not null references galleries, kind text not null check (kind in ('photo', 'video', 'track')),
  title text not null, position bigint not null, created_at timestamptz not null);
create index items_gallery on items (gallery_id, position, id);
create table assets (
  id uuid primary key, gallery_id uuid not null references galleries, item_id uuid not null references items,
  role text not null check (role in ('original')), original_name text not null, mime text not null,
  size bigint not null check (size > 0), crc32 bigint not null check (crc32 between 0 and 4294967295),
  sha256 bytea not null check (length(sha256) = 32),
  state text not null check (state in ('stored', 'missing', 'deleted')), storage_key text not null unique,
  width integer, height integer, captured_at text, modified_at timestamptz not null,
  render_state text not null check (render_state in ('waiting', 'done', 'failed', 'none')), created_at timestamptz not null);
create index assets_gallery on assets (gallery_id, id);
create index assets_item on assets (item_id);
create index assets_same on assets (gallery_id, sha256);
create index assets_waiting on assets (created_at) where render_state = 'waiting';
create table derivatives (
  asset_id uuid not null references assets, kind text not null check (kind in ('preview', 'thumbnail')),
  storage_key text not null unique, mime text not null, size bigint not null, width integer not null, height integer not null,
  primary key (asset_id, kind));
create table uploads (
  id uuid primary key, gallery_id uuid not null references galleries, owner_id uuid not null references users, asset_id uuid not null unique,
  name text not null, size bigint not null, received bigint not null default 0 check (received <= size), sha256 bytea,
  modified_at timestamptz not null, lock_token text, locked_until timestamptz,
  generation integer not null default 0, created_at timestamptz not null, touched_at timestamptz not null, finished_at timestamptz);
create index uploads_open on uploads (gallery_id) where finished_at is null;

create table archives (
  id uuid primary key, gallery_id uuid not null references galleries, version integer not null check (version > 0),
  purpose text not null check (purpose in ('delivery', 'selection', 'final')),
  status text not null check (status in ('queued', 'processing', 'verifying', 'ready', 'failed', 'deleted', 'cancelling', 'cancelled', 'expired')),
  fence integer not null default 0, attempts integer not null default 0,
  recipe jsonb not null, recipe_hash text not null, images_hash text not null, plan_hash text not null, content_version bigint not null,
  storage_key text unique, file_size_bytes bigint not null, checksum text,
  image_count integer not null, missing_count integer not null default 0,
  processed_photos integer not null default 0, processed_bytes bigint not null default 0, eta_seconds integer,
  source text not null, requested_by uuid references users, announce boolean not null default false,
  error_code text, error_message text, progress_at timestamptz,
  created_at timestamptz not null, started_at timestamptz, completed_at timestamptz, verified_at timestamptz,
  retained_until timestamptz, superseded_by uuid references archives,
  unique (gallery_id, version),
  check (status <> 'ready' or (storage_key is not null and checksum is not null and verified_at is not null)));
-- one build at a time, and one current ready archive for the same content
create unique index archives_building on archives (gallery_id, recipe_hash) where status in ('queued', 'processing', 'verifying');
create unique index archives_current on archives (gallery_id, images_hash, recipe_hash) where status = 'ready' and superseded_by is null;
create index archives_unfinished on archives (created_at) where status in ('queued', 'processing', 'verifying');
create table archive_entries (
  archive_id uuid not null references archives on delete cascade, position integer not null, asset_id uuid references assets,
  path text not null, size bigint not null, crc32 bigint not null, sha256 bytea not null, mtime timestamptz not null,
  content bytea, status text not null check (status in ('ok', 'missing')), error text,
  primary key (archive_id, position));

create table links (
  id uuid primary key, kind text not null check (kind in ('email', 'client', 'file', 'export', 'media', 'share')), gallery_id uuid not null references galleries,
  archive_id uuid references archives, client_id uuid references gallery_clients on delete set null,
  issued_at timestamptz not null, expires_at timestamptz not null, revoked_at timestamptz);
create index links_gallery on links (gallery_id, issued_at desc);
create table letters (
  id uuid primary key, dedupe_key text not null unique, kind text not null,
  gallery_id uuid not null references galleries, archive_id uuid references archives, link_id uuid references links,
  recipient text not null, locale text not null check (locale in ('en', 'de', 'ru')),
  status text not null check (status in ('queued', 'sent', 'kept', 'failed')),
  attempts integer not null default 0, error text, created_at timestamptz not null, sent_at timestamptz);
create index letters_gallery on letters (gallery_id, created_at desc, id desc);
create index letters_waiting on letters (created_at) where status = 'queued';
create table garbage (key text primary key, reason text not null, not_before timestamptz not null, created_at timestamptz not null default now());
create index garbage_due on garbage (not_before);
`
