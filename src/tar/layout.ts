/**
 * Entries -> offsets and size of their TAR. The layout has the form of that of a ZIP, so what streams, cuts and proves the one
 * does so with the other: the header of an entry begins with the bytes that fill the last block of the entry before.
 */
import { Buffer } from 'node:buffer'
import { type Layout, storedSize, type ZipEntry } from '../zip/layout.ts'
import { clashes, unsafeName } from '../zip/names.ts'
import { refusal } from '../zip/refuse.ts'
import { block, makeHeader, padding } from './header.ts'

/** Lays out entries in their order; none may be deflated. The CRC-32 of each is not in the file, and is checked all the same. */
export function tarLayout(entries: readonly ZipEntry[]): Layout {
  const n = entries.length
  for (const entry of entries) {
    const reason = unsafeName(entry.name)
    if (reason) throw refusal(reason, entry.name)
    if (!Number.isSafeInteger(entry.size) || entry.size < 0) throw refusal('size_invalid', entry.name)
    if (storedSize(entry) !== entry.size) throw refusal('stored_size_differs', entry.name)
    if (!(Math.abs(entry.mtime) <= 8.64e15)) throw refusal('mtime_invalid', entry.name)
  }
  const clash = clashes(entries.map((entry) => entry.name))[0]
  if (clash) throw refusal(clash.reason, entries[clash.index]!.name)

  const before = (i: number): number => (i === 0 ? 0 : padding(entries[i - 1]!.size))
  const header = (i: number): Buffer => Buffer.concat([Buffer.alloc(before(i)), makeHeader(entries[i]!)])
  const offsets = new Float64Array(n + 1)
  const headerLengths = new Uint32Array(n)
  let at = 0
  for (let i = 0; i < n; i++) {
    offsets[i] = at
    headerLengths[i] = before(i) + makeHeader(entries[i]!).length
    at += headerLengths[i]! + entries[i]!.size
  }
  offsets[n] = at
  // two blocks of zeros are the end
  const tailLength = before(n) + 2 * block
  const total = at + tailLength
  if (!Number.isSafeInteger(total)) throw refusal('number_too_large')
  return { entries, offsets, headerLengths, total, zip64: false, header, tail: () => Buffer.alloc(tailLength) }
}
