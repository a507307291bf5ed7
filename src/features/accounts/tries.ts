/** Counts how often one address tries the password of one account: wrong ones make that address wait, and nobody else. */
import { createHash } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { AppError } from '../../base/errors.ts'
import { forgetAttempts, takeAttempt } from '../../data/throttles.ts'
import { addressGroup } from '../../http/address.ts'
import type { Deps } from '../../ports/deps.ts'

/** Takes a try, does the work and forgets the try; work that throws was a wrong one. Throws `too_many_requests`. */
export async function countTry<T>(
  { db, clock }: Pick<Deps, 'db' | 'clock'>,
  request: FastifyRequest,
  account: string,
  work: () => Promise<T>,
): Promise<T> {
  const key = keyOf(request, account)
  const retryAfter = await takeAttempt(db, key, clock.now())
  if (retryAfter > 0) throw new AppError('too_many_requests', { retryAfter })
  const done = await work()
  await forgetAttempts(db, key)
  return done
}

/** The account is hashed: keys stay short, and the table holds no list of addresses. */
function keyOf(request: FastifyRequest, account: string): string {
  return `sign-in ${createHash('sha256').update(account).digest('base64url')} ${addressGroup(request.ip)}`
}
