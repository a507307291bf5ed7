/** Questions to the table letters: the outbox. A letter is a row before it is sent. */
import { type Selectable, sql } from 'kysely'
import type { Database, LettersTable, Tx } from '../ports/database/port.ts'

export type Letter = Selectable<LettersTable>

/** Adds a queued letter. Its dedupe key is unique: the same fact cannot be told twice. */
export async function insertLetter(
  tx: Tx,
  letter: Omit<Letter, 'status' | 'attempts' | 'error' | 'sentAt' | 'exportId'> & { exportId?: string },
): Promise<void> {
  await tx
    .insertInto('letters')
    .values({ ...letter, status: 'queued', error: null, sentAt: null })
    .execute()
}

/** Has this fact been told (or is about to be)? */
export async function isWritten(tx: Tx, dedupeKey: string): Promise<boolean> {
  return (await tx.selectFrom('letters').select('id').where('dedupeKey', '=', dedupeKey).executeTakeFirst()) !== undefined
}

export async function findLetter(db: Database | Tx, id: string): Promise<Letter | undefined> {
  return db.selectFrom('letters').selectAll().where('id', '=', id).executeTakeFirst()
}

/** Notes one try of a queued letter. */
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

/** Letters that wait since before `before`: their job may be lost. */
export async function listWaiting(db: Database, before: Date, limit: number): Promise<string[]> {
  const rows = await db
    .selectFrom('letters')
    .select('id')
    .where('status', '=', 'queued')
    .where('createdAt', '<', before)
    .orderBy('createdAt')
    .limit(limit)
    .execute()
  return rows.map((r) => r.id)
}

export interface LetterRow extends Letter {
  galleryTitle: string
}

/** A page of the outbox of one owner, newest first. */
export async function pageLetters(
  db: Database,
  ownerId: string,
  page: { limit: number; before?: { createdAt: Date; id: string } },
): Promise<LetterRow[]> {
  const before = page.before
  return db
    .selectFrom('letters')
    .innerJoin('galleries', 'galleries.id', 'letters.galleryId')
    .selectAll('letters')
    .select('galleries.title as galleryTitle')
    .where('galleries.ownerId', '=', ownerId)
    .$if(before !== undefined, (q) => q.where(sql<boolean>`(letters.created_at, letters.id) < (${before!.createdAt}, ${before!.id})`))
    .orderBy('letters.createdAt', 'desc')
    .orderBy('letters.id', 'desc')
    .limit(page.limit)
    .execute()
}

/** A letter of this owner's galleries. */
export async function findOwnLetter(db: Database, ownerId: string, id: string): Promise<LetterRow | undefined> {
  return db
    .selectFrom('letters')
    .innerJoin('galleries', 'galleries.id', 'letters.galleryId')
    .selectAll('letters')
    .select('galleries.title as galleryTitle')
    .where('galleries.ownerId', '=', ownerId)
    .where('letters.id', '=', id)
    .executeTakeFirst()
}

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
