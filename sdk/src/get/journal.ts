/** The note beside a half fetched file: which of its bytes are on the disk for good. */
import { open, readFile, rename, rm } from 'node:fs/promises'
import { join, type Span } from './spans.ts'

export interface Journal {
  format: 'keepsake-get 1'
  /** of the bytes */
  etag: string
  size: number
  /** which link they came from, as a hash: the link itself opens the gallery */
  link: string
  /** written and synced */
  done: Span[]
}

export const journalOf = (part: string): string => `${part}.json`

/** The journal of a part, or null when there is none that can be read. */
export async function readJournal(part: string): Promise<Journal | null> {
  try {
    const found = JSON.parse(await readFile(journalOf(part), 'utf8')) as Journal
    const { format, size, done } = found
    const sound = format === 'keepsake-get 1' && done.every(([from, to]) => 0 <= from && from < to && to <= size)
    return sound ? { ...found, done: join(done) } : null
  } catch {
    return null
  }
}

/** Replaces the journal: a kill leaves the old one or the new one. */
export async function writeJournal(part: string, journal: Journal): Promise<void> {
  const draft = `${journalOf(part)}.tmp`
  const handle = await open(draft, 'w', 0o600)
  try {
    await handle.writeFile(JSON.stringify(journal))
    await handle.datasync()
  } finally {
    await handle.close()
  }
  await rename(draft, journalOf(part))
}

/** Takes a part away, its journal first: bytes without a journal are never trusted. */
export async function forgetPart(part: string): Promise<void> {
  for (const file of [journalOf(part), `${journalOf(part)}.tmp`, part]) await rm(file, { force: true })
}
