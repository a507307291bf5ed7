/** Rows of a file as tracks: our words, and those of the table `tracks` of 002, whose rows come in with what they had saved. */
import { after, days } from '../../base/clock.ts'
import { AppError } from '../../base/errors.ts'
import { readCsv } from '../../domain/csv-read.ts'
import type { NewTrack } from './add.ts'
import { trackInput } from './input.ts'

export interface Rows {
  tracks: NewTrack[]
  /** what is no track, with its place in the file (from 1) and the reason */
  skipped: { row: number; reason: string }[]
}

/** Of a file `.json` (a list, or an object with `tracks`) or `.csv`. Throws `bad_request` when it is neither. */
export function readRows(text: string, name: string, now: Date): Rows {
  const rows = /\.csv$/i.test(name) ? readCsv(text) : listOf(text, name)
  const read: Rows = { tracks: [], skipped: [] }
  for (const [i, row] of rows.entries()) {
    const parsed = trackInput.safeParse(inOurWords(row as Record<string, unknown>, now))
    const issue = parsed.error?.issues[0]
    if (parsed.success) read.tracks.push(parsed.data)
    else read.skipped.push({ row: i + 1, reason: `${issue!.path.join('.')} ${issue!.message}`.trim() })
  }
  return read
}

function listOf(text: string, name: string): unknown[] {
  try {
    const content = JSON.parse(text) as unknown
    const list = Array.isArray(content) ? content : (content as { tracks?: unknown }).tracks
    if (Array.isArray(list)) return list
  } catch (cause) {
    throw new AppError('bad_request', { detail: `${name} is no JSON.` }, { cause })
  }
  throw new AppError('bad_request', { detail: `${name} holds no list of tracks.` })
}

/** What 002 has saved is fetched from where it lies, for as long as that takes; the provider may have deleted it long ago. */
function inOurWords(given: Record<string, unknown>, now: Date): Record<string, unknown> {
  const row = Object.fromEntries(Object.entries(given ?? {}).filter(([, value]) => value !== null && value !== ''))
  const pick = (...names: string[]) => names.map((name) => row[name]).find((value) => value !== undefined)
  const saved = row.archived_to_storage === true || row.archived_to_storage === 'true' || row.archived_to_storage === 't'
  const url = (role: string, ...more: string[]) => pick(...(saved ? [`storage_${role}_url`] : []), `${role}_url`, ...more)
  const text = (value: unknown) => (value === undefined ? undefined : String(value))
  return {
    provider: text(pick('provider')),
    provider_ref: text(pick('provider_ref', 'id')),
    title: text(pick('title')),
    artist: text(pick('artist')),
    audio_url: url('audio', 'url') ?? '',
    cover_url: url('cover', 'image_url'),
    video_url: url('video'),
    created_at: moment(pick('created_at')),
    expires_at: moment(pick('expires_at')) ?? (saved ? after(now, days(365)).toISOString() : undefined),
    duration_seconds: pick('duration_seconds', 'duration') === undefined ? undefined : Number(pick('duration_seconds', 'duration')),
  }
}

/** `2025-10-31 09:00:00+00` of PostgreSQL as well, days alone, and times without a zone as UTC; what is none is refused as it stands. */
function moment(value: unknown): unknown {
  if (typeof value !== 'string') return value
  const zoned = value.replace(/(:\d\d(?:\.\d+)?)([+-]\d\d)$/, '$1$2:00').replace(/(\d[ T]\d\d:\d\d(?::\d\d(?:\.\d+)?)?)$/, '$1Z')
  const time = new Date(zoned)
  return Number.isNaN(time.getTime()) ? value : time.toISOString()
}
