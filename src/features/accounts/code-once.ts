/** A code of somebody's app opens once (RFC 6238, 5.2): whoever saw it typed comes too late, also within its half minute. */
import { createHash } from 'node:crypto'
import { minutes } from '../../base/clock.ts'
import { forgetAttempts, takeOnce } from '../../data/throttles.ts'
import type { Deps } from '../../ports/deps.ts'

// the library takes a code of the half minute before and of the one after as well, and the clocks of two processes may differ
const lives = minutes(5)
// it has letters, and so is never right
const wrong = 'used'

/**
 * Lets `verify` judge the code, or one that is never right when this account has used it: so it counts as any wrong one does, and
 * tells nothing. One that opened nothing is not used.
 */
export async function codeOnce<T>(
  { db, clock }: Pick<Deps, 'db' | 'clock'>,
  userId: string,
  code: string,
  verify: (code: string) => Promise<T>,
): Promise<T> {
  const key = `code ${userId} ${createHash('sha256').update(code).digest('base64url')}`
  if (!(await takeOnce(db, key, clock.now(), lives))) return verify(wrong)
  try {
    return await verify(code)
  } catch (error) {
    await forgetAttempts(db, key)
    throw error
  }
}
