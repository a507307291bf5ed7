/** keepsake rescue: tracks that a provider will delete: add, run, status. */
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { AppError } from '../base/errors.ts'
import { isUuid } from '../base/id.ts'
import { findUserByEmail } from '../data/users.ts'
import { ensureOwner } from '../features/accounts/users.ts'
import { addTracks } from '../features/rescue/add.ts'
import { trackInput } from '../features/rescue/input.ts'
import { type Rows, readRows } from '../features/rescue/rows.ts'
import { run } from '../features/rescue/run.ts'
import { rescueStatistics } from '../features/rescue/statistics.ts'
import type { Deps } from '../ports/deps.ts'
import { bytesText, type Output, UsageError } from './output.ts'
import { withWorld } from './world.ts'

const usage = 'rescue add <url, file.csv or file.json>… [--provider P] | run [--track id] [--limit 50] | status; each with [--user a@b.c]'
const options = {
  provider: { type: 'string' },
  track: { type: 'string' },
  limit: { type: 'string', default: '50' },
  user: { type: 'string' },
} as const

export async function rescueCommand(args: string[], out: Output): Promise<number> {
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options })
  const [verb, ...what] = positionals
  const limit = Number(values.limit)
  const known = verb === 'add' ? what.length > 0 : (verb === 'run' || verb === 'status') && !what.length
  if (!known || !Number.isInteger(limit) || limit < 1 || (values.track !== undefined && !isUuid(values.track))) throw new UsageError(usage)
  return withWorld(async ({ deps }) => {
    const owner = values.user ? await findUserByEmail(deps.db, values.user) : await ensureOwner(deps)
    if (!owner) throw new AppError('not_found', { user: values.user })
    if (verb === 'add') return add(deps, out, owner.id, what, values.provider)
    if (verb === 'run') return runNow(deps, out, owner.id, { trackId: values.track, limit })
    return status(deps, out, owner.id)
  })
}

async function add(deps: Deps, out: Output, ownerId: string, what: string[], provider: string | undefined): Promise<number> {
  const all: Rows = { tracks: [], skipped: [] }
  for (const one of what) {
    const rows = /^https?:/i.test(one) ? rowOf(one) : readRows(await textOf(one), path.basename(one), deps.clock.now())
    for (const track of rows.tracks) all.tracks.push(provider ? { ...track, provider } : track)
    for (const { row, reason } of rows.skipped) {
      all.skipped.push({ row, reason })
      out.note(`${one}, row ${row}: ${reason}`)
    }
  }
  const added = []
  for (let i = 0; i < all.tracks.length; i += 1000) added.push(...(await addTracks(deps, ownerId, all.tracks.slice(i, i + 1000))))
  const fresh = added.filter((one) => one.added).length
  out.result({ added: fresh, known: added.length - fresh, skipped: all.skipped, tracks: added })
  out.say(
    `${fresh} tracks are new, ${added.length - fresh} were known${all.skipped.length ? `, ${all.skipped.length} rows are no tracks` : ''}.`,
  )
  return all.skipped.length ? 3 : 0
}

function rowOf(url: string): Rows {
  const parsed = trackInput.safeParse({ audio_url: url })
  return parsed.success
    ? { tracks: [parsed.data], skipped: [] }
    : { tracks: [], skipped: [{ row: 1, reason: parsed.error.issues[0]!.message }] }
}

const textOf = (file: string): Promise<string> =>
  readFile(file, 'utf8').catch((cause: unknown) => {
    throw new AppError('folder_unreadable', { file }, { cause })
  })

async function runNow(deps: Deps, out: Output, ownerId: string, wish: { trackId: string | undefined; limit: number }): Promise<number> {
  const { trackId, limit } = wish
  const stop = new AbortController()
  const interrupted = () => stop.abort(new AppError('unavailable'))
  process.once('SIGINT', interrupted)
  try {
    const answer = await run(deps, { ownerId, limit, ...(trackId ? { trackId } : {}) }, stop.signal)
    out.result(answer)
    out.say(answer.message)
    for (const { trackId: id, title, error } of answer.results.errors) out.note(`${id}  ${title}: ${error}`)
    return answer.results.failed ? 3 : 0
  } finally {
    process.off('SIGINT', interrupted)
  }
}

async function status(deps: Deps, out: Output, ownerId: string): Promise<number> {
  const found = await rescueStatistics(deps, ownerId)
  out.result(found)
  out.say(
    `${found.total_tracks} tracks: ${found.total_archived} saved (${found.archive_percentage} %, ${bytesText(found.stored_bytes)}), ${found.pending_archive} wait,`,
  )
  out.say(
    `of these ${found.urgent_archive_needed} with less than 2 days left and ${found.failing} failing; ${found.expired_tracks} are lost or past their end.`,
  )
  for (const { days, tracks } of found.days_left) out.say(`${String(days).padStart(4)} days left: ${tracks}`)
  return 0
}
