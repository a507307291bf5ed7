/** Links in clients' letters are kept past their year, so the night looks for the others by themselves. */
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`drop index links_expired`.execute(db)
  await sql`create index links_expired on links (expires_at) where kind <> 'email' or client_id is null`.execute(db)
}
