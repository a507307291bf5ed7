/** What has failed, why, and how it is tried again: each by the feature that does it, as app/retries.ts joins them. */
import type { FailedJob, RetriedJobs } from '../../../sdk/src/wire.ts'
import { AppError, sentenceOf } from '../../base/errors.ts'
import { type Failure, type FailureKind, findFailure, pageFailures } from '../../data/failures.ts'
import { letterError } from '../../domain/letter-error.ts'
import type { Deps } from '../../ports/deps.ts'

/** One for each kind: asks for the work once more. What cannot be throws a code of ours. */
export type Retries = { [K in FailureKind]: (failure: Failure, userId: string) => Promise<void> }

// one press of a button; what is more comes with the next one
const most = 200

/** Each by itself: one that cannot be tried again stops no other. What is nobody's, or not failed any more, is `not_found`. */
export async function retryJobs(
  deps: Pick<Deps, 'db' | 'log'>,
  retries: Retries,
  ownerId: string,
  wish: { jobs: { kind: FailureKind; id: string }[] } | { all: true; kind?: FailureKind | undefined },
): Promise<RetriedJobs> {
  const chosen =
    'jobs' in wish ? wish.jobs : (await pageFailures(deps.db, ownerId, { limit: most, kind: wish.kind })).filter((one) => one.mayRetry)
  const answer: RetriedJobs = { retried: 0, refused: [] }
  for (const { kind, id } of chosen) {
    try {
      // asked anew: it may have been tried meanwhile
      const failure = await findFailure(deps.db, ownerId, kind, id)
      if (!failure) throw new AppError('not_found')
      await retries[kind](failure, ownerId)
      answer.retried += 1
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      answer.refused.push({ kind, id, code: error.code, title: error.message })
    }
  }
  deps.log.info({ owner: ownerId, retried: answer.retried, refused: answer.refused.length }, 'failed work is tried again')
  return answer
}

export const viewFailure = (row: Failure): FailedJob => ({
  kind: row.kind,
  id: row.id,
  gallery_id: row.galleryId,
  gallery_title: row.galleryTitle,
  gallery_slug: row.gallerySlug,
  subject: row.subject,
  webhook_id: row.parentId,
  code: row.code,
  reason: reasonOf(row),
  tries: row.tries,
  may_retry: row.mayRetry,
  created_at: row.createdAt.toISOString(),
})

function reasonOf({ kind, code, message }: Failure): string | null {
  if (message === null) return code && sentenceOf(code)
  return kind === 'letter' ? letterError(message).text : message
}
