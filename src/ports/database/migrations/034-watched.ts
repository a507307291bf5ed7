/** What the owner of many placements watches is found without looking at those that ended well. */
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}

const statements = [
  // of an ended one: something is not in the gallery
  'alter table placements add column left_out boolean not null default false',
  `update placements p set left_out = true where ended_at is not null and exists (
    select 1 from placement_tracks t where t.placement_id = p.id and (t.outcome is null or t.outcome = 'failed'))`,
  'create index placements_watched on placements (owner_id, created_at desc, id desc) where ended_at is null or left_out',
  // of the last minutes for an owner, and of long ago for the night
  'create index placements_ended on placements (ended_at, owner_id)',
]
