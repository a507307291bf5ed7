/** Accounts that can be switched off, a second factor, sign-in elsewhere; and what has failed is found without reading all. */
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements.split(/;\s*\n/)) if (statement.trim()) await sql.raw(statement).execute(db)
}

const statements = `
alter table users add column two_factor_enabled boolean not null default false;
-- since then nothing of this account opens anything; its galleries stay
alter table users add column disabled_at timestamptz;
-- sealed by the sign-in library under the installation's secret
create table two_factors (
  id uuid primary key, user_id uuid not null unique references users on delete cascade, secret text not null, backup_codes text not null,
  verified boolean not null default false, failed_verification_count integer not null default 0, locked_until timestamptz);
-- one person elsewhere is one account here
create unique index accounts_known on accounts (provider_id, account_id);
create index letters_failed on letters (owner_id, created_at desc, id desc) where status = 'failed';
create index webhook_deliveries_failed on webhook_deliveries (webhook_id, created_at desc, id desc) where status = 'failed';
create index exports_failed on exports (created_at desc, id desc) where status = 'failed';
create index archives_failed on archives (created_at desc, id desc) where status = 'failed' and purpose <> 'selection';
create index gallery_sources_failed on gallery_sources (gallery_id) where state = 'failed';
`
