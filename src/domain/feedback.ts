/** Feedback of guests as it travels inside an archive and out of the studio: raw rows, the same as CSV, and a summary for each photo. */

export type FeedbackKind = 'like' | 'rating' | 'comment' | 'favorite'
export const feedbackKinds: FeedbackKind[] = ['like', 'rating', 'comment', 'favorite']

export interface Feedback {
  itemId: string
  kind: FeedbackKind
  /** 1–5, of a rating */
  rating: number | null
  comment: string | null
  /** the same in all rows of one guest, also of one without a name */
  guest: string
  guestName: string | null
  guestEmail: string | null
  /** the photographer took it out of what guests see; it stays in their own record */
  hidden: boolean
  /** ISO 8601 */
  createdAt: string
}

/** What guests may leave, so that a gallery and its archive stay of a size that can be handled. */
export const feedbackLimits = {
  /** characters of a comment */
  comment: 2000,
  commentsOfGuestOnItem: 20,
  commentsOfGuest: 200,
  comments: 5_000,
  rows: 100_000,
  /** who said who they are */
  guests: 10_000,
}

// the first seven as other systems name them (D-12); what we know besides stands behind them
const columns = [
  'filename',
  'feedback_type',
  'rating',
  'comment_text',
  'guest_name',
  'guest_email',
  'created_at',
  'item',
  'guest',
  'hidden',
] as const

/** The files of the folder `feedback/`; none when nobody said anything (LAY-02). `names` gives each item's path in the archive. */
export function feedbackFiles(feedback: Feedback[], names: Map<string, string>): { name: string; text: string }[] {
  if (!feedback.length) return []
  return [
    { name: 'feedback_data.json', text: jsonText(feedbackRows(feedback, names)) },
    { name: 'feedback_data.csv', text: csvText(columns, feedbackRows(feedback, names)) },
    { name: 'feedback_summary.json', text: jsonText(summarize(feedback, names)) },
  ]
}

/** Raw rows, keyed by item id and by the name given for it. */
export const feedbackRows = (feedback: Feedback[], names: Map<string, string>) =>
  feedback.map((f) => ({
    item: f.itemId,
    filename: names.get(f.itemId) ?? null,
    feedback_type: f.kind,
    rating: f.rating,
    comment_text: f.comment,
    guest: f.guest,
    guest_name: f.guestName,
    guest_email: f.guestEmail,
    hidden: f.hidden,
    created_at: f.createdAt,
  }))

export const feedbackCsv = (feedback: Feedback[], names: Map<string, string>): string => csvText(columns, feedbackRows(feedback, names))
export const jsonText = (value: unknown): string => `${JSON.stringify(value, null, 1)}\n`

type Cell = string | number | boolean | null

/** A table as CSV (RFC 4180). The mark at its beginning tells Excel that this is UTF-8. */
export function csvText<C extends string>(columns: readonly C[], rows: Record<C, Cell>[]): string {
  const lines = [columns.join(','), ...rows.map((row) => columns.map((c) => csvCell(row[c])).join(','))]
  return `\ufeff${lines.join('\r\n')}\r\n`
}

/** One CSV cell. What a spreadsheet would run as a formula gets a leading apostrophe; nothing, "", 0 and false stay distinct. */
export function csvCell(value: Cell): string {
  if (value === null) return ''
  const text = typeof value === 'string' && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value)
  return /[",\r\n]/.test(text) || text === '' || text !== text.trim() ? `"${text.replaceAll('"', '""')}"` : text
}

/** What was said of each item, those first of which something was said first. What is hidden counts only as that. */
export function summarize(feedback: Feedback[], names: Map<string, string>) {
  return [...Map.groupBy(feedback, (f) => f.itemId)].map(([item, all]) => {
    const seen = all.filter((f) => !f.hidden)
    const ratings = seen.flatMap((f) => (f.rating === null ? [] : [f.rating]))
    return {
      item,
      filename: names.get(item) ?? null,
      likes: seen.filter((f) => f.kind === 'like').length,
      favorites: seen.filter((f) => f.kind === 'favorite').length,
      comments: seen.filter((f) => f.kind === 'comment').length,
      ratings: ratings.length,
      average_rating: ratings.length ? Math.round((ratings.reduce((a, b) => a + b, 0) / ratings.length) * 100) / 100 : null,
      hidden: all.length - seen.length,
    }
  })
}
