/** A ZIP of the store whose row is lost: read by its own directory and manifest, and proven by what they say. */
import { createHash } from 'node:crypto'
import { inflateRawSync } from 'node:zlib'
import { isCode } from '../../base/errors.ts'
import { type Manifest, readManifest } from '../../domain/manifest-read.ts'
import { hashPlan, type PlanEntry } from '../../domain/plan.ts'
import { readAll, readWhole } from '../../ports/bytes.ts'
import type { Deps } from '../../ports/deps.ts'
import type { DirectoryEntry } from '../../zip/directory.ts'
import { ownLimits } from '../../zip/limits.ts'
import { readDirectory } from '../../zip/read.ts'
import { method } from '../../zip/records.ts'
import type { ZipSource } from '../../zip/source.ts'
import { compareStored } from './prove.ts'
import { layoutOf, type Sealed } from './sealed.ts'

type Needs = Pick<Deps, 'storage'>

export interface Found {
  key: string
  manifest: Manifest
  sealed: Sealed
}

// generated text: a manifest of 100,000 photos is below 50 MB
const longestText = 256 * 1024 * 1024

/** What the ZIP under this key says of itself; or why it is none of ours: a reason of the ZIP reader, or `no_manifest`. */
export async function readFound(deps: Needs, key: string, size: number): Promise<Found | string> {
  try {
    const source = storedZip(deps, key, size)
    const { entries } = await readDirectory(source, ownLimits)
    const manifestEntry = entries.find(({ name }) => /^[^/]+\/manifest\.json$/.test(name))
    const text = manifestEntry && (await packedText(source, manifestEntry))
    const manifest = text && readManifest(inflateRawSync(text).toString('utf8'))
    if (!manifest) return 'no_manifest'
    const root = manifestEntry.name.slice(0, -'manifest.json'.length)
    const photos = new Map(manifest.photos.map((photo) => [root + photo.path, photo]))
    const planned: PlanEntry[] = []
    for (const entry of entries) {
      const { name: path, size, crc32 } = entry
      const photo = photos.get(path)
      const content = photo ? null : await packedText(source, entry)
      if (photo ? photo.size !== size || entry.method !== method.stored : !content) return 'not_as_we_write'
      const sha256 = photo?.sha256 ?? createHash('sha256').update(inflateRawSync(content!)).digest()
      planned.push({ path, assetId: photo?.asset ?? null, previewKey: null, size, crc32, sha256, mtime: new Date(entry.mtime), content })
    }
    if (planned.filter(({ assetId }) => assetId).length !== photos.size) return 'photos_missing'
    const sealedEntries = planned.map((entry) => ({ ...entry, storageKey: null, storageOffset: 0 }))
    return { key, manifest, sealed: { planHash: hashPlan(planned, 'zip'), entries: sealedEntries, layout: layoutOf(planned, 'zip') } }
  } catch (error) {
    if (isCode(error, 'zip_invalid') || isCode(error, 'source_changed')) return String(error.facts.reason)
    if (String((error as { code?: string }).code).startsWith('Z_')) return 'deflate_damaged'
    throw error
  }
}

/** Reads it from the first byte to the last. `bad`: photos that are damaged; null when more than photos is. */
export async function proveFound(
  deps: Needs,
  { key, sealed }: Found,
  signal?: AbortSignal,
): Promise<{ checksum: string; bad: Set<string> | null }> {
  const { problems, checksum } = await compareStored(deps, { storageKey: key, checksum: null }, sealed, signal ? { signal } : {})
  const photos = new Map(sealed.entries.flatMap(({ path, assetId }) => (assetId ? [[path, assetId]] : [])))
  const bad = problems.map(({ entry, reason }) => (reason === 'content_differs' ? photos.get(entry ?? '') : undefined))
  return { checksum, bad: bad.every((id) => id !== undefined) ? new Set(bad as string[]) : null }
}

/** The deflated bytes of a text of ours; null for anything else. */
async function packedText(source: ZipSource, entry: DirectoryEntry): Promise<Buffer | null> {
  if (entry.folder || entry.method !== method.deflated || entry.size > longestText || entry.dataOffset < 0) return null
  return Buffer.from(await source.read(entry.dataOffset, entry.dataOffset + entry.compressedSize))
}

const storedZip = ({ storage }: Needs, key: string, size: number): ZipSource => ({
  size,
  read: async (from, to) => readWhole(await storage.open(key, from, to), to - from),
  async *stream(from, to) {
    yield* readAll(await storage.open(key, from, to))
  },
})
