/** Webhooks: addresses that are told what happens, and every message to them, a row before it is sent. */
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements.split(/;\s*\n/)) if (statement.trim()) await sql.raw(statement).execute(db)
}

const statements = `
-- secrets are sealed with a key that follows from the token secret; the one before is valid until old_secret_until
create table webhooks (
  id uuid primary key, owner_id uuid not null references users on delete cascade,
  url text not null, types text[] not null check (cardinality(types) > 0),
  secret bytea not null, old_secret bytea, old_secret_until timestamptz,
  state text not null check (state in ('active', 'disabled')), disabled_reason text,
  failing_since timestamptz, not_before timestamptz, created_at timestamptz not null,
  check ((state = 'disabled') = (disabled_reason is not null)), check ((old_secret is null) = (old_secret_until is null)));
create index webhooks_owner on webhooks (owner_id, created_at desc, id desc);
-- id is the webhook-id that receivers see; seq the order in which things happened; body what is sent, byte for byte
create table webhook_deliveries (
  id uuid primary key, seq bigint generated always as identity,
  webhook_id uuid not null references webhooks on delete cascade, gallery_id uuid references galleries on delete set null,
  type text not null, dedupe_key text not null, body text not null,
  status text not null check (status in ('queued', 'sent', 'failed')),
  attempts integer not null default 0, next_at timestamptz not null,
  answer_status integer, answer_body text, error text,
  created_at timestamptz not null, tried_at timestamptz, sent_at timestamptz,
  unique (webhook_id, dedupe_key));
create index webhook_deliveries_page on webhook_deliveries (webhook_id, created_at desc, id desc);
create index webhook_deliveries_order on webhook_deliveries (webhook_id, seq) where status = 'queued';
create index webhook_deliveries_due on webhook_deliveries (webhook_id, next_at) where status = 'queued';
create index webhook_deliveries_ended on webhook_deliveries (created_at) where status <> 'queued';
create index webhook_deliveries_gallery on webhook_deliveries (gallery_id) where gallery_id is not null;
`
