/** Tracks that wait for a try or are held, by the date: one that lies too far ahead is found among them, not among all that are scheduled. */
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw("create index rescues_waits on rescues (due_at) where state in ('rescuing', 'retrying', 'partial') or due_at > scheduled_at")
    .execute(db)
}
