/** The ZIP straight from the originals, as a source of bytes: the same ones that the stored file has. */
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

// Length is checked by the storage; the CRC-32 is not taken again in passing: it costs a third of the speed, stands in the ZIP
// for every program that unpacks it, and the build that runs at the same time does check it.
async function openPiece(storage: Storage, sealed: Sealed, piece: Piece): Promise<Source> {
  if (piece.kind === 'bytes') return bytesSource(piece.bytes)
  const { storageKey, storageOffset } = sealed.entries[piece.index]!
  return storage.open(storageKey!, storageOffset + piece.from, storageOffset + piece.to)
}

/** Bytes in memory as a source. */
export function bytesSource(bytes: Uint8Array): Source {
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
