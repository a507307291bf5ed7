/**
 * Assembles an object out of pieces: each part is filled by ranged reads, checked and hashed in its order, and sent, several parts
 * at once. All bytes pass through this process.
 */

import { createHash } from 'node:crypto'
import { setImmediate as turn } from 'node:timers/promises'
import { crc32 } from 'node:zlib'
import { AppError } from '../../base/errors.ts'
import { checkKey, checkRange } from './key.ts'
import type { LongWork, Piece, Stored } from './port.ts'
import type { Attempt } from './s3-bucket.ts'
import { compose } from './s3-compose.ts'
import { eachOf, reporting } from './s3-parallel.ts'
import { type Part, partBytes, partsOf } from './s3-parts.ts'
import { missing, objectPath, type Place, wrote } from './s3-place.ts'
import { readInto } from './s3-read.ts'

/** Reads at once for one part: of small originals many lie in one. */
const readsAtOnce = 4
/** Bytes hashed before others get their turn: about a millisecond. */
const hashedAtOnce = 1024 * 1024

type Copy = Piece & { kind: 'copy' }

export async function assembleOnS3(place: Place, key: string, pieces: Iterable<Piece>, work: LongWork): Promise<Stored> {
  checkKey(key)
  const { signal } = work
  signal?.throwIfAborted()
  const all = await gathered(pieces, signal)
  const size = all.reduce((sum, piece) => sum + lengthOf(piece), 0)
  const checks = checker(all)
  const done = reporting(work.progress, () => checks.passed())
  try {
    await place.once(key, async (path, attempt) => {
      const bytes = partBytes(size)
      if (size <= bytes) return small(place, { path, key, attempt, signal }, all, size, checks)
      // bytes are checked in their order while the parts travel in any
      let checked: Promise<unknown> = Promise.resolve()
      const target = { path, key, attempt, partBytes: bytes, size, signal }
      await compose(place, target, partsOf(all, lengthOf, bytes), async (part, sending) => {
        const buffer = sending.buffer()
        const filled = fill(place, part, buffer, sending.signal)
        checked = Promise.all([checked, filled]).then(() => checks.take(buffer))
        // one of both fails, the other one still uses the buffer
        const ends = await Promise.allSettled([checked, filled.then(() => sending.send(buffer))])
        for (const end of ends) if (end.status === 'rejected') throw end.reason
      })
    })
    return { size, sha256: checks.sha256() }
  } finally {
    done()
  }
}

interface Small {
  path: string
  key: string
  attempt: Attempt
  signal: AbortSignal | undefined
}

/** An object of one part needs no multipart upload. */
async function small(place: Place, { path, key, attempt, signal }: Small, all: Piece[], size: number, checks: Checker): Promise<void> {
  const buffer = Buffer.allocUnsafeSlow(size)
  for (const part of partsOf(all, lengthOf, Math.max(1, size))) await fill(place, part, buffer, signal)
  await checks.take(buffer)
  await write(place, { path, key, attempt, signal }, buffer)
}

/** Writes a new object in one request. */
export async function write({ bucket }: Place, { path, key, attempt, signal }: Small, bytes: Uint8Array): Promise<void> {
  const done = await bucket.put(path, bytes, attempt, signal)
  // `exists` may be the echo of our own first try, whose answer was lost
  if (done === 'exists' && !(await wrote(bucket, path, attempt))) throw new AppError('key_exists', { key })
}

const lengthOf = (piece: Piece): number => (piece.kind === 'bytes' ? piece.bytes.length : piece.to - piece.from)

/** All pieces, so that the size is known before the first part: it decides how large the parts are. */
async function gathered(pieces: Iterable<Piece>, signal: AbortSignal | undefined): Promise<Piece[]> {
  const all: Piece[] = []
  for (const piece of pieces) {
    signal?.throwIfAborted()
    if (piece.kind === 'copy') {
      checkKey(piece.key)
      checkRange(piece.from, piece.to)
    }
    all.push(piece)
    if (all.length % 1000 === 0) await turn()
  }
  signal?.throwIfAborted()
  return all
}

/** Fills `into` with the part's bytes: literals, and ranges that are read a few at a time. */
async function fill(place: Place, part: Part<Piece>, into: Buffer, signal: AbortSignal | undefined): Promise<void> {
  const reads = new Map<string, Range[]>()
  for (const { stretch, from, length, at } of part.slices) {
    if (stretch.kind === 'bytes') into.set(stretch.bytes.subarray(from, from + length), at)
    else {
      const ranges = reads.get(stretch.key) ?? []
      ranges.push({ from: stretch.from + from, length, at })
      reads.set(stretch.key, ranges)
    }
  }
  await eachOf(reads, readsAtOnce, async ([key, ranges]) => {
    const read = (from: number, to: number, bytes: Buffer) =>
      readInto(place, { path: objectPath(key), key, from, to }, bytes, { signal, absent: () => missing(place, key) })
    const from = Math.min(...ranges.map((range) => range.from))
    const to = Math.max(...ranges.map((range) => range.from + range.length))
    const asked = ranges.reduce((sum, { length }) => sum + length, 0)
    if (ranges.length > 1 && to - from <= asked) {
      // the same bytes several times: one request in place of thousands
      const once = Buffer.allocUnsafeSlow(to - from)
      await read(from, to, once)
      for (const range of ranges) into.set(once.subarray(range.from - from, range.from - from + range.length), range.at)
    } else for (const { from, length, at } of ranges) await read(from, from + length, into.subarray(at, at + length))
  })
}

interface Range {
  from: number
  length: number
  /** in the part */
  at: number
}

type Checker = ReturnType<typeof checker>

/** Takes the whole in its order: SHA-256 of it all, CRC-32 of each copied range. */
function checker(pieces: Piece[]) {
  const sha = createHash('sha256')
  let passed = 0
  let next = 0
  let left = 0
  let sum = 0
  let copy: Copy | null = null

  function begin(): void {
    const piece = pieces[next++]!
    left = lengthOf(piece)
    copy = piece.kind === 'copy' ? piece : null
    sum = 0
    end()
  }

  function end(): void {
    if (left === 0 && copy && sum !== copy.crc32) throw new AppError('source_changed', { key: copy.key, reason: 'crc' })
  }

  function sums(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; ) {
      while (left === 0) begin()
      const n = Math.min(left, bytes.length - at)
      if (copy) sum = crc32(bytes.subarray(at, at + n), sum)
      at += n
      left -= n
      end()
    }
  }

  return {
    passed: () => passed,
    sha256: () => sha.digest('hex'),
    async take(bytes: Buffer): Promise<void> {
      for (let at = 0; at < bytes.length; at += hashedAtOnce) {
        const some = bytes.subarray(at, at + hashedAtOnce)
        sha.update(some)
        sums(some)
        passed += some.length
        await turn()
      }
    },
  }
}
