/** Questions to the tables passkeys and passkey_challenges. */
import type { Selectable } from 'kysely'
import type { Database, PasskeysTable, Tx } from '../ports/database/port.ts'

export type Passkey = Selectable<PasskeysTable>

/** Those of a user, the oldest first. */
export async function findPasskeysOf(db: Database | Tx, userId: string): Promise<Passkey[]> {
  return db.selectFrom('passkeys').selectAll().where('userId', '=', userId).orderBy('createdAt').orderBy('id').execute()
}

export async function findPasskeyByCredential(db: Database, credentialId: string): Promise<Passkey | undefined> {
  return db.selectFrom('passkeys').selectAll().where('credentialId', '=', credentialId).executeTakeFirst()
}

/** False: this credential is somebody's passkey already. */
export async function insertPasskey(tx: Tx, passkey: Passkey): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('passkeys')
    .values(passkey)
    .onConflict((conflict) => conflict.column('credentialId').doNothing())
    .executeTakeFirst()
  return (numInsertedOrUpdatedRows ?? 0n) > 0n
}

/** Notes that it was used; false: it counts backwards. One that does not count (0) never does. */
export async function notePasskeyUse(db: Database, id: string, use: { counter: number; backedUp: boolean; at: Date }): Promise<boolean> {
  const done = await db
    .updateTable('passkeys')
    .set({ counter: use.counter, backedUp: use.backedUp, lastUsedAt: use.at })
    .where('id', '=', id)
    .where((eb) => (use.counter === 0 ? eb('counter', '=', 0) : eb('counter', '<', use.counter)))
    .executeTakeFirst()
  return done.numUpdatedRows > 0n
}

/** False: it is none of this user's. */
export async function deletePasskey(tx: Tx, userId: string, id: string): Promise<boolean> {
  const { numDeletedRows } = await tx.deleteFrom('passkeys').where('userId', '=', userId).where('id', '=', id).executeTakeFirst()
  return numDeletedRows > 0n
}

/** Keeps a challenge until it is answered or its time is over; those whose time is over go. */
export async function insertChallenge(
  db: Database,
  asked: { challenge: string; userId: string | null; expiresAt: Date },
  now: Date,
): Promise<void> {
  await db.deleteFrom('passkeyChallenges').where('expiresAt', '<=', now).execute()
  await db.insertInto('passkeyChallenges').values(asked).execute()
}

/** Takes a challenge out of the table; false: it was never asked of them, was answered, or is over. */
export async function takeChallenge(db: Database, asked: { challenge: string; userId: string | null }, now: Date): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('passkeyChallenges')
    .where('challenge', '=', asked.challenge)
    .where('userId', 'is not distinct from', asked.userId)
    .where('expiresAt', '>', now)
    .executeTakeFirst()
  return numDeletedRows > 0n
}
