/** Questions to the table api_keys. */
import { after, minutes } from '../base/clock.ts'
import type { Scope } from '../domain/access.ts'
import type { Database, Tx } from '../ports/database/port.ts'

/** An API key as its owner sees it; the key itself is kept nowhere. */
export interface ApiKey {
  id: string
  ownerId: string
  name: string
  scopes: Scope[]
  createdAt: Date
  lastUsedAt: Date | null
  revokedAt: Date | null
}

const columns = ['id', 'ownerId', 'name', 'scopes', 'createdAt', 'lastUsedAt', 'revokedAt'] as const

export async function insertKey(db: Database | Tx, key: ApiKey, hash: Buffer): Promise<void> {
  await db
    .insertInto('apiKeys')
    .values({ ...key, hash })
    .execute()
}

/** The key with this SHA-256 that was not revoked, of a user who is not switched off. */
export async function findKeyByHash(db: Database, hash: Buffer): Promise<ApiKey | undefined> {
  const row = await db
    .selectFrom('apiKeys')
    .select(columns)
    .where('hash', '=', hash)
    .where('revokedAt', 'is', null)
    .where((eb) => eb.exists(eb.selectFrom('users').select('id').whereRef('id', '=', 'apiKeys.ownerId').where('disabledAt', 'is', null)))
    .executeTakeFirst()
  return row as ApiKey | undefined
}

/** All keys of a user, the newest first. */
export async function findKeysOf(db: Database, ownerId: string): Promise<ApiKey[]> {
  const rows = await db.selectFrom('apiKeys').select(columns).where('ownerId', '=', ownerId).orderBy('id', 'desc').execute()
  return rows as ApiKey[]
}

/** Revokes a key of this user; answers whether there was one to revoke. */
export async function markKeyRevoked(db: Database, ownerId: string, id: string, now: Date): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('apiKeys')
    .set({ revokedAt: now })
    .where('id', '=', id)
    .where('ownerId', '=', ownerId)
    .where('revokedAt', 'is', null)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

/** Notes the use of a key, at most once a minute: a busy key costs no write at each request. */
export async function noteKeyUse(db: Database, key: ApiKey, now: Date): Promise<void> {
  const recently = after(now, -minutes(1))
  if (key.lastUsedAt && key.lastUsedAt > recently) return
  await db
    .updateTable('apiKeys')
    .set({ lastUsedAt: now })
    .where('id', '=', key.id)
    .where((where) => where.or([where('lastUsedAt', 'is', null), where('lastUsedAt', '<=', recently)]))
    .execute()
}
