/** Putting tracks into a gallery is work that somebody watches, and outputs of a provider that hold no sound are told of. */
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}

const statements = [
  // touched_at: the last sign of whoever works at it; ended_at null: there is work left
  `create table placements (
    id uuid primary key, gallery_id uuid not null references galleries on delete cascade, owner_id uuid not null references users on delete cascade,
    created_at timestamptz not null, touched_at timestamptz not null, ended_at timestamptz, error_code text)`,
  'create index placements_open on placements (touched_at) where ended_at is null',
  'create index placements_of on placements (gallery_id, created_at desc, id desc)',
  // outcome null: it waits
  `create table placement_tracks (
    placement_id uuid not null references placements on delete cascade, position integer not null, item_id uuid not null references items on delete cascade,
    outcome text check (outcome in ('added', 'duplicate', 'failed')), error_code text, primary key (placement_id, position))`,
  `create table passed_over (
    owner_id uuid not null references users on delete cascade, provider text not null, provider_ref text not null,
    reason text not null check (reason in ('picture', 'film', 'file', 'elsewhere')), seen_at timestamptz not null,
    primary key (owner_id, provider, provider_ref))`,
]
