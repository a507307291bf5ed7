/** Why something was refused or could not be done: the service's problem (RFC 9457), or one of our own. */
import type { Problem } from './wire.ts'

/** Codes of this library's own, beside those of docs/errors.md. */
const own = {
  unreachable: 'The service does not answer: check the address and the connection, then try again.',
  unclear: 'The answer is not one of Keepsake: perhaps a proxy in between gave it. Check the address and try again.',
  not_resumable: 'This address does not give its file in parts: download it in a browser, or check the address.',
  changes_again: 'The archive changed again and again while it was fetched: try again when nobody changes the gallery.',
  damaged_at_source: 'Parts of the archive arrive damaged each time they are fetched: tell the photographer.',
  disk_full: 'There is not enough space on this disk: free some, then run the same command again; what was fetched is kept.',
} as const

/** Thrown by every function that does not answer `{ error }`. */
export class KeepsakeError extends Error {
  override readonly name = 'KeepsakeError'
  readonly problem: Problem
  /** seconds the service asks to wait, when it said so */
  readonly retryAfter: number | null

  constructor(problem: Problem, { retryAfter = null, cause }: { retryAfter?: number | null; cause?: unknown } = {}) {
    super([problem.title, problem.detail].filter((part, n, all) => part && all.indexOf(part) === n).join(' '), { cause })
    this.problem = problem
    this.retryAfter = retryAfter
  }

  /** Stable: of docs/errors.md, or `unreachable`, `unclear` and the like. */
  get code(): string {
    return this.problem.code
  }

  /** HTTP status; 0 when there was no answer */
  get status(): number {
    return this.problem.status
  }
}

/** An error of our own. */
export function ownError(
  code: keyof typeof own,
  { status = 0, detail, cause }: { status?: number; detail?: string; cause?: unknown } = {},
) {
  return new KeepsakeError({ type: 'about:blank', title: own[code], status, code, detail }, { cause })
}

/** The error that an answer stands for; reads its body. */
export async function errorOf(answer: Response): Promise<KeepsakeError> {
  const body = await answer.text().catch(() => '')
  const retryAfter = secondsOf(answer.headers.get('retry-after'))
  try {
    const found = JSON.parse(body) as Partial<Problem>
    if (typeof found?.title === 'string' && typeof found.code === 'string')
      return new KeepsakeError({ type: 'about:blank', status: answer.status, ...found } as Problem, { retryAfter })
  } catch {
    // not ours: a proxy, a storage, or an answer to HEAD, which has no body
  }
  const { problem } = ownError('unclear', { status: answer.status, detail: `HTTP ${answer.status}` })
  return new KeepsakeError(problem, { retryAfter })
}

/** Would the same request a little later do? Not when the service has decided. */
export const passes = ({ status, code }: KeepsakeError): boolean =>
  code === 'unreachable' || status === 408 || status === 429 || status >= 500

/** Retry-After: seconds, or a time (RFC 9110, 10.2.3). */
function secondsOf(header: string | null): number | null {
  if (header === null) return null
  const seconds = /^\d+$/.test(header.trim()) ? Number(header) : (Date.parse(header) - Date.now()) / 1000
  return Number.isFinite(seconds) ? Math.max(0, seconds) : null
}
