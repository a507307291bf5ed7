/** Is the archive here already? Then nothing need be fetched again. */
import { open } from 'node:fs/promises'
import { hashOf } from './hash.ts'
import { prove } from './prove.ts'
import { fetchRange, type Remote } from './remote.ts'

/** An archive that lies here and is proven. */
export interface Whole {
  /** where it lies */
  file: string
  bytes: number
  /** of the whole file, hex */
  sha256: string
  /** files in the ZIP that were proven, and by what */
  entries: number
  proof: 'sha256' | 'crc32'
  /** photos that the archive says it could not hold: ask the photographer */
  missing: string[]
}

/**
 * What lies under that name, when it is this very archive: of its size, proven by itself, and with the directory that the service
 * gives, which holds name, size and CRC-32 of every file; else null.
 */
export async function wholeAlready(file: string, remote: Remote, signal?: AbortSignal): Promise<Whole | null> {
  const handle = await open(file).catch(() => null)
  if (!handle) return null
  try {
    const stat = await handle.stat()
    if (!stat.isFile() || stat.size !== remote.size) return null
    const proof = await prove(handle, remote.size)
    if (!proof.sound) return null
    const theirs: Uint8Array[] = []
    const take = async (_at: number, bytes: Uint8Array) => void theirs.push(bytes)
    await fetchRange(remote, [proof.directoryAt, remote.size], take, signal ?? new AbortController().signal)
    const ours = Buffer.alloc(remote.size - proof.directoryAt)
    await handle.read(ours, 0, ours.length, proof.directoryAt)
    if (!ours.equals(Buffer.concat(theirs))) return null
    const { entries, missing } = proof
    return { file, bytes: remote.size, sha256: await hashOf(handle), entries, proof: proof.proof, missing }
  } finally {
    await handle.close()
  }
}
