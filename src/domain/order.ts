/** The order of a gallery's items: by a property, or some of them moved. Pure. */

export interface Ordered {
  id: string
  position: number
  /** of its file */
  name: string
  /** as the camera wrote it: `2026-06-14T15:02:11`; null: unknown */
  capturedAt: string | null
}

// people count: 2 comes before 10
const natural = new Intl.Collator('en', { numeric: true })

/** Those without a capture time come last, in the order of their names. */
export function sorted(items: readonly Ordered[], by: 'captured' | 'name'): Ordered[] {
  const byName = (a: Ordered, b: Ordered) => natural.compare(a.name, b.name)
  if (by === 'name') return [...items].sort(byName)
  return [...items].sort((a, b) => {
    if (a.capturedAt === b.capturedAt) return byName(a, b)
    if (a.capturedAt === null || b.capturedAt === null) return a.capturedAt === null ? 1 : -1
    return a.capturedAt < b.capturedAt ? -1 : 1
  })
}

/** These items, in the order they have, before another one or (null) at the end. Undefined when that other one is not there. */
export function moved(items: readonly Ordered[], chosen: ReadonlySet<string>, before: string | null): Ordered[] | undefined {
  const going = items.filter(({ id }) => chosen.has(id))
  if (before === null) return [...items.filter(({ id }) => !chosen.has(id)), ...going]
  const at = items.findIndex(({ id }) => id === before)
  if (at < 0) return undefined
  const staying = (part: readonly Ordered[]) => part.filter(({ id }) => !chosen.has(id))
  return [...staying(items.slice(0, at)), ...going, ...staying(items.slice(at))]
}

/**
 * The places that change. The places of all are dealt out anew, so that what is uploaded meanwhile, at the place of its moment,
 * still comes last.
 */
export function places(before: readonly Ordered[], after: readonly Ordered[]): { id: string; position: number }[] {
  let last = Number.NEGATIVE_INFINITY
  return after.flatMap(({ id, position: old }, n) => {
    last = Math.max(before[n]!.position, last + 1)
    return last === old ? [] : [{ id, position: last }]
  })
}
