/** The headers of TAR: a ustar block (POSIX.1-2017, pax, "ustar Interchange Format"), before it a pax one where ustar is too small. */
import { Buffer } from 'node:buffer'

export const block = 512
/** Bytes that fill the last block of so many. */
export const padding = (size: number): number => (block - (size % block)) % block

export interface HeaderFields {
  name: string
  /** bytes */
  size: number
  /** milliseconds since 1970 UTC; whole seconds are kept */
  mtime: number
}

const longestName = 100
/** 11 octal digits: 8 GiB − 1, and the year 2242. */
const largest = 0o77777777777

/** The header of a regular file: 512 bytes, or 1536 and more when name, size or time need a pax header. */
export function makeHeader({ name, size, mtime }: HeaderFields): Buffer {
  const seconds = Math.floor(mtime / 1000)
  const records: string[] = []
  if (!plain(name)) records.push(record('path', name))
  if (size > largest) records.push(record('size', String(size)))
  if (seconds < 0 || seconds > largest) records.push(record('mtime', String(seconds)))
  const time = Math.min(Math.max(seconds, 0), largest)
  const own = ustar(shortName(name), size > largest ? 0 : size, time, '0')
  if (!records.length) return own
  const body = Buffer.from(records.join(''))
  const filled = Buffer.alloc(body.length + padding(body.length))
  body.copy(filled)
  return Buffer.concat([ustar('PaxHeader', body.length, time, 'x'), filled, own])
}

/** What ustar holds as it is. */
const plain = (name: string): boolean => name.length <= longestName && /^[\x20-\x7e]*$/.test(name)

/** For programs that know no pax: the end of the name, where it differs from the others. */
function shortName(name: string): string {
  if (plain(name)) return name
  const ascii = name.replace(/[^\x20-\x7e]/g, '_')
  return ascii.slice(-longestName).replace(/^\/+/, '')
}

/** `length key=value\n`, where the length counts itself. */
function record(key: string, value: string): string {
  const rest = Buffer.byteLength(` ${key}=${value}\n`)
  let length = rest + String(rest).length
  if (rest + String(length).length > length) length++
  return `${length} ${key}=${value}\n`
}

function ustar(name: string, size: number, seconds: number, type: '0' | 'x'): Buffer {
  const b = Buffer.alloc(block)
  b.write(name, 0, longestName, 'latin1')
  octal(b, 100, 8, 0o644)
  octal(b, 108, 8, 0)
  octal(b, 116, 8, 0)
  octal(b, 124, 12, size)
  octal(b, 136, 12, seconds)
  b.write(type, 156, 'latin1')
  b.write('ustar\x0000', 257, 'latin1')
  octal(b, 329, 8, 0)
  octal(b, 337, 8, 0)
  // the sum is taken with spaces in its own place
  b.fill(0x20, 148, 156)
  const sum = b.reduce((all, byte) => all + byte, 0)
  b.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return b
}

/** Digits to the end of the field but one, then NUL. */
function octal(b: Buffer, at: number, width: number, value: number): void {
  b.write(value.toString(8).padStart(width - 1, '0'), at, 'latin1')
}
