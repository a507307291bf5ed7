/** Passkeys, and the challenges that browsers answer with them. */
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements.split(/;\s*\n/)) if (statement.trim()) await sql.raw(statement).execute(db)
}

const statements = `
-- nothing in it is a secret: who reads this table can sign in nowhere with it
create table passkeys (
  id uuid primary key, user_id uuid not null references users on delete cascade, credential_id text not null unique,
  public_key bytea not null, counter bigint not null, transports text[] not null, backed_up boolean not null, name text not null,
  created_at timestamptz not null, last_used_at timestamptz);
create index passkeys_of on passkeys (user_id, created_at);
-- of nobody: to sign in; of a user: to make a passkey. Taken once, and not after its time
create table passkey_challenges (
  challenge text primary key, user_id uuid references users on delete cascade, expires_at timestamptz not null);
create index passkey_challenges_over on passkey_challenges (expires_at);
`
