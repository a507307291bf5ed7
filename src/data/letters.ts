/** Questions to the table letters: the outbox. A letter is a row before it is sent. */
import { type Insertable, type Selectable, sql } from 'kysely'
import { AppError } from '../base/errors.ts'
import type { Archive } from '../domain/archive.ts'
import { deliveryKinds } from '../domain/letter.ts'
import type { Database, LettersTable, Tx } from '../ports/database/port.ts'

export type Letter = Selectable<LettersTable>
export type NewLetter = Omit<Insertable<LettersTable>, 'ownerId' | 'status' | 'attempts' | 'error' | 'sentAt'> & {
  /** only of a letter about no gallery: whose it is */
  ownerId?: string
}

/** Adds a queued letter. Its dedupe key is unique: the same fact cannot be told twice. */
export const insertLetter = (tx: Tx, letter: NewLetter): Promise<void> => insertLetters(tx, [letter])

/** The same for many at once. */
export async function insertLetters(tx: Tx, letters: NewLetter[]): Promise<void> {
  const owners = await findOwners(tx, [...new Set(letters.flatMap(({ galleryId }) => galleryId ?? []))])
  const rows = letters.map((letter) => {
    const ownerId = letter.galleryId ? owners.get(letter.galleryId) : letter.ownerId
    if (!ownerId) throw new AppError('not_found', { gallery: letter.galleryId })
    return { ...letter, ownerId, status: 'queued' as const, error: null, sentAt: null }
  })
  for (const some of inStatements(rows)) await tx.insertInto('letters').values(some).execute()
}

async function findOwners(tx: Tx, galleryIds: string[]): Promise<Map<string, string>> {
  const rows = await tx
    .selectFrom('galleries')
    .select(['id', 'ownerId'])
    .where('id', '=', sql<string>`any(${galleryIds}::uuid[])`)
    .execute()
  return new Map(rows.map((row) => [row.id, row.ownerId]))
}

/** Has this fact been told (or is about to be)? */
export const isWritten = async (tx: Tx, dedupeKey: string): Promise<boolean> => (await listWritten(tx, [dedupeKey])).size > 0

/** Which of these facts have been told, or are about to be. */
export async function listWritten(tx: Tx, dedupeKeys: string[]): Promise<Set<string>> {
  const rows = await tx.selectFrom('letters').select('dedupeKey').where('dedupeKey', '=', sql<string>`any(${dedupeKeys})`).execute()
  return new Set(rows.map((row) => row.dedupeKey))
}

export async function findLetter(db: Database | Tx, id: string): Promise<Letter | undefined> {
  return db.selectFrom('letters').selectAll().where('id', '=', id).executeTakeFirst()
}

/** Notes one try of a queued letter. */
/** The last list of favourites that this guest has sent. */
export async function findSelection(
  db: Database | Tx,
  galleryId: string,
  guest: string,
): Promise<{ createdAt: Date; print: string } | undefined> {
  return db
    .selectFrom('letters')
    .select(['createdAt', sql<string>`facts ->> 'print'`.as('print')])
    .where('galleryId', '=', galleryId)
    .where('kind', '=', 'selection_sent')
    .where(sql<boolean>`facts ->> 'guest' = ${guest}`)
    .orderBy('createdAt', 'desc')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst()
}

export async function noteTry(
  db: Database | Tx,
  id: string,
  outcome: { status: Letter['status']; error: string | null; sentAt: Date | null },
): Promise<void> {
  await db
    .updateTable('letters')
    .set((eb) => ({ ...outcome, attempts: eb('attempts', '+', 1) }))
    .where('id', '=', id)
    .where('status', '=', 'queued')
    .execute()
}

/** A failed letter waits again, with this link; false: it has not failed, or somebody else was faster. */
export async function wakeLetter(tx: Tx, id: string, linkId: string | null): Promise<boolean> {
  const done = await tx
    .updateTable('letters')
    .set({ status: 'queued', error: null, attempts: 0, linkId })
    .where('id', '=', id)
    .where('status', '=', 'failed')
    .executeTakeFirst()
  return done.numUpdatedRows > 0n
}

/** Letters that wait since before `before`: their job may be lost. */
export async function listWaiting(db: Database, before: Date, limit: number): Promise<string[]> {
  const rows = await db
    .selectFrom('letters')
    .select('id')
    .where('status', '=', 'queued')
    .where((eb) => eb(eb.fn.coalesce('dueAt', 'createdAt'), '<', before))
    .orderBy('createdAt')
    .limit(limit)
    .execute()
  return rows.map((r) => r.id)
}

/** Who has been told last of which archive of this gallery; letters that still wait for their hour left out. */
export async function listTold(
  tx: Tx,
  galleryId: string,
  now: Date,
): Promise<Map<string, { archiveId: string; missing: number; at: Date }>> {
  const { rows } = await sql<{ recipient: string; archiveId: string; missing: number; at: Date }>`
    select distinct on (l.recipient) l.recipient, l.archive_id, a.missing_count as missing, coalesce(l.sent_at, l.due_at, l.created_at) as at
    from letters l join archives a on a.id = l.archive_id
    where l.gallery_id = ${galleryId} and l.kind = any(${deliveryKinds}) and (l.due_at is null or l.due_at <= ${now})
    order by l.recipient, l.created_at desc, l.id desc`.execute(tx)
  return new Map(rows.map(({ recipient, ...told }) => [recipient, told]))
}

