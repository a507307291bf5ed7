/** The ZIP straight from the originals, as a source of bytes: the same ones that the stored file has. */
import { crc32 } from 'node:zlib'
import { AppError } from '../../base/errors.ts'
import type { Source, Storage } from '../../ports/storage/port.ts'
import { type Piece, pieces } from '../../zip/layout.ts'
import type { Sealed } from './sealed.ts'

/** Opens [from, to) of the ZIP that `sealed` describes; only the originals that the range touches are opened, one by one. */
export function openLive(storage: Storage, sealed: Sealed, from: number, to: number): Source {
  const rest = pieces(sealed.layout, from, to)
  let current: Source | undefined
  return {
    async read(into) {
      let filled = 0
      while (filled < into.length) {
        if (!current) {
          const next = rest.next()
          if (next.done) break
          current = await openPiece(storage, sealed, next.value)
        }
        const n = await current.read(into.subarray(filled))
        filled += n
        if (n === 0) {
          await current.close()
          current = undefined
        }
      }
      return filled
    },
    async close() {
      await current?.close()
      current = undefined
    },
  }
}

async function openPiece(storage: Storage, sealed: Sealed, piece: Piece): Promise<Source> {
  if (piece.kind === 'bytes') return bytesSource(piece.bytes)
  const entry = sealed.entries[piece.index]!
  const source = await storage.open(entry.storageKey!, piece.from, piece.to)
  return piece.from === 0 && piece.to === entry.size ? checkedSource(source, entry.storageKey!, entry.crc32, entry.size) : source
}

function bytesSource(bytes: Uint8Array): Source {
  let at = 0
  return {
    async read(into) {
      const part = bytes.subarray(at, at + into.length)
      into.set(part)
      at += part.length
      return part.length
    },
    async close() {},
  }
}

/** A photo that passes whole is checked once more; a difference ends the download before its last bytes are sent. */
function checkedSource(source: Source, key: string, expected: number, size: number): Source {
  let sum = 0
  let left = size
  return {
    async read(into) {
      const n = await source.read(into)
      sum = crc32(into.subarray(0, n), sum)
      left -= n
      if (left === 0 && sum !== expected) throw new AppError('source_changed', { key, reason: 'crc' })
      return n
    },
    close: () => source.close(),
  }
}
