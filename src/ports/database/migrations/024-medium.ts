/** A small picture between thumbnail and preview: covers on a phone, large tiles on a fine screen. */
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table derivatives drop constraint derivatives_kind_check`.execute(db)
  await sql`alter table derivatives add constraint derivatives_kind_check check (kind in ('preview', 'medium', 'thumbnail'))`.execute(db)
}
