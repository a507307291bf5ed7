/** Reads Range and If-Range (RFC 9110, 13.1.5 and 14): pure, one range only. */

export interface Asked {
  method: string
  range?: string
  ifRange?: string
  /** strong entity tag of the bytes, in its quotes */
  etag: string
  /** bytes */
  size: number
}

/** What to answer: all of it (200), `[from, to)` of it (206), or that there is no such part (416). */
export type Answer = { kind: 'whole' } | { kind: 'part'; from: number; to: number } | { kind: 'unsatisfiable' }

const whole: Answer = { kind: 'whole' }
const unsatisfiable: Answer = { kind: 'unsatisfiable' }

/** Which bytes a request asks for. What we do not understand, or need not honour, is answered with the whole. */
export function askedRange({ method, range, ifRange, etag, size }: Asked): Answer {
  // 14.2: range handling is defined for GET alone
  if (method !== 'GET' || range === undefined) return whole
  // 13.1.5: strong comparison only. A date never matches: we send no Last-Modified.
  if (ifRange !== undefined && ifRange.trim() !== etag) return whole
  const set = /^bytes=(.*)$/i.exec(range.trim())?.[1]
  // 5.6.1: empty elements of a list count for nothing
  const specs = (set ?? '').split(',').flatMap((spec) => spec.trim() || [])
  const spec = specs.length === 1 ? /^(\d*)-(\d*)$/.exec(specs[0]!) : null
  if (!spec || spec[0] === '-') return whole
  const [, first, last] = spec
  return first === '' ? lastBytes(Number(last), size) : fromTo(Number(first), last === '' ? Number.POSITIVE_INFINITY : Number(last), size)
}

function lastBytes(count: number, size: number): Answer {
  if (count === 0) return unsatisfiable
  // of nothing, "the last n bytes" is the whole, and Content-Range could not say it
  return size === 0 ? whole : { kind: 'part', from: Math.max(0, size - count), to: size }
}

function fromTo(first: number, last: number, size: number): Answer {
  if (last < first) return whole
  return first >= size ? unsatisfiable : { kind: 'part', from: first, to: Math.min(last + 1, size) }
}
