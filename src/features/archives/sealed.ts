/** The sealed plan of an archive as a layout (ZIP or TAR), and where the bytes of each entry lie. */
import { inflateRawSync } from 'node:zlib'

import { AppError } from '../../base/errors.ts'
import { listSealed, type SealedEntry } from '../../data/archiveEntries.ts'
import { findArchive } from '../../data/archives.ts'
import type { Archive } from '../../domain/archive.ts'
import type { PlanEntry } from '../../domain/plan.ts'
import type { Format } from '../../domain/recipe.ts'
import type { Database, Tx } from '../../ports/database/port.ts'
import type { Piece } from '../../ports/storage/port.ts'
import { tarLayout } from '../../tar/layout.ts'
import { type Layout, layout, pieces, type ZipEntry } from '../../zip/layout.ts'

export interface Sealed {
  planHash: string
  entries: SealedEntry[]
  layout: Layout
}

/** The layout of planned entries; its `total` is the size of the file. */
export const layoutOf = (entries: PlanEntry[], format: Format): Layout =>
  format === 'tar' ? tarLayout(entries.map(toTarEntry)) : layout(entries.map(toZipEntry))

function toZipEntry(entry: PlanEntry): ZipEntry {
  const zip = { name: entry.path, size: entry.size, crc32: entry.crc32, mtime: entry.mtime.getTime() }
  return entry.content ? { ...zip, method: 8, inline: entry.content } : zip
}

// TAR knows no compression of single entries
function toTarEntry(entry: PlanEntry): ZipEntry {
  const tar = { name: entry.path, size: entry.size, crc32: entry.crc32, mtime: entry.mtime.getTime() }
  return entry.content ? { ...tar, inline: inflateRawSync(entry.content) } : tar
}

type Planned = Pick<Archive, 'id' | 'planHash' | 'recipe'>

export async function loadSealed(db: Database | Tx, archive: Planned): Promise<Sealed> {
  const entries = await listSealed(db, archive.id)
  return { planHash: archive.planHash, entries, layout: layoutOf(entries, archive.recipe.format) }
}

/** Where the bytes of the entry at this position begin in the file. */
export const dataAt = ({ layout }: Pick<Sealed, 'layout'>, i: number): number => layout.offsets[i]! + layout.headerLengths[i]!

/** The whole ZIP as the storage assembles it. */
export function* storagePieces(sealed: Sealed): Generator<Piece> {
  for (const piece of pieces(sealed.layout, 0, sealed.layout.total)) {
    if (piece.kind === 'bytes') yield piece
    else {
      const entry = sealed.entries[piece.index]!
      // the row of an asset outlives it, so a sealed entry always has its key
      const [from, to] = [entry.storageOffset + piece.from, entry.storageOffset + piece.to]
      yield { kind: 'copy', key: entry.storageKey!, from, to, crc32: entry.crc32 }
    }
  }
}

/** Keeps the last used plans in memory: a download of 20,000 files then starts without asking for 20,000 rows. */
export interface PlanCache {
  get(archive: Planned): Promise<Sealed>
}

// about 400 bytes an entry: 60 MB at most would be 150,000 entries
const most = 150_000

export function planCache(db: Database): PlanCache {
  // in the order of their last use; how many entries, once that is known
  const kept = new Map<string, { loading: Promise<Sealed>; entries: number }>()
  return {
    async get(archive) {
      const name = `${archive.id} ${archive.planHash}`
      const plan = kept.get(name) ?? { loading: loadAsNamed(db, archive), entries: 0 }
      kept.delete(name)
      kept.set(name, plan)
      try {
        const sealed = await plan.loading
        plan.entries = sealed.entries.length
        forgetOldest(kept, name)
        return sealed
      } catch (error) {
        if (kept.get(name) === plan) kept.delete(name)
        throw error
      }
    },
  }
}

/** Planned anew between the question for the archive and the one for its entries, its bytes are another file than the one promised. */
async function loadAsNamed(db: Database, archive: Planned): Promise<Sealed> {
  const sealed = await loadSealed(db, archive)
  if ((await findArchive(db, archive.id))?.planHash !== archive.planHash)
    throw new AppError('source_changed', { archive: archive.id, reason: 'planned anew' })
  return sealed
}

function forgetOldest(kept: Map<string, { entries: number }>, spared: string): void {
  let sum = [...kept.values()].reduce((all, { entries }) => all + entries, 0)
  for (const [name, { entries }] of kept) {
    if (sum <= most) return
    if (name === spared || entries === 0) continue
    kept.delete(name)
    sum -= entries
  }
}
