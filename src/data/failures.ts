/** What has failed and stays so until somebody does something: one question over the tables that know it. */
import { type RawBuilder, sql } from 'kysely'
import type { Database } from '../ports/database/port.ts'

export type FailureKind = 'archive' | 'export' | 'letter' | 'webhook' | 'import'
export const failureKinds: FailureKind[] = ['archive', 'export', 'letter', 'webhook', 'import']

export interface Failure {
  kind: FailureKind
  id: string
  galleryId: string | null
  galleryTitle: string | null
  gallerySlug: string | null
  /** of the letter its recipient, of the message its webhook's address, of the archive its purpose, of the import its prefix */
  subject: string
  /** of the webhook */
  parentId: string | null
  /** a code of our errors, where one is known */
  code: string | null
  message: string | null
  tries: number
  /** false: its webhook is switched off */
  mayRetry: boolean
  createdAt: Date
}

interface Wish {
  limit: number
  kind?: FailureKind | undefined
  before?: { createdAt: Date; id: string } | undefined
}

/** A page of what has failed in one owner's galleries, newest first. Each branch is answered by an index of failed rows. */
export async function pageFailures(db: Database, ownerId: string, { limit, kind, before }: Wish): Promise<Failure[]> {
  const older = (at: RawBuilder<unknown>, id: RawBuilder<unknown>) =>
    before ? sql`and (${at}, ${id}) < (${before.createdAt}, ${before.id})` : sql``
  const wanted = kind ? [kind] : failureKinds
  const parts = wanted.map((one) => sql`(${branches[one](ownerId, older, limit)} order by created_at desc, id desc limit ${limit})`)
  const { rows } = await sql<Failure>`
    select * from (${sql.join(parts, sql` union all `)}) failures order by created_at desc, id desc limit ${limit}`.execute(db)
  return rows
}

/** The one that has failed, if it is this owner's and still so. */
export async function findFailure(db: Database, ownerId: string, kind: FailureKind, id: string): Promise<Failure | undefined> {
  const { rows } = await sql<Failure>`
    select * from (${branches[kind](ownerId, (_, own) => sql`and ${own} = ${id}`, 1)}) failures limit 1`.execute(db)
  return rows[0]
}

type Narrow = (at: RawBuilder<unknown>, id: RawBuilder<unknown>) => RawBuilder<unknown>

const branches: Record<FailureKind, (ownerId: string, narrow: Narrow, limit: number) => RawBuilder<unknown>> = {
  // a later version of the same content makes an earlier failure history
  archive: (ownerId, narrow) => sql`
    select 'archive' as kind, a.id, a.gallery_id, g.title as gallery_title, g.slug as gallery_slug, a.purpose as subject, null::uuid as parent_id,
      a.error_code as code, a.error_message as message, a.attempts as tries, g.state <> 'deleted' as may_retry, a.created_at
    from archives a join galleries g on g.id = a.gallery_id
    where g.owner_id = ${ownerId} and a.status = 'failed' and a.purpose <> 'selection'
      and not exists (select 1 from archives b where b.gallery_id = a.gallery_id and b.purpose = a.purpose and b.version > a.version)
      ${narrow(sql`a.created_at`, sql`a.id`)}`,
  export: (ownerId, narrow) => sql`
    select 'export' as kind, e.id, e.gallery_id, g.title as gallery_title, g.slug as gallery_slug, split_part(e.requester, ' ', 1) as subject,
      null::uuid as parent_id, f.error_code as code, f.error_message as message, coalesce(f.attempts, 0) as tries,
      g.state <> 'deleted' as may_retry, e.created_at
    from exports e join galleries g on g.id = e.gallery_id
    left join lateral (
      select error_code, error_message, attempts from export_parts p join archives a on a.id = p.archive_id
      where p.export_id = e.id and a.status = 'failed' limit 1) f on true
    where g.owner_id = ${ownerId} and e.status = 'failed' ${narrow(sql`e.created_at`, sql`e.id`)}`,
  letter: (ownerId, narrow) => sql`
    select 'letter' as kind, l.id, l.gallery_id, g.title as gallery_title, g.slug as gallery_slug, l.recipient as subject, null::uuid as parent_id,
      nullif(split_part(l.error, ': ', 1), l.error) as code, l.error as message, l.attempts as tries, true as may_retry, l.created_at
    from letters l left join galleries g on g.id = l.gallery_id
    where l.owner_id = ${ownerId} and l.status = 'failed' ${narrow(sql`l.created_at`, sql`l.id`)}`,
  // newest of each of one's few webhooks: sorted all at once, everybody's messages would be walked by their time
  webhook: (ownerId, narrow, limit) => sql`
    select 'webhook' as kind, d.id, d.gallery_id, g.title as gallery_title, g.slug as gallery_slug, w.url as subject, w.id as parent_id,
      d.answer_status::text as code, d.error as message, d.attempts as tries, w.state = 'active' as may_retry, d.created_at
    from webhooks w cross join lateral (
      select * from webhook_deliveries d where d.webhook_id = w.id and d.status = 'failed' and d.type <> 'webhook.test'
        ${narrow(sql`d.created_at`, sql`d.id`)} order by d.created_at desc, d.id desc limit ${limit}) d
    left join galleries g on g.id = d.gallery_id
    where w.owner_id = ${ownerId}`,
  import: (ownerId, narrow) => sql`
    select 'import' as kind, s.gallery_id as id, s.gallery_id, g.title as gallery_title, g.slug as gallery_slug, s.prefix as subject,
      null::uuid as parent_id, s.error as code, null::text as message, 1 as tries, g.state <> 'deleted' as may_retry,
      coalesce(s.looked_at, s.created_at) as created_at
    from gallery_sources s join galleries g on g.id = s.gallery_id
    where g.owner_id = ${ownerId} and s.state = 'failed' ${narrow(sql`coalesce(s.looked_at, s.created_at)`, sql`s.gallery_id`)}`,
}
