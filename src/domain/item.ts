/** Item: one thing that a client sees and speaks about. Its chapter is the heading it stands under. */

/** The heading as it is kept: whole characters, 200 at most; null for none. */
export function chapterOf(text: string | null | undefined): string | null {
  const kept = (text ?? '').toWellFormed().replaceAll('\0', '').trim().slice(0, 200).toWellFormed()
  return kept || null
}
