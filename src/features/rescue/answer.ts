/** What an answer of a provider means: its file, more of the same file, or which failure. */

import { seconds } from '../../base/clock.ts'
import { AppError } from '../../base/errors.ts'
import { unreadable } from '../../domain/media-check/unreadable.ts'
import { retryAfter } from '../../domain/webhook.ts'
import type { HttpAnswer } from '../../ports/http/port.ts'

type Head = Pick<HttpAnswer, 'status' | 'headers'>

/** Null for one that brings the whole file. */
export function failureOf({ status, headers }: Head, now: Date): AppError | null {
  const encoding = headers['content-encoding']
  if (status === 200) return encoding === undefined || encoding === 'identity' ? null : unreadable('packed', { encoding })
  if (status === 404 || status === 410) return new AppError('remote_gone', { status })
  // 202: it is still being made
  if (status === 429 || status === 503 || status === 202)
    return new AppError('remote_busy', { status, retryAfterMs: retryAfter(headers['retry-after'], now) })
  return new AppError('remote_unreachable', { status, reason: `it answered ${status}` })
}

/** By what the provider knows this version again (RFC 9110 13.1.5): a strong ETag, or a date that was over before it answered (8.8.2.2). */
export function validatorOf({ headers }: Head): string | null {
  const { etag, 'last-modified': modified = '', date = '' } = headers
  if (etag !== undefined) return /^"[\x21\x23-\x7e\x80-\xff]*"$/.test(etag) ? etag : null
  return Date.parse(date) - Date.parse(modified) >= seconds(1) ? modified : null
}

/** Does the answer go on where we were, in the same file? */
export function isSameFile(
  { status, headers }: Head,
  { at, total, validator }: { at: number; total: number | null; validator: string | null },
): boolean {
  const range = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(headers['content-range'] ?? '')
  if (status !== 206 || !range || Number(range[1]) !== at || (headers['content-encoding'] ?? 'identity') !== 'identity') return false
  if (headers.etag !== undefined && validator?.startsWith('"') && headers.etag !== validator) return false
  return total === null || range[3] === '*' || Number(range[3]) === total
}
