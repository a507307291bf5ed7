/** Questions to the tables suppressions and mail_events: who gets no letters, and which events of a mail service were taken. */
import { type Selectable, sql } from 'kysely'
import { after, days } from '../base/clock.ts'
import { isOptional } from '../domain/letter.ts'
import type { Database, SuppressionsTable, Tx } from '../ports/database/port.ts'
import type { Letter } from './letters.ts'

export type Suppression = Selectable<SuppressionsTable>
export type SuppressionRow = Suppression & { galleryTitle: string | null }

/** Notes that the address gets no letters of this owner; a bounce that is known already stays as it was noted first. */
export async function suppress(db: Database | Tx, suppression: Suppression): Promise<void> {
  await db
    .insertInto('suppressions')
    .values({ ...suppression, address: suppression.address.toLowerCase() })
    .onConflict((c) => c.columns(['ownerId', 'address', 'galleryId']).doNothing())
    .execute()
}

/** Why this letter must not go out, if so: the address is dead or complained, or wants no letters of a kind that is not owed. */
export async function findSuppression(
  db: Database | Tx,
  letter: Pick<Letter, 'ownerId' | 'galleryId' | 'recipient' | 'kind'>,
): Promise<Suppression | undefined> {
  return db
    .selectFrom('suppressions')
    .selectAll('suppressions')
    .where('suppressions.ownerId', '=', letter.ownerId)
    .where('suppressions.address', '=', letter.recipient.toLowerCase())
    .where((eb) => {
      const everything = eb('suppressions.galleryId', 'is', null)
      const { galleryId, kind } = letter
      return isOptional(kind) && galleryId ? eb.or([everything, eb('suppressions.galleryId', '=', galleryId)]) : everything
    })
    .orderBy(sql`suppressions.gallery_id is null`, 'desc')
    .limit(1)
    .executeTakeFirst()
}

/** The newest 1,000 of an owner. */
export async function listSuppressions(db: Database, ownerId: string): Promise<SuppressionRow[]> {
  return db
    .selectFrom('suppressions')
    .leftJoin('galleries', 'galleries.id', 'suppressions.galleryId')
    .selectAll('suppressions')
    .select('galleries.title as galleryTitle')
    .where('suppressions.ownerId', '=', ownerId)
    .orderBy('since', 'desc')
    .orderBy('suppressions.id', 'desc')
    .limit(1000)
    .execute()
}

/** Letters may go to that address again; false when this owner has no such suppression. */
export async function liftSuppression(db: Database, ownerId: string, id: string): Promise<boolean> {
  const done = await db.deleteFrom('suppressions').where('id', '=', id).where('ownerId', '=', ownerId).executeTakeFirst()
  return done.numDeletedRows > 0n
}

/** Takes an event of a mail service; false when it was taken before. Events older than a month are forgotten: none comes so late. */
export async function takeEvent(tx: Tx, id: string, now: Date): Promise<boolean> {
  await tx
    .deleteFrom('mailEvents')
    .where('receivedAt', '<', after(now, -days(30)))
    .execute()
  const done = await tx
    .insertInto('mailEvents')
    .values({ id, receivedAt: now })
    .onConflict((c) => c.doNothing())
    .executeTakeFirst()
  return (done.numInsertedOrUpdatedRows ?? 0n) > 0n
}
