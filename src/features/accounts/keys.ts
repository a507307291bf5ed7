/** API keys: made, listed and revoked by their owner, in the browser or on the command line. */
import { AppError } from '../../base/errors.ts'
import { newId, newToken } from '../../base/id.ts'
import { type ApiKey, findKeysOf, insertKey, markKeyRevoked } from '../../data/apiKeys.ts'
import type { Scope } from '../../domain/access.ts'
import { hashKey } from '../../http/guard.ts'
import type { Deps } from '../../ports/deps.ts'

/** Makes a key. Its text is in this answer and nowhere else. */
export async function createKey(
  { db, clock }: Pick<Deps, 'db' | 'clock'>,
  ownerId: string,
  { name, scopes }: { name: string; scopes: Scope[] },
): Promise<{ key: string; made: ApiKey }> {
  const now = clock.now()
  const key = `ks_${newToken()}`
  const made = { id: newId(now), ownerId, name, scopes: [...new Set(scopes)], createdAt: now, lastUsedAt: null, revokedAt: null }
  await insertKey(db, made, hashKey(key))
  return { key, made }
}

/** The keys of a user, the newest first; revoked ones too. */
export const listKeys = ({ db }: Pick<Deps, 'db'>, ownerId: string): Promise<ApiKey[]> => findKeysOf(db, ownerId)

/** Revokes a key of this user: it opens nothing from now on. */
export async function revokeKey({ db, clock }: Pick<Deps, 'db' | 'clock'>, ownerId: string, id: string): Promise<void> {
  if (!(await markKeyRevoked(db, ownerId, id, clock.now()))) throw new AppError('key_unknown')
}
