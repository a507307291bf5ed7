/** A TAR file from somewhere, proven entry by entry against the list of checksums inside it: needs nothing but the file. */
import { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'
import { isCode } from '../base/errors.ts'
import { listOf, type Problem, type StreamCheck } from '../zip/check.ts'
import { unsafeName } from '../zip/names.ts'
import { refusal } from '../zip/refuse.ts'
import { readExactly, readSlices, type ZipSource } from '../zip/source.ts'
import { block, padding } from './header.ts'

/** It is held in memory. */
const longestList = 256 * 1024 * 1024

/** Is this the beginning of a TAR as we write them (ustar or pax)? */
export const looksLikeTar = (head: Uint8Array): boolean => Buffer.from(head).toString('latin1', 257, 263) === 'ustar\0'

interface Entry {
  name: string
  size: number
  /** where its content begins */
  at: number
}

/** Reads the file to its end. What is no regular file, has an unsafe name or a wrong header sum is bad. */
export async function checkTar(source: ZipSource): Promise<StreamCheck> {
  const sums = new Map<string, string>()
  const bad: Problem[] = []
  const lists: Entry[] = []
  for await (const entry of entriesOf(source, bad)) {
    if (sums.has(entry.name)) bad.push({ entry: entry.name, reason: 'duplicate' })
    const sha = createHash('sha256')
    for await (const chunk of readSlices(source, entry.at, entry.at + entry.size)) sha.update(chunk)
    sums.set(entry.name, sha.digest('hex'))
    if (listOf(entry.name)) lists.push(entry)
  }
  const [list] = lists
  // TAR holds no sums of its own: without the list nothing is proven
  if (!list || list.size > longestList) {
    bad.push({ entry: null, reason: 'no_checksums' })
    return { proof: 'sha256', good: [], bad, missing: [], extra: [...sums.keys()] }
  }
  const wanted = listOf(list.name)!(Buffer.from(await readExactly(source, list.at, list.at + list.size)).toString('utf8'))
  const faulty = new Set(bad.map(({ entry }) => entry))
  const good: string[] = []
  const extra: string[] = []
  for (const [name, sha256] of sums) {
    const listed = wanted.get(name)
    if (faulty.has(name)) continue
    if (name === list.name || listed === sha256) good.push(name)
    else if (listed) bad.push({ entry: name, reason: 'content_differs' })
    else extra.push(name)
  }
  return { proof: 'sha256', good, bad, missing: [...wanted.keys()].filter((name) => !sums.has(name)), extra }
}

/** The regular files in their order; two blocks of zeros end them, and nothing else may. */
async function* entriesOf(source: ZipSource, bad: Problem[]): AsyncGenerator<Entry> {
  let more: Record<string, string> = {}
  try {
    for (let at = 0; ; ) {
      const head = await readExactly(source, at, at + block)
      if (head.every((byte) => byte === 0)) {
        const second = await readExactly(source, at + block, at + 2 * block)
        if (second.some((byte) => byte !== 0)) throw refusal('directory_damaged')
        return
      }
      checkSum(head)
      const size = more.size ? Number(more.size) : readOctal(head, 124, 12)
      if (!Number.isSafeInteger(size) || size < 0) throw refusal('size_invalid')
      const from = at + block
      at = from + size + padding(size)
      const type = String.fromCharCode(head[156]!)
      if (type === 'x') {
        if (size > 1024 * 1024) throw refusal('directory_too_large')
        more = readRecords(await readExactly(source, from, from + size))
        continue
      }
      const name = more.path ?? textOf(head, 0, 100)
      more = {}
      const reason = unsafeName(name) ?? (type === '0' || type === '\0' ? null : 'special_file')
      if (reason) bad.push({ entry: name, reason })
      else yield { name, size, at: from }
    }
  } catch (error) {
    if (!isCode(error, 'zip_invalid')) throw error
    bad.push({ entry: null, reason: String(error.facts.reason) })
  }
}

function checkSum(head: Buffer): void {
  const sum = head.reduce((all, byte, i) => all + (i >= 148 && i < 156 ? 0x20 : byte), 0)
  if (sum !== readOctal(head, 148, 8)) throw refusal('directory_damaged')
}

const textOf = (b: Buffer, from: number, length: number): string => b.toString('utf8', from, from + length).replace(/\0.*$/s, '')

function readOctal(b: Buffer, from: number, length: number): number {
  const text = textOf(b, from, length).trim()
  return /^[0-7]+$/.test(text) ? Number.parseInt(text, 8) : Number.NaN
}

/** `length key=value\n`, again and again. */
function readRecords(b: Buffer): Record<string, string> {
  const records: Record<string, string> = {}
  for (let at = 0; at < b.length; ) {
    const space = b.indexOf(0x20, at)
    const length = Number(b.toString('latin1', at, space))
    const line = b.toString('utf8', space + 1, at + length - 1)
    const equals = line.indexOf('=')
    if (!(length > 0) || space < at || equals < 1 || b[at + length - 1] !== 0x0a) throw refusal('extra_damaged')
    records[line.slice(0, equals)] = line.slice(equals + 1)
    at += length
  }
  return records
}
