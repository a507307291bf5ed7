/** Items under their chapters: chapters stand in the order of their first items, items in the order they have. Pure. */

export interface Chapter<T> {
  /** null: under no heading */
  name: string | null
  items: T[]
}

export function chaptersOf<T extends { chapter: string | null }>(items: readonly T[]): Chapter<T>[] {
  const chapters = new Map<string | null, T[]>()
  for (const item of items) {
    const known = chapters.get(item.chapter)
    if (known) known.push(item)
    else chapters.set(item.chapter, [item])
  }
  return [...chapters].map(([name, items]) => ({ name, items }))
}
