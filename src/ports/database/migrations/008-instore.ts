/** What a build cost: bytes that passed through the worker, and requests to the store. */
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table archives add column moved_bytes bigint, add column store_requests integer`.execute(db)
}
