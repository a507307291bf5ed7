/** Walks a folder in the order people see it: names with numbers naturally, folders where their name stands. */
import type { Stats } from 'node:fs'
import { lstat, readdir, realpath, stat } from 'node:fs/promises'

/** A file to import, or something that is passed over with the reason. */
export type Found = { path: string; file: Buffer; stats: Stats } | { path: string; reason: string }

// left behind by operating systems, never somebody's picture
export const clutter = /^(\.|thumbs\.db$|desktop\.ini$|__macosx$|@eadir$)/i
const natural = new Intl.Collator('en', { numeric: true, sensitivity: 'base' })
const slash = Buffer.from('/')

/**
 * Every file below `folder`, one after the other; what is clutter is not mentioned. Paths are kept as bytes: a name that is
 * not valid UTF-8 is a file like any other. `folder_unreadable` when the folder itself cannot be read.
 */
export async function* walk(folder: string): AsyncGenerator<Found, void, undefined> {
  const root = await realpath(Buffer.from(folder), 'buffer')
  yield* below(root, root, '')
}

async function* below(root: Buffer, folder: Buffer, shown: string): AsyncGenerator<Found, void, undefined> {
  const names = await readdir(folder, 'buffer').catch((error: unknown) => {
    // the root itself must be readable, everything below is told
    if (shown === '') throw error
    return null
  })
  if (!names) return yield { path: shown, reason: 'the folder cannot be read' }
  const entries = names.map((bytes) => ({ bytes, text: bytes.toString() })).filter(({ text }) => !clutter.test(text))
  entries.sort((a, b) => natural.compare(a.text, b.text) || Buffer.compare(a.bytes, b.bytes))
  for (const { bytes, text } of entries) {
    const file = Buffer.concat([folder, slash, bytes])
    const path = shown === '' ? text : `${shown}/${text}`
    const stats = await lstat(file).catch(() => null)
    if (!stats) yield { path, reason: 'it cannot be read' }
    else if (stats.isDirectory()) yield* below(root, file, path)
    else if (stats.isFile()) yield { path, file, stats }
    else if (stats.isSymbolicLink()) yield followed(root, file, path)
    else yield { path, reason: `it is a ${special(stats)}, not a file` }
  }
}

/** A link to a file inside the folder is that file. No other link is followed, so that a loop has no end to look for. */
async function followed(root: Buffer, link: Buffer, path: string): Promise<Found> {
  try {
    const file = await realpath(link, 'buffer')
    const stats = await stat(file)
    const inside = file.equals(root) || file.subarray(0, root.length + 1).equals(Buffer.concat([root, slash]))
    if (!inside) return { path, reason: 'it is a link to outside the folder' }
    if (stats.isFile()) return { path, file, stats }
    return { path, reason: stats.isDirectory() ? 'it is a link to a folder' : `it is a link to a ${special(stats)}` }
  } catch (error) {
    const loop = (error as NodeJS.ErrnoException).code === 'ELOOP'
    return { path, reason: loop ? 'it is a link to itself' : 'it is a link to nothing' }
  }
}

function special(stats: Stats): string {
  if (stats.isFIFO()) return 'pipe'
  if (stats.isSocket()) return 'socket'
  return 'device'
}
