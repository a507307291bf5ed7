/** The sealed plan of an archive as a ZIP layout, and where the bytes of each entry lie. */

import { listSealed, type SealedEntry } from '../../data/archiveEntries.ts'
import { findArchive } from '../../data/archives.ts'
import type { PlanEntry } from '../../domain/plan.ts'
import type { Database, Tx } from '../../ports/database/port.ts'
import type { Piece } from '../../ports/storage/port.ts'
import { type Layout, layout, pieces, type ZipEntry } from '../../zip/layout.ts'

export interface Sealed {
  planHash: string
  entries: SealedEntry[]
  layout: Layout
}

/** The layout of planned entries; its `total` is the size of the ZIP. */
export const layoutOf = (entries: PlanEntry[]): Layout => layout(entries.map(toZipEntry))

function toZipEntry(entry: PlanEntry): ZipEntry {
  const zip = { name: entry.path, size: entry.size, crc32: entry.crc32, mtime: entry.mtime.getTime() }
  return entry.content ? { ...zip, method: 8, inline: entry.content } : zip
}

export async function loadSealed(db: Database | Tx, archive: { id: string; planHash: string }): Promise<Sealed> {
  const entries = await listSealed(db, archive.id)
  return { planHash: archive.planHash, entries, layout: layoutOf(entries) }
}

/** The whole ZIP as the storage assembles it. */
export function* storagePieces(sealed: Sealed): Generator<Piece> {
  for (const piece of pieces(sealed.layout, 0, sealed.layout.total)) {
    if (piece.kind === 'bytes') yield piece
    else {
      const entry = sealed.entries[piece.index]!
      // the row of an asset outlives it, so a sealed entry always has its key
      yield { kind: 'copy', key: entry.storageKey!, from: piece.from, to: piece.to, crc32: entry.crc32 }
    }
  }
}

/** Keeps the last used plans in memory: a download of 20,000 files then starts without asking for 20,000 rows. */
export interface PlanCache {
  get(archive: { id: string; planHash: string }): Promise<Sealed>
}

// about 400 bytes an entry: 60 MB at most would be 150,000 entries
const most = 150_000

export function planCache(db: Database): PlanCache {
  const kept = new Map<string, Promise<Sealed>>()
  const sizes = new Map<string, number>()
  return {
    async get(archive) {
      const name = `${archive.id} ${archive.planHash}`
      const known = kept.get(name)
      if (known) {
        kept.delete(name)
        kept.set(name, known)
        return known
      }
      const loading = loadSealed(db, archive)
      kept.set(name, loading)
      try {
        const sealed = await loading
        // planned anew between the question for the archive and the one for its entries: those bytes are another file
        if ((await findArchive(db, archive.id))?.planHash !== archive.planHash) kept.delete(name)
        sizes.set(name, sealed.entries.length)
        for (const oldest of kept.keys()) {
          if ([...sizes.values()].reduce((a, b) => a + b, 0) <= most || oldest === name) break
          kept.delete(oldest)
          sizes.delete(oldest)
        }
        return sealed
      } catch (error) {
        kept.delete(name)
        throw error
      }
    },
  }
}
