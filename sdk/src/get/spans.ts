/** Stretches of a file, [from, to): which are there and which are missing. */

export type Span = [from: number, to: number]

/** The same bytes as few stretches in ascending order. */
export function join(spans: readonly Span[]): Span[] {
  const joined: Span[] = []
  for (const [from, to] of spans.toSorted((a, b) => a[0] - b[0])) {
    const last = joined.at(-1)
    if (from >= to) continue
    if (last && from <= last[1]) last[1] = Math.max(last[1], to)
    else joined.push([from, to])
  }
  return joined
}

/** What is missing of `size` bytes. */
export function gaps(spans: readonly Span[], size: number): Span[] {
  const open: Span[] = []
  let at = 0
  for (const [from, to] of join(spans)) {
    if (from > at) open.push([at, from])
    at = to
  }
  if (at < size) open.push([at, size])
  return open
}

/** Cut into pieces of at most `length` bytes. */
export const pieces = (spans: readonly Span[], length: number): Span[] =>
  spans.flatMap(([from, to]) =>
    Array.from({ length: Math.ceil((to - from) / length) }, (_, i): Span => [from + i * length, Math.min(to, from + (i + 1) * length)]),
  )

export const bytesOf = (spans: readonly Span[]): number => spans.reduce((sum, [from, to]) => sum + to - from, 0)
