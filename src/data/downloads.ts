/** Questions to the table downloads: one row for each reader and content. */
import { type Selectable, sql } from 'kysely'
import type { Copy, Stretch } from '../domain/download.ts'
import type { LetterKind } from '../domain/letter.ts'
import type { Database, DownloadsTable, Tx } from '../ports/database/port.ts'

type Row = Selectable<DownloadsTable>
export type Download = Omit<Row, 'received'> & Copy

/** The row of this reader and content, made when there is none; locked, so that answers that end together are noted one by one. */
export async function lockDownload(
  tx: Tx,
  fresh: Omit<Download, keyof Copy | 'receivedBytes' | 'bytes' | 'count' | 'completeAt' | 'handedAt' | 'toldIn'>,
): Promise<Download> {
  await tx
    .insertInto('downloads')
    .values({ ...fresh, received: '{}', answers: '[]', receivedBytes: 0, bytes: 0, count: 0 })
    .onConflict((c) => c.columns(['reader', 'planHash']).doNothing())
    .execute()
  const row = await tx
    .selectFrom('downloads')
    .selectAll()
    .where('reader', '=', fresh.reader)
    .where('planHash', '=', fresh.planHash)
    .forUpdate()
    .executeTakeFirstOrThrow()
  return { ...row, received: readStretches(row.received) }
}

export async function changeDownload(
  tx: Tx,
  id: string,
  { received, answers, ...rest }: Partial<Omit<Download, 'id'>> & Copy,
): Promise<void> {
  await tx
    .updateTable('downloads')
    .set({ ...rest, received: `{${received.map((s) => `[${s.from},${s.to})`).join()}}`, answers: JSON.stringify(answers) })
    .where('id', '=', id)
    .execute()
}

// PostgreSQL writes every range of whole numbers as [from,to)
const readStretches = (text: string): Stretch[] =>
  [...text.matchAll(/\[(\d+),(\d+)\)/g)].map(([, from, to]) => ({ from: Number(from), to: Number(to) }))

/** Notes bytes of an archive that were taken, and whether they made a copy complete. */
export async function countDownload(tx: Tx, archiveId: string, complete: boolean, now: Date): Promise<void> {
  await tx
    .updateTable('archives')
    .set((eb) => ({ downloadCount: eb('downloadCount', '+', complete ? 1 : 0), lastDownloadedAt: now }))
    .where('id', '=', archiveId)
    .execute()
}

export interface VersionDownload extends Omit<Row, 'received' | 'answers'> {
  version: number
}

/** What was downloaded of a gallery, the photographer's own downloads left out; newest version first. */
export async function listDownloads(db: Database, galleryId: string, clientId?: string): Promise<VersionDownload[]> {
  return db
    .selectFrom('downloads')
    .innerJoin('archives', 'archives.id', 'downloads.archiveId')
    .selectAll('downloads')
    .select('archives.version')
    .where('downloads.galleryId', '=', galleryId)
    .where('downloads.userId', 'is', null)
    .$if(clientId !== undefined, (q) => q.where('downloads.clientId', '=', clientId!))
    .orderBy('archives.version', 'desc')
    .orderBy('downloads.lastAt', 'desc')
    .execute()
}

/** Clients who have a complete copy: of the content with this hash, or (null) of any. */
export async function listComplete(db: Database | Tx, galleryId: string, planHash: string | null): Promise<Set<string>> {
  const rows = await db
    .selectFrom('downloads')
    .select('clientId')
    .distinct()
    .where('galleryId', '=', galleryId)
    .where('clientId', 'is not', null)
    .where('completeAt', 'is not', null)
    .$if(planHash !== null, (q) => q.where('planHash', '=', planHash!))
    .execute()
  return new Set(rows.map((row) => row.clientId!))
}

/** How many links each client of a gallery was given, and letters that have left with one. */
export async function countSent(db: Database, galleryId: string): Promise<Map<string, { links: number; letters: number }>> {
  const rows = await db
    .selectFrom('links')
    .leftJoin('letters', (j) => j.onRef('letters.linkId', '=', 'links.id').on('letters.status', 'in', ['sent', 'kept']))
    .select(['links.clientId', (eb) => eb.fn.count<number>('links.id').distinct().as('links')])
    .select((eb) => eb.fn.count<number>('letters.id').distinct().as('letters'))
    .where('links.galleryId', '=', galleryId)
    .where('links.clientId', 'is not', null)
    .groupBy('links.clientId')
    .execute()
  return new Map(rows.map(({ clientId, links, letters }) => [clientId!, { links: Number(links), letters: Number(letters) }]))
}

