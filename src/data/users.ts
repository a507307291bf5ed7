/** Questions to the tables users and accounts. */
import { sql } from 'kysely'
import type { Database, Tx } from '../ports/database/port.ts'

export interface User {
  id: string
  name: string
  email: string
  role: 'admin' | 'owner'
}

const columns = ['id', 'name', 'email', 'role'] as const

export async function findUser(db: Database | Tx, id: string): Promise<User | undefined> {
  return db.selectFrom('users').select(columns).where('id', '=', id).executeTakeFirst()
}

/** The user with this address, written in lower case. */
export async function findUserByEmail(db: Database | Tx, email: string): Promise<User | undefined> {
  return db.selectFrom('users').select(columns).where('email', '=', email).executeTakeFirst()
}

/** The admin who was there first. */
export async function findFirstAdmin(db: Database | Tx): Promise<User | undefined> {
  return db.selectFrom('users').select(columns).where('role', '=', 'admin').orderBy('createdAt').orderBy('id').limit(1).executeTakeFirst()
}

/** Can anybody sign in yet? */
export async function isSetUp(db: Database | Tx): Promise<boolean> {
  const row = await db.selectFrom('accounts').select('id').where('providerId', '=', 'credential').limit(1).executeTakeFirst()
  return row !== undefined
}

/** Adds a user; false when the address is taken. */
export async function insertUser(db: Database | Tx, user: User, now: Date): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('users')
    .values({ ...user, image: null, createdAt: now, updatedAt: now })
    .onConflict((conflict) => conflict.column('email').doNothing())
    .executeTakeFirst()
  return (numInsertedOrUpdatedRows ?? 0n) > 0n
}

export async function updateUser(db: Database | Tx, { id, ...changed }: User, now: Date): Promise<void> {
  await db
    .updateTable('users')
    .set({ ...changed, updatedAt: now })
    .where('id', '=', id)
    .execute()
}

/** Gives a user a password: from now on they can sign in. */
export async function insertCredential(db: Database | Tx, id: string, userId: string, password: string, now: Date): Promise<void> {
  await db
    .insertInto('accounts')
    .values({ id, userId, accountId: userId, providerId: 'credential', password, createdAt: now, updatedAt: now })
    .execute()
}

/** One first set-up at a time: waits for the other one, until the transaction ends. */
export async function lockSetUp(tx: Tx): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtext('keepsake set-up'))`.execute(tx)
}

/** Does this user want the letter about downloads? */
export async function wantsDigest(db: Database, id: string): Promise<boolean> {
  return (await db.selectFrom('users').select('digest').where('id', '=', id).executeTakeFirstOrThrow()).digest
}

export async function setDigest(db: Database, id: string, digest: boolean): Promise<void> {
  await db.updateTable('users').set({ digest }).where('id', '=', id).execute()
}
