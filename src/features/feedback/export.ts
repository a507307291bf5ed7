/** What guests said as one file for the photographer, at any time: raw rows, a summary, or lists for their own programs. */
import { crc32 } from 'node:zlib'
import { asFeedback, type FeedbackFilter, listSaid, type Said } from '../../data/feedback.ts'
import { type Feedback, feedbackCsv, feedbackRows, jsonText, summarize } from '../../domain/feedback.ts'
import type { Gallery } from '../../domain/gallery.ts'
import { picksCsv, picksText, sidecars } from '../../domain/picks.ts'
import type { Deps } from '../../ports/deps.ts'
import { layout, type ZipEntry } from '../../zip/layout.ts'
import { write } from '../../zip/write.ts'

/** csv, json: every row. summary, list: a line for each photo. txt: names of favourites for a text filter. xmp: a ZIP of sidecars. */
export const exportFormats = ['csv', 'json', 'summary', 'list', 'txt', 'xmp'] as const
export type ExportFormat = (typeof exportFormats)[number]

export interface FeedbackFile {
  fileName: string
  mime: string
  /** bytes */
  size: number
  body: Iterable<Uint8Array> | AsyncIterable<Uint8Array>
}

/** Of all guests or of one (`guest`), of all kinds or of one; a list of names is of favourites when no kind was asked for. */
export async function feedbackFile(
  { db, clock }: Pick<Deps, 'db' | 'clock'>,
  gallery: Pick<Gallery, 'id' | 'slug'>,
  format: ExportFormat,
  filter: FeedbackFilter,
): Promise<FeedbackFile> {
  const rows = await listSaid(db, gallery.id, format === 'txt' ? { kind: 'favorite', ...given(filter) } : filter)
  const said = rows.map(asFeedback)
  const names = namesOf(rows)
  const named = (ending: string) => `${gallery.slug}-${ending}`
  if (format === 'xmp') return { fileName: named('xmp.zip'), mime: 'application/zip', ...zipOf(sidecars(said, names), clock.now()) }
  const [ending, mime, make] = texts[format]
  const bytes = Buffer.from(make(said, names))
  return { fileName: named(ending), mime, size: bytes.length, body: [bytes] }
}

type Text = (said: Feedback[], names: Map<string, string>) => string

const texts: Record<Exclude<ExportFormat, 'xmp'>, [ending: string, mime: string, make: Text]> = {
  csv: ['feedback.csv', 'text/csv; charset=utf-8', feedbackCsv],
  json: ['feedback.json', 'application/json; charset=utf-8', (said, names) => jsonText(feedbackRows(said, names))],
  summary: ['feedback-summary.json', 'application/json; charset=utf-8', (said, names) => jsonText(summarize(said, names))],
  list: ['picks.csv', 'text/csv; charset=utf-8', picksCsv],
  txt: ['picks.txt', 'text/plain; charset=utf-8', picksText],
}

/** The name of each item's file as it was uploaded. */
export const namesOf = (rows: Said[]): Map<string, string> => new Map(rows.map((row) => [row.itemId, row.fileName]))

// stored and not deflated: twenty thousand sidecars would keep the process busy for a second to save a few megabytes
function zipOf(files: { name: string; text: string }[], now: Date): Pick<FeedbackFile, 'size' | 'body'> {
  const entries = files.map(({ name, text }): ZipEntry => {
    const inline = Buffer.from(text)
    return { name, size: inline.length, crc32: crc32(inline), mtime: now.getTime(), inline }
  })
  const zip = layout(entries)
  return { size: zip.total, body: write(zip, 0, zip.total, noData) }
}

function noData(): never {
  throw new Error('every sidecar is inline')
}

const given = (filter: FeedbackFilter): FeedbackFilter =>
  Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined))
