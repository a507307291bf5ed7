/** API keys: made, listed and revoked by their owner, in the browser or on the command line. */
import { AppError } from '../../base/errors.ts'
import { newId, newToken } from '../../base/id.ts'
import { type ApiKey, findKeysOf, insertKey, markKeyRevoked } from '../../data/apiKeys.ts'
import { writeToAccount } from '../../data/outbox.ts'
import type { Scope } from '../../domain/access.ts'
import { hashKey } from '../../http/guard.ts'
import type { Deps } from '../../ports/deps.ts'

/** Makes a key, and tells its owner by letter. Its text is in this answer and nowhere else. */
export async function createKey(
  deps: Pick<Deps, 'db' | 'queue' | 'clock'>,
  ownerId: string,
  { name, scopes }: { name: string; scopes: Scope[] },
): Promise<{ key: string; made: ApiKey }> {
  const now = deps.clock.now()
  const key = `ks_${newToken()}`
  const made = { id: newId(now), ownerId, name, scopes: [...new Set(scopes)], createdAt: now, lastUsedAt: null, revokedAt: null }
  await deps.db.transaction().execute(async (tx) => {
    await insertKey(tx, made, hashKey(key))
    // who did not make it shall know: a key does what its owner may
    await writeToAccount(deps, tx, ownerId, { kind: 'key_made', dedupeKey: `key_made ${made.id}`, facts: { name, scopes: made.scopes } })
  })
  return { key, made }
}

/** The keys of a user, the newest first; revoked ones too. */
export const listKeys = ({ db }: Pick<Deps, 'db'>, ownerId: string): Promise<ApiKey[]> => findKeysOf(db, ownerId)

/** Revokes a key of this user: it opens nothing from now on. */
export async function revokeKey({ db, clock }: Pick<Deps, 'db' | 'clock'>, ownerId: string, id: string): Promise<void> {
  if (!(await markKeyRevoked(db, ownerId, id, clock.now()))) throw new AppError('key_unknown')
}
