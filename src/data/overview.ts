/** Questions for the overview of a photographer: what needs them, and who has taken something last. */
import { sql } from 'kysely'
import type { Database } from '../ports/database/port.ts'

export interface Trouble {
  galleryId: string
  slug: string
  title: string
  /** what did not come about: the delivery's ZIP, or the final archive */
  what: 'delivery' | 'final'
  /** of our errors */
  code: string
  at: Date
}

/**
 * Galleries whose archiving or whose newest delivery has failed and is not at work again, the newest first. Of deliveries only those
 * that were asked for since `since`.
 */
export async function listTroubles(db: Database, ownerId: string, since: Date, limit: number): Promise<Trouble[]> {
  const { rows } = await sql<Trouble>`
    select * from (
      (select g.id as gallery_id, slug, title, 'final' as what, archive_error as code, coalesce(expires_at, published_at, created_at) as at
        from galleries g where owner_id = ${ownerId} and archive_error is not null and state in ('active', 'expired')
        order by id desc limit ${limit})
      union all
      (select g.id, g.slug, g.title, 'delivery', coalesce(a.error_code, ''), coalesce(a.completed_at, a.created_at)
        from archives a join galleries g on g.id = a.gallery_id
        where g.owner_id = ${ownerId} and g.state = 'active' and a.status = 'failed' and a.purpose = 'delivery' and a.created_at > ${since}
          and not exists (select 1 from archives n where n.gallery_id = a.gallery_id and n.purpose = 'delivery' and n.version > a.version)
        order by a.created_at desc limit ${limit})) both_kinds
    order by at desc limit ${limit}`.execute(db)
  return rows
}

export interface Taken {
  id: string
  slug: string
  title: string
  /** of the client; null: who it was is not known */
  name: string | null
  email: string | null
  version: number
  size: number
  receivedBytes: number
  completeAt: Date | null
  lastAt: Date
}

/** What was taken last of the galleries of an owner, their own downloads left out. */
export async function listTaken(db: Database, ownerId: string, since: Date, limit: number): Promise<Taken[]> {
  return db
    .selectFrom('downloads')
    .innerJoin('galleries', 'galleries.id', 'downloads.galleryId')
    .innerJoin('archives', 'archives.id', 'downloads.archiveId')
    .leftJoin('galleryClients as c', 'c.id', 'downloads.clientId')
    .select(['downloads.id', 'galleries.slug', 'galleries.title', 'c.name', 'c.email', 'archives.version', 'downloads.size'])
    .select(['downloads.receivedBytes', 'downloads.completeAt', 'downloads.lastAt'])
    .where('galleries.ownerId', '=', ownerId)
    .where('galleries.state', '!=', 'deleted')
    .where('downloads.userId', 'is', null)
    .where('downloads.lastAt', '>', since)
    .orderBy('downloads.lastAt', 'desc')
    .orderBy('downloads.id', 'desc')
    .limit(limit)
    .execute()
}
