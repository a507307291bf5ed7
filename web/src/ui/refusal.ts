/** Why a question to the server had no answer: its problem (RFC 9457), or ours when the server said nothing readable. */
import type { Problem } from '../../../sdk/src/wire.ts'
import { found, inWords, type Told } from './told.ts'

export class Refusal extends Error {
  readonly problem: Problem
  /** seconds the server asks to wait */
  readonly retryAfter: number | null

  constructor(problem: Problem, retryAfter: number | null = null) {
    super(problem.title)
    this.problem = problem
    this.retryAfter = retryAfter
  }
}

export function refusalOf(error: unknown): Refusal {
  return error instanceof Refusal ? error : new Refusal(ownProblem('unclear', 0))
}

/**
 * unreachable: no answer at all; unclear: an answer that is not ours, as of a proxy; unreadable: a file that was chosen cannot be read
 * any more. The page says them in its own language.
 */
export function ownProblem(code: 'unreachable' | 'unclear' | 'unreadable', status: number): Problem {
  return { type: 'about:blank', title: code, status, code }
}

/** A problem out of the body of an answer, whoever fetched it. */
export function readProblem(status: number, body: string): Problem {
  try {
    const found = JSON.parse(body) as Partial<Problem>
    if (typeof found?.title === 'string' && typeof found.code === 'string') return { type: 'about:blank', status, ...found } as Problem
  } catch {
    // Not JSON: a proxy in between, or the server is just starting.
  }
  return ownProblem('unclear', status)
}

export interface OwnSentences {
  unreachable: string
  unclear: string
  unreadable: string
  told: Told
}

/** One sentence for a person: what the code says, then what is special about this case. */
export function sentenceOf(problem: Problem, own: OwnSentences): string {
  const { told } = own
  if (problem.code === 'unreachable' || problem.code === 'unclear' || problem.code === 'unreadable') return own[problem.code]
  const fields = problem.errors?.map(({ path, message }) => `${found(told, path) ?? path}: ${inWords(told, message)}`).join('; ')
  const parts = [found(told, problem.code) ?? problem.title, problem.detail && inWords(told, problem.detail), fields]
  return parts.filter((part, n) => part && parts.indexOf(part) === n).join(' ')
}