/** Takes back the letters about versions before `archive` that still wait for their hour, with their links; answers when each was due. */
export async function takeBack(tx: Tx, archive: Pick<Archive, 'id' | 'galleryId'>, now: Date): Promise<Map<string, Date>> {
  const rows = await tx
    .deleteFrom('letters')
    .where('galleryId', '=', archive.galleryId)
    .where('archiveId', '!=', archive.id)
    .where('kind', '=', 'new_version')
    .where('status', '=', 'queued')
    .where('dueAt', '>', now)
    .returning(['recipient', 'dueAt', 'linkId'])
    .execute()
  const links = rows.flatMap((row) => row.linkId ?? [])
  if (links.length) await tx.deleteFrom('links').where('id', '=', sql<string>`any(${links}::uuid[])`).execute()
  return new Map(rows.map((row) => [row.recipient, row.dueAt!]))
}

/** When a letter of this kind was last written about a gallery, since then; null: none was. */
export async function findLast(tx: Tx, galleryId: string, kind: Letter['kind'], since: Date): Promise<Date | null> {
  const { at } = await tx
    .selectFrom('letters')
    .select((eb) => eb.fn.max('createdAt').as('at'))
    .where('galleryId', '=', galleryId)
    .where('createdAt', '>', since)
    .where('kind', '=', kind)
    .executeTakeFirstOrThrow()
  return at
}

/** Takes back the letters of these kinds about a gallery that have not left yet: what they say is no longer so. */
export async function takeBackKinds(tx: Tx, galleryId: string, kinds: Letter['kind'][]): Promise<void> {
  await tx.deleteFrom('letters').where('galleryId', '=', galleryId).where('status', '=', 'queued').where('kind', 'in', kinds).execute()
}

export interface LetterRow extends Letter {
  galleryTitle: string | null
}

/** A page of the outbox of one owner, newest first. */
export async function pageLetters(
  db: Database,
  ownerId: string,
  page: { limit: number; before?: { createdAt: Date; id: string } },
): Promise<LetterRow[]> {
  const before = page.before
  return lettersOf(db, ownerId)
    .$if(before !== undefined, (q) => q.where(sql<boolean>`(letters.created_at, letters.id) < (${before!.createdAt}, ${before!.id})`))
    .orderBy('letters.createdAt', 'desc')
    .orderBy('letters.id', 'desc')
    .limit(page.limit)
    .execute()
}

/** A letter of this owner's outbox. */
export async function findOwnLetter(db: Database, ownerId: string, id: string): Promise<LetterRow | undefined> {
  return lettersOf(db, ownerId).where('letters.id', '=', id).executeTakeFirst()
}

const lettersOf = (db: Database, ownerId: string) =>
  db
    .selectFrom('letters')
    .leftJoin('galleries', 'galleries.id', 'letters.galleryId')
    .selectAll('letters')
    .select('galleries.title as galleryTitle')
    .where('letters.ownerId', '=', ownerId)

/** The letters about one archive. */
export async function listOfArchive(db: Database, archiveId: string): Promise<Letter[]> {
  return db.selectFrom('letters').selectAll().where('archiveId', '=', archiveId).orderBy('createdAt').orderBy('id').execute()
}

/** The letters to one client of a gallery. */
export async function listOfClient(db: Database, galleryId: string, client: { email: string }): Promise<Letter[]> {
  return db
    .selectFrom('letters')
    .selectAll()
    .where('galleryId', '=', galleryId)
    .where('recipient', '=', client.email)
    .orderBy('createdAt')
    .orderBy('id')
    .execute()
}

/** The letters about this archive that a mail server has taken: when the first was, and to whom they went. */
export async function findSent(db: Database | Tx, archiveId: string): Promise<{ at: Date | null; recipients: string | null }> {
  return db
    .selectFrom('letters')
    .select((eb) => [eb.fn.min('sentAt').as('at'), sql<string | null>`string_agg(distinct recipient, ', ')`.as('recipients')])
    .where('archiveId', '=', archiveId)
    .where('status', '=', 'sent')
    .where('linkId', 'is not', null)
    .executeTakeFirstOrThrow()
}

/** How many letters somebody has sent by hand since then, about one gallery: to everybody, and to one address. */
export async function countByHand(tx: Tx, galleryId: string, recipient: string, since: Date): Promise<{ all: number; same: number }> {
  return tx
    .selectFrom('letters')
    .select((eb) => [
      eb.fn.countAll<number>().as('all'),
      sql<number>`count(*) filter (where lower(recipient) = ${recipient.toLowerCase()})`.as('same'),
    ])
    .where('galleryId', '=', galleryId)
    .where('createdAt', '>', since)
    .where('dedupeKey', 'like', 'by hand %')
    .executeTakeFirstOrThrow()
}

/** Notes what became of a letter after a mail server had taken it. */
export async function noteReturned(tx: Tx, id: string, error: string): Promise<void> {
  await tx.updateTable('letters').set({ status: 'failed', error }).where('id', '=', id).where('status', 'in', ['queued', 'sent']).execute()
}

// PostgreSQL takes 65,535 values a statement
function* inStatements<T>(rows: T[], size = 2000): Generator<T[]> {
  for (let i = 0; i < rows.length; i += size) yield rows.slice(i, i + size)
}
