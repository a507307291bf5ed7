/** What was said in a gallery comes back with its archive: into the tables feedback and feedback_guests. */
import { sql } from 'kysely'
import { newId } from '../base/id.ts'
import { feedbackLimits } from '../domain/feedback.ts'
import type { Remark } from '../domain/manifest-read.ts'
import type { Tx } from '../ports/database/port.ts'

/**
 * Adds what does not stand there yet, with the time and the words it had; what stands stays as it is. Answers how many rows are
 * new. The gallery is locked by the caller; more than a gallery may hold is not taken.
 */
export async function takeBackSaid(tx: Tx, galleryId: string, said: { itemId: string; remark: Remark }[]): Promise<number> {
  const all = said.slice(0, feedbackLimits.rows)
  if (!all.length) return 0
  const { rows } = await sql<{ id: string }>`
    insert into feedback (id, gallery_id, item_id, kind, rating, comment, guest_identifier, created_at, hidden_at)
    select t.id, ${galleryId}::uuid, t.item, t.kind, t.rating, t.comment, t.guest, t.at, case when t.hidden then t.at end
    from unnest(
      ${all.map(({ remark }) => newId(remark.created_at))}::uuid[], ${all.map(({ itemId }) => itemId)}::uuid[],
      ${all.map(({ remark }) => remark.kind)}::text[], ${all.map(({ remark }) => remark.rating)}::integer[],
      ${all.map(({ remark }) => remark.comment)}::text[], ${all.map(({ remark }) => remark.guest)}::text[],
      ${all.map(({ remark }) => remark.created_at.toISOString())}::timestamptz[], ${all.map(({ remark }) => remark.hidden)}::boolean[])
      as t (id, item, kind, rating, comment, guest, at, hidden)
    where not exists (select 1 from feedback f where f.item_id = t.item and f.guest_identifier = t.guest and f.kind = t.kind
      and (t.kind <> 'comment' or (f.comment = t.comment and f.created_at = t.at)))
    on conflict do nothing returning id`.execute(tx)
  const guests = new Map(all.map(({ remark }) => [remark.guest, remark]))
  const named = [...guests.values()].filter(({ guest_name, guest_email }) => guest_name !== null || guest_email !== null)
  if (named.length)
    await sql`
      insert into feedback_guests (gallery_id, guest_identifier, name, email, created_at)
      select ${galleryId}::uuid, t.* from unnest(
        ${named.map(({ guest }) => guest)}::text[], ${named.map((g) => g.guest_name)}::text[], ${named.map((g) => g.guest_email)}::text[],
        ${named.map((g) => g.created_at.toISOString())}::timestamptz[]) as t
      on conflict do nothing`.execute(tx)
  return rows.length
}
