/** What the page of failed work asks. */
import { call, type FailedJob, type Page, type RetriedJobs, type RetryInput } from '../../api.ts'
import { useAsk } from '../../ui/ask.ts'

/** Asked again now and then: what was tried again comes to its end. */
export const useJobs = (query: string) =>
  useAsk(['jobs', query], (signal) => call<Page<FailedJob>>('GET', `/api/jobs${query}`, undefined, signal), {
    keep: true,
    every: () => 10_000,
  })
export const retryJobs = (input: RetryInput) => call<RetriedJobs>('POST', '/api/jobs/retry', input)
