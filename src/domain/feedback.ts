/** Feedback of guests as it travels inside an archive: raw rows, the same as CSV, and a summary for each photo. */

export interface Feedback {
  itemId: string
  kind: 'like' | 'rating' | 'comment' | 'favorite'
  /** 1–5, of a rating */
  rating: number | null
  comment: string | null
  guestName: string | null
  guestEmail: string | null
  /** ISO 8601 */
  createdAt: string
}

const columns = ['filename', 'feedback_type', 'rating', 'comment_text', 'guest_name', 'guest_email', 'created_at'] as const

/** The files of the folder `feedback/`; none when nobody said anything (LAY-02). `paths` gives each item's path in the archive. */
export function feedbackFiles(feedback: Feedback[], paths: Map<string, string>): { name: string; text: string }[] {
  if (!feedback.length) return []
  const rows = feedback.map((f) => ({
    item: f.itemId,
    filename: paths.get(f.itemId) ?? null,
    feedback_type: f.kind,
    rating: f.rating,
    comment_text: f.comment,
    guest_name: f.guestName,
    guest_email: f.guestEmail,
    created_at: f.createdAt,
  }))
  const csv = [columns.join(','), ...rows.map((row) => columns.map((c) => csvCell(row[c])).join(','))].join('\r\n')
  return [
    { name: 'feedback_data.json', text: `${JSON.stringify(rows, null, 1)}\n` },
    // the mark tells Excel that this is UTF-8
    { name: 'feedback_data.csv', text: `\ufeff${csv}\r\n` },
    { name: 'feedback_summary.json', text: `${JSON.stringify(summary(feedback, paths), null, 1)}\n` },
  ]
}

/** One CSV cell (RFC 4180). A cell that a spreadsheet would run as a formula gets a leading apostrophe. */
export function csvCell(value: string | number | boolean | null): string {
  if (value === null) return ''
  const text = typeof value === 'string' && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value)
  return /[",\r\n]/.test(text) || text === '' || text !== text.trim() ? `"${text.replaceAll('"', '""')}"` : text
}

function summary(feedback: Feedback[], paths: Map<string, string>) {
  return [...Map.groupBy(feedback, (f) => f.itemId)].map(([item, all]) => {
    const ratings = all.flatMap((f) => (f.rating === null ? [] : [f.rating]))
    return {
      item,
      filename: paths.get(item) ?? null,
      likes: all.filter((f) => f.kind === 'like').length,
      favorites: all.filter((f) => f.kind === 'favorite').length,
      comments: all.filter((f) => f.kind === 'comment').length,
      ratings: ratings.length,
      average_rating: ratings.length ? Math.round((ratings.reduce((a, b) => a + b, 0) / ratings.length) * 100) / 100 : null,
    }
  })
}
