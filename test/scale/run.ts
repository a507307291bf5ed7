/** Asks every question and answers how each of its statements was done. */
import { sql } from 'kysely'
import { buffers, type Seen, type Step, steps, touched, type Watched } from './postgres.ts'
import { type Question, questions, type Sample, takeSample } from './questions.ts'

export interface Measured {
  name: string
  question: Question
  ms: number
  /** all pages it looked at, of its statements and of what they set off */
  buffers: number
  /** rows it took into its hands */
  rows: number
  statements: Seen[]
}

/** Each is asked `rounds` times: of the fastest time, when what it needs lies in memory, the others are noise of the machine. */
export async function askAll(watched: Watched, only: (name: string) => boolean = () => true, rounds = 1): Promise<Measured[]> {
  const sample = await takeSample(watched.db)
  const all: Measured[] = []
  for (const [name, question] of Object.entries(questions)) {
    if (!only(name)) continue
    let ms = Number.POSITIVE_INFINITY
    let statements: Seen[] = []
    for (let round = 0; round < rounds; round++) {
      const begun = performance.now()
      statements = await askOne(watched, question, sample)
      ms = Math.min(ms, performance.now() - begun)
    }
    all.push({
      name,
      question,
      ms,
      buffers: sum(statements, ({ plan }) => buffers(plan)),
      rows: sum(statements, ({ plan }) => sum(steps(plan).filter(isScan), touched)),
      statements,
    })
  }
  return all
}

/** What was not answered by an index: a table of more than 100 rows read whole, or more rows looked at than the answer needs. */
export function faultsOf({ name, question, rows, statements }: Measured): string[] {
  if (question.rows === 'all') return []
  const whole = statements.flatMap(({ plan }) => steps(plan)).filter((s) => s['Node Type'] === 'Seq Scan' && touched(s) > 100)
  const faults = [...new Set(whole.map((s) => `${name} reads all of ${s['Relation Name']}`))]
  return rows > (question.rows ?? 1000) ? [...faults, `${name} looks at ${Math.round(rows)} rows`] : faults
}

class Undone extends Error {}

async function askOne({ db, take }: Watched, { ask }: Question, sample: Sample): Promise<Seen[]> {
  take()
  await db
    .transaction()
    .execute(async (tx) => {
      await ask(tx, sample)
      throw new Undone()
    })
    .catch((error: unknown) => {
      if (!(error instanceof Undone)) throw error
    })
  // what it said comes before its answer, so nothing is under way
  await sql`select 1`.execute(db)
  return take().filter(({ text }) => text !== 'select 1')
}

// a bitmap of an index is read again as rows of its table
const isScan = (s: Step): boolean =>
  /Scan$/.test(s['Node Type']) && ('Relation Name' in s || 'Index Name' in s) && s['Node Type'] !== 'Bitmap Index Scan'
export const sum = <T>(all: T[], of: (one: T) => number): number => all.reduce((total, one) => total + of(one), 0)