/**
 * Forgets who a client was, before their row goes: letters lose the address, downloads the person. Those letters of theirs that
 * still wait are not sent.
 */
export async function forgetClient(tx: Tx, galleryId: string, clientId: string): Promise<void> {
  const client = await tx
    .selectFrom('galleryClients')
    .select('email')
    .where('galleryId', '=', galleryId)
    .where('id', '=', clientId)
    .executeTakeFirst()
  if (!client) return
  const theirs = tx.selectFrom('links').select('id').where('clientId', '=', clientId)
  await tx
    .updateTable('letters')
    .set({ status: 'failed', error: 'the client was removed' })
    .where('status', '=', 'queued')
    .where('galleryId', '=', galleryId)
    // by their link, or with none
    .where((eb) => eb.or([eb('linkId', 'in', theirs), eb.and([eb('recipient', '=', client.email), eb('kind', 'in', endNews)])]))
    .execute()
  await tx
    .updateTable('letters')
    .set({ recipient: forgotten })
    .where('galleryId', '=', galleryId)
    .where('recipient', '=', client.email)
    .where('status', '!=', 'queued')
    .execute()
  await tx
    .updateTable('downloads')
    .set({ reader: sql<string>`'forgotten:' || id`, clientId: null, linkId: null, agent: 'other' })
    .where('clientId', '=', clientId)
    .execute()
}

// what its recipient gets as a client and not as the photographer
const endNews: LetterKind[] = ['gallery_ending', 'gallery_expired']

/** Stands where an address stood. */
export const forgotten = '(removed)'

/** Forgets downloads of galleries that were deleted before. */
export async function sweepDownloads(db: Database, before: Date): Promise<number> {
  const done = await db
    .deleteFrom('downloads')
    .where('galleryId', 'in', (eb) =>
      eb.selectFrom('galleries').select('id').where('state', '=', 'deleted').where('deletedAt', '<', before),
    )
    .executeTakeFirst()
  return Number(done.numDeletedRows)
}

/**
 * Photographers who want to know of complete copies that were received between these two moments and not told yet, with their
 * galleries, the one of the latest first.
 */
export async function listDigestsDue(
  db: Database,
  { from, until }: { from: Date; until: Date },
): Promise<{ ownerId: string; email: string; galleryIds: string[] }[]> {
  return db
    .selectFrom('downloads')
    .innerJoin('galleries', 'galleries.id', 'downloads.galleryId')
    .innerJoin('users', 'users.id', 'galleries.ownerId')
    .select([
      'users.id as ownerId',
      'users.email',
      sql<string[]>`array_agg(galleries.id order by downloads.complete_at desc)`.as('galleryIds'),
    ])
    .where('downloads.toldIn', 'is', null)
    .where('downloads.userId', 'is', null)
    .where('downloads.completeAt', '>=', from)
    .where('downloads.completeAt', '<', until)
    .where('users.digest', '=', true)
    .groupBy('users.id')
    .orderBy('users.id')
    .execute()
}

/** Marks what the letter tells: of these galleries, so that each photographer's letter does not look at everybody's. */
export async function tellIn(tx: Tx, galleryIds: string[], { from, until }: { from: Date; until: Date }, letterId: string): Promise<void> {
  await tx
    .updateTable('downloads')
    .set({ toldIn: letterId })
    .where('toldIn', 'is', null)
    .where('userId', 'is', null)
    .where('completeAt', '>=', from)
    .where('completeAt', '<', until)
    .where('galleryId', '=', sql<string>`any(${galleryIds}::uuid[])`)
    .execute()
}

/** The complete copies that a letter tells of, in the order of their time. */
export async function listTold(
  db: Database,
  letterId: string,
): Promise<{ title: string; name: string | null; version: number; at: Date }[]> {
  const rows = await db
    .selectFrom('downloads')
    .innerJoin('galleries', 'galleries.id', 'downloads.galleryId')
    .innerJoin('archives', 'archives.id', 'downloads.archiveId')
    .leftJoin('galleryClients', 'galleryClients.id', 'downloads.clientId')
    .select(['galleries.title', 'galleryClients.name', 'galleryClients.email', 'archives.version', 'downloads.completeAt'])
    .where('downloads.toldIn', '=', letterId)
    .orderBy('downloads.completeAt')
    .execute()
  return rows.map(({ title, name, email, version, completeAt }) => ({ title, name: name ?? email, version, at: completeAt! }))
}
