/** Calls by cron, and by whoever else holds its secret: the service itself, not a person. */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { AppError } from '../base/errors.ts'

/** Throws `cron_off` where there is no secret, and `cron_refused`. Compares digests: equal lengths, in a time that tells nothing. */
export function checkCron(request: FastifyRequest, secret: string | null): void {
  if (!secret) throw new AppError('cron_off')
  const given = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? ''
  const digest = (text: string) => createHash('sha256').update(text).digest()
  if (!timingSafeEqual(digest(given), digest(secret))) throw new AppError('cron_refused')
}
