/** Questions to the tables users and accounts. */
import { sql } from 'kysely'
import type { Database, Tx } from '../ports/database/port.ts'

export interface User {
  id: string
  name: string
  email: string
  role: 'admin' | 'owner'
  /** since then nothing of this account opens anything */
  disabledAt: Date | null
}

const columns = ['id', 'name', 'email', 'role', 'disabledAt'] as const

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

/** Everybody who runs the installation. */
export async function listAdmins(db: Database | Tx): Promise<User[]> {
  return db.selectFrom('users').select(columns).where('role', '=', 'admin').orderBy('createdAt').orderBy('id').execute()
}

/** Can anybody sign in yet? */
export async function isSetUp(db: Database | Tx): Promise<boolean> {
  const row = await db.selectFrom('accounts').select('id').where('providerId', '=', 'credential').limit(1).executeTakeFirst()
  return row !== undefined
}

/** Adds a user; false when the address is taken. */
export async function insertUser(db: Database | Tx, user: Omit<User, 'disabledAt'>, now: Date): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('users')
    .values({ ...user, image: null, createdAt: now, updatedAt: now })
    .onConflict((conflict) => conflict.column('email').doNothing())
    .executeTakeFirst()
  return (numInsertedOrUpdatedRows ?? 0n) > 0n
}

export async function updateUser(db: Database | Tx, id: string, change: Partial<Omit<User, 'id'>>, now: Date): Promise<void> {
  await db
    .updateTable('users')
    .set({ ...change, updatedAt: now })
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

/** The hash of a user's password; null when they have none. */
export async function findPassword(db: Database | Tx, userId: string): Promise<string | null> {
  const row = await db
    .selectFrom('accounts')
    .select('password')
    .where('userId', '=', userId)
    .where('providerId', '=', 'credential')
    .executeTakeFirst()
  return row?.password ?? null
}

/** Whose session this is; its time is not asked for. */
export async function findUserOfSession(db: Database, token: string): Promise<User | undefined> {
  return db
    .selectFrom('users')
    .select(columns)
    .where('id', '=', (eb) => eb.selectFrom('sessions').select('userId').where('token', '=', token))
    .executeTakeFirst()
}

/** Has this user come by that other sign-in? */
export async function isKnownElsewhere(tx: Tx, userId: string, providerId: string): Promise<boolean> {
  const row = await tx
    .selectFrom('accounts')
    .select('id')
    .where('userId', '=', userId)
    .where('providerId', '=', providerId)
    .executeTakeFirst()
  return row !== undefined
}

/** Sets the password if it is still `before`; false: somebody else has set it meanwhile. */
export async function changePassword(tx: Tx, userId: string, before: string, password: string, now: Date): Promise<boolean> {
  const done = await tx
    .updateTable('accounts')
    .set({ password, updatedAt: now })
    .where('userId', '=', userId)
    .where('providerId', '=', 'credential')
    .where('password', '=', before)
    .executeTakeFirst()
  return done.numUpdatedRows > 0n
}

/** A user, whom nobody changes until the transaction ends. */
export async function lockUser(tx: Tx, id: string): Promise<User | undefined> {
  return tx.selectFrom('users').select(columns).where('id', '=', id).forUpdate().executeTakeFirst()
}

/** Everybody is signed out who was signed in as this user. */
export async function endSessions(db: Database | Tx, userId: string): Promise<void> {
  await db.deleteFrom('sessions').where('userId', '=', userId).execute()
}

/** Signing in takes the password alone from now on. */
export async function dropSecondFactor(tx: Tx, userId: string): Promise<void> {
  await tx.deleteFrom('twoFactors').where('userId', '=', userId).execute()
  await tx.updateTable('users').set({ twoFactorEnabled: false }).where('id', '=', userId).execute()
}

/** Whoever guessed codes knew the password; with a new one the second step is open again at once. */
export async function forgetWrongCodes(db: Database | Tx, userId: string): Promise<void> {
  await db.updateTable('twoFactors').set({ failedVerificationCount: 0, lockedUntil: null }).where('userId', '=', userId).execute()
}

export async function hasSecondFactor(db: Database, userId: string): Promise<boolean> {
  return (await db.selectFrom('users').select('twoFactorEnabled').where('id', '=', userId).executeTakeFirstOrThrow()).twoFactorEnabled
}

/** Admins who can sign in, besides this one. */
export async function countOtherAdmins(tx: Tx, id: string): Promise<number> {
  const rows = await tx
    .selectFrom('users')
    .select('id')
    .where('role', '=', 'admin')
    .where('disabledAt', 'is', null)
    .where('id', '!=', id)
    .where((eb) => eb.exists(eb.selectFrom('accounts').select('id').whereRef('userId', '=', 'users.id')))
    .execute()
  return rows.length
}

export interface KnownUser extends User {
  twoFactorEnabled: boolean
  createdAt: Date
  hasAccount: boolean
  galleries: number
  lastSeenAt: Date | null
}

/** All users by name, with what an admin wants to see of them. */
export async function listUsers(db: Database): Promise<KnownUser[]> {
  const rows = await db
    .selectFrom('users')
    .select([...columns, 'twoFactorEnabled', 'createdAt'])
    .select((eb) => [
      eb.exists(eb.selectFrom('accounts').select('id').whereRef('userId', '=', 'users.id')).as('hasAccount'),
      eb
        .selectFrom('galleries')
        .select((g) => g.fn.countAll<number>().as('n'))
        .whereRef('ownerId', '=', 'users.id')
        .where('state', '!=', 'deleted')
        .as('galleries'),
      eb
        .selectFrom('sessions')
        .select((s) => s.fn.max('updatedAt').as('at'))
        .whereRef('userId', '=', 'users.id')
        .as('lastSeenAt'),
    ])
    .orderBy('name')
    .orderBy('id')
    .execute()
  return rows.map((row) => ({ ...row, hasAccount: Boolean(row.hasAccount), galleries: row.galleries ?? 0 }))
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
