/** What differs between a stored archive and what it must be; nothing is trusted but the bytes that come back. */
import { isCode } from '../../base/errors.ts'
import type { Archive } from '../../domain/archive.ts'
import type { Asset } from '../../domain/asset.ts'
import { hashOf } from '../../ports/bytes.ts'
import type { Deps } from '../../ports/deps.ts'
import type { LongWork } from '../../ports/storage/port.ts'
import { compareSegments, expectedSegments, type Problem } from '../../zip/check.ts'
import type { Sealed } from './sealed.ts'

export async function compareStored(
  deps: Pick<Deps, 'storage'>,
  archive: Pick<Archive, 'storageKey' | 'checksum'>,
  sealed: Sealed,
  work: LongWork,
): Promise<{ problems: Problem[]; checksum: string }> {
  const expected = expectedSegments(sealed.layout, (i) => sealed.entries[i]!.sha256.toString('hex'))
  try {
    const found = await deps.storage.digest(archive.storageKey!, expected.cuts, work)
    const names = sealed.entries.map((e) => e.path)
    const problems = compareSegments(expected, found, names)
    // made inside the store: nobody has seen the whole before, and every stretch of it is compared above
    const checksum = archive.checksum ?? found.sha256
    return { checksum, problems: found.sha256 === checksum ? problems : [...problems, { entry: null, reason: 'checksum_differs' }] }
  } catch (error) {
    if (!isCode(error, 'source_changed')) throw error
    return { checksum: '', problems: [{ entry: null, reason: String(error.facts.reason ?? 'unreadable') }] }
  }
}

/** Are the bytes at this place those with this SHA-256? Only they are read; `onRead` hears of them. */
export async function isRight(
  deps: Pick<Deps, 'storage'>,
  { storageKey, storageOffset, size, sha256 }: Pick<Asset, 'storageKey' | 'storageOffset' | 'size' | 'sha256'>,
  onRead?: (bytes: number) => void,
): Promise<boolean> {
  try {
    return (await hashOf(await deps.storage.open(storageKey, storageOffset, storageOffset + size), onRead)).equals(sha256)
  } catch (error) {
    if (!isCode(error, 'source_changed')) throw error
    return false
  }
}
