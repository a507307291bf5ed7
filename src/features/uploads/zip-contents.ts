/** What is in a ZIP from outside: judged whole before anything is taken from it, and with its manifest when it is an archive of ours. */
import { isCode } from '../../base/errors.ts'
import { type Manifest, type ManifestPhoto, readManifest } from '../../domain/manifest-read.ts'
import { listOf } from '../../zip/check.ts'
import type { DirectoryEntry } from '../../zip/directory.ts'
import { openEntry, readDirectory } from '../../zip/read.ts'
import type { ZipSource } from '../../zip/source.ts'
import { clutter } from './walk.ts'

/** A file of the ZIP that is to become a photo. */
export interface Packed {
  entry: DirectoryEntry
  /** as it was called when it was uploaded */
  name: string
  /** what a list in the ZIP says its bytes are; else it is read once more to know */
  sha256: Buffer | null
  modifiedAt: Date
  told: ManifestPhoto | null
}

export interface ZipContents {
  manifest: Manifest | undefined
  packed: Packed[]
  /** in the manifest and not in the ZIP */
  absent: string[]
}

// our own texts are far below; what is longer is not held in memory
const longestText = 256 * 1024 * 1024

/** Throws `zip_invalid` with the reason when anything about the ZIP's structure is not in order. */
export async function readContents(source: ZipSource): Promise<ZipContents> {
  const { entries } = await readDirectory(source)
  const files = entries.filter(({ folder, name }) => !folder && !name.split('/').some((part) => clutter.test(part)))
  const manifestEntry = files.find(({ name }) => /^(?:[^/]+\/)?manifest\.json$/.test(name))
  const text = manifestEntry && (await textOf(source, manifestEntry))
  const manifest = text === undefined ? undefined : readManifest(text)
  const root = manifest ? manifestEntry!.name.slice(0, -'manifest.json'.length) : ''
  if (manifest) {
    const byPath = new Map(files.map((entry) => [entry.name, entry]))
    const told = manifest.photos.map((photo) => ({ photo, entry: byPath.get(root + photo.path) }))
    return {
      manifest,
      packed: told.flatMap(({ photo, entry }) =>
        entry ? [{ entry, name: photo.original_name, sha256: photo.sha256, modifiedAt: photo.modified_at, told: photo }] : [],
      ),
      absent: told.flatMap(({ photo, entry }) => (entry ? [] : [photo.path])),
    }
  }
  const lists = files.filter(({ name }) => listOf(name))
  const sums = new Map<string, string>()
  for (const list of lists) for (const [name, sum] of listOf(list.name)!((await textOf(source, list)) ?? '')) sums.set(name, sum)
  const packed = files
    .filter((entry) => !lists.includes(entry))
    .map((entry) => ({
      entry,
      name: entry.name.split('/').at(-1)!,
      sha256: sums.has(entry.name) ? Buffer.from(sums.get(entry.name)!, 'hex') : null,
      modifiedAt: new Date(entry.mtime),
      told: null,
    }))
  return { manifest, packed, absent: [] }
}

async function textOf(source: ZipSource, entry: DirectoryEntry): Promise<string | undefined> {
  if (entry.size > longestText) return undefined
  const parts: Uint8Array[] = []
  try {
    for await (const part of openEntry(source, entry)) parts.push(part)
  } catch (error) {
    if (!isCode(error, 'zip_invalid')) throw error
    return undefined
  }
  return Buffer.concat(parts).toString('utf8')
}
