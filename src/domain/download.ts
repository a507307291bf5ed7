/**
 * Downloads: which bytes of a file somebody has surely received. Pure.
 *
 * What the system took from us may still lie in its buffers when the line ends. So an answer has three marks: `from` it began,
 * up to `sure` the other side has it, up to `until` it may have it. Who later goes on inside such a stretch tells where it
 * stopped: everything before that place has arrived too.
 */

/** Bytes `[from, to)`. */
export interface Stretch {
  from: number
  to: number
}

/** One answer to one GET; times in ms since 1970. */
export interface Answer {
  from: number
  sure: number
  until: number
  /** up to here it was asked for */
  to: number
  /** when it was asked for */
  begun: number
  /** when the system took the last of its bytes */
  last: number
}

/** What one reader has of one file, on the way to its next complete copy. */
export interface Copy {
  /** in order, without overlap */
  received: Stretch[]
  /** the last ones; those whose end is open are judged by what was asked after them */
  answers: Answer[]
}

export const nothing: Copy = { received: [], answers: [] }

/**
 * Bytes that may be under way when a line breaks: a full send buffer (4 MiB on Linux) and the reader's receive buffer, up to
 * tcp_rmem's largest (6 MiB on most systems, 32 MiB where 16.5 MiB were once seen). A large margin costs only that a broken
 * download looks a little smaller until it goes on.
 */
export const underWay = 64 * 1024 * 1024

const mostAnswers = 256
const mostStretches = 1000

/** The copy with one more answer. Of more than 1,000 pieces the smallest are forgotten: too little is claimed, never too much. */
export function take(copy: Copy, answer: Answer): Copy {
  const answers = [...copy.answers, answer]
  const kept = { received: copy.received, answers: answers.slice(-mostAnswers) }
  // what an answer that is forgotten has told stays
  const told = answers.length > mostAnswers ? settled(answers) : []
  const received = join([...kept.received, ...told, { from: answer.from, to: answer.sure }])
  return { received: largest(received), answers: kept.answers }
}

/** Everything the reader of a file of `size` bytes surely has. */
export function covered(copy: Copy, size: number): Stretch[] {
  const sure = join([...copy.received, ...settled(copy.answers)])
  const joined = join([...sure, ...joints(copy.answers)])
  return isWhole(joined, size) ? joined : sure
}

export const isWhole = (stretches: Stretch[], size: number): boolean => {
  const [first] = stretches
  return first !== undefined && first.from === 0 && first.to >= size
}

export const lengthOf = (stretches: Stretch[]): number => stretches.reduce((sum, { from, to }) => sum + to - from, 0)

/** In order, joined where they touch or overlap; empty ones go. */
export function join(stretches: Stretch[]): Stretch[] {
  const joined: Stretch[] = []
  for (const { from, to } of stretches.filter((s) => s.from < s.to).sort((a, b) => a.from - b.from)) {
    const last = joined.at(-1)
    if (last && from <= last.to) last.to = Math.max(last.to, to)
    else joined.push({ from, to })
  }
  return joined
}

/** The open ends up to where somebody went on. Who asked before the last bytes had left went on with something else. */
function settled(answers: Answer[]): Stretch[] {
  return answers
    .filter((a) => a.sure < a.until)
    .map((a) => {
      const next = answers.filter((b) => b !== a && b.begun >= a.last && b.from > a.sure && b.from <= a.until)
      // several may have gone on side by side: the one that is furthest behind says where it broke
      return { from: a.sure, to: Math.min(...next.map((b) => b.from), Number.POSITIVE_INFINITY) }
    })
    .filter((s) => s.to !== Number.POSITIVE_INFINITY)
}

/**
 * A program with several lines breaks one off where another has begun (aria2c takes the second half of what a slow line still has
 * to fetch). Whether it read up to there cannot be seen, so it counts only when nothing else of the file is missing.
 */
function joints(answers: Answer[]): Stretch[] {
  return answers
    .filter((a) => a.sure < a.until)
    .map((a) => {
      const beside = answers.filter((b) => b.begun < a.last && b.from > a.sure && b.from <= a.until && b.from < a.to)
      return { from: a.sure, to: Math.min(...beside.map((b) => b.from), Number.POSITIVE_INFINITY) }
    })
    .filter((s) => s.to !== Number.POSITIVE_INFINITY)
}

function largest(stretches: Stretch[]): Stretch[] {
  if (stretches.length <= mostStretches) return stretches
  return join(stretches.toSorted((a, b) => b.to - b.from - (a.to - a.from)).slice(0, mostStretches))
}

/** The program at the other end, as a family: enough to explain a broken download, too little to know a person by. */
export function agentFamily(userAgent: string | undefined): string {
  const text = userAgent ?? ''
  return families.find(([, sign]) => sign.test(text))?.[0] ?? 'other'
}

// in this order: every browser also names those it descends from
const families: [string, RegExp][] = [
  ['edge', /\bEdg/],
  ['opera', /\bOPR\//],
  ['firefox', /\b(Firefox|FxiOS)\//],
  ['chrome', /\b(Chrome|Chromium|CriOS)\//],
  ['safari', /\bSafari\//],
  ['keepsake', /^keepsake/i],
  ['curl', /^curl\//],
  ['wget', /^Wget\//],
  ['aria2', /^aria2\//],
]
