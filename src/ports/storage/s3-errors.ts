/** What an S3 server says, in our words. */

import { AppError } from '../../base/errors.ts'

/** The server's name for an error and its HTTP status; both undefined when no server answered. */
export function answerOf(error: unknown): { name: string | undefined; status: number | undefined } {
  if (!(error instanceof Error)) return { name: undefined, status: undefined }
  const { $metadata } = error as { $metadata?: { httpStatusCode?: number } }
  return { name: error.name, status: $metadata?.httpStatusCode }
}

const full = new Set(['QuotaExceeded', 'CapExceeded', 'StorageFull', 'XMinioStorageFull', 'InsufficientStorage'])
const noBucket = new Set(['NoSuchBucket', 'InvalidBucketName'])
const damaged = new Set(['XAmzContentSHA256Mismatch', 'BadDigest', 'InvalidDigest'])

/** The bytes arrived differently from how they were signed: they may be sent again. */
export const isDamaged = (error: unknown): boolean => damaged.has(answerOf(error).name ?? '')

const refused = new Set(['InvalidPart', 'EntityTooSmall', 'InvalidRequest', 'NotImplemented', 'MethodNotAllowed'])

/** The server does not know, or will not have, what we asked for: asking again is no use, another way may be. */
export const isRefusal = (error: unknown): boolean => error instanceof AppError && refused.has(answerOf(error.cause).name ?? '')

/**
 * A store that has no room is `storage_full`; everything else that a server says, or that keeps it from answering, means that
 * the store is not usable now. `remedy` says what the operator can do where that is known.
 */
export function storageError(error: unknown, facts: Record<string, unknown>): unknown {
  // a fault in the program, not in the world
  if (error instanceof AppError || error instanceof TypeError || error instanceof RangeError) return error
  const { name, status } = answerOf(error)
  const code = (error as NodeJS.ErrnoException).code
  if (full.has(name ?? '') || status === 507) return new AppError('storage_full', { ...facts, reason: name }, { cause: error })
  const reason = status === undefined ? (code ?? name) : `${status} ${name}`
  return new AppError('storage_unreachable', { ...facts, reason, ...remedyFor(name, status) }, { cause: error })
}

function remedyFor(name = '', status = 0): { remedy?: string } {
  if (noBucket.has(name)) return { remedy: 'create the bucket first, or correct S3_BUCKET: Keepsake never creates one' }
  if (name === 'RequestTimeTooSkewed') return { remedy: 'set the clock of this machine' }
  if (status === 401 || status === 403)
    return { remedy: 'the server refused the access key: check S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY and the rights on the bucket' }
  if (status === 301 || status === 307 || status === 308) return { remedy: 'check S3_REGION and S3_ENDPOINT' }
  return {}
}
