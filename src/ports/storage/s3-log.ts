/**
 * What an upload is, read from the names of its objects. Pure.
 *
 * `uploads/<id>~<generation>/begin` says that this generation is there. Each append has a number above all it saw and writes
 * records `<number>.<token>.<n>.<offset>` that are never written again: bytes from `offset` on, which cut off all that earlier
 * records have there. So one PUT is one whole step, and a record of a try that was given up, however late it arrives, stands
 * before those of the next try.
 */

import { checkUpload } from './key.ts'
import type { UploadName } from './port.ts'
import type { Listed } from './s3-bucket.ts'

/** Bytes [from, to) of the upload: the first ones of the object at `path`. */
export interface Segment {
  path: string
  from: number
  to: number
  /** bytes of that object; more than the range where a later record cut it off */
  stored: number
}

export interface Held {
  begun: boolean
  /** contiguous bytes from the beginning */
  size: number
  segments: Segment[]
  /** the highest number of an append, 0 when there is none */
  last: number
  /** everything it consists of */
  paths: string[]
  /** when the newest of that was written, milliseconds */
  modified: number
}

/** Every generation of every upload begins with this. */
export const uploadsPrefix = 'uploads/'
/** `~` is in no id, so one is never the beginning of another. */
export const prefixOf = (id: string): string => `${uploadsPrefix}${checkUpload(id)}~`
export const folderOf = ({ id, generation }: UploadName): string => `${prefixOf(id)}${generation}/`
export const beginPath = (upload: UploadName): string => `${folderOf(upload)}begin`
export const nameOf = ({ id, generation }: UploadName): string => `${id}~${generation}`

/** Who appends: `number` is above all that came before. */
export interface Append {
  number: number
  token: string
}

export const recordPath = (upload: UploadName, { number, token }: Append, n: number, offset: number): string =>
  `${folderOf(upload)}${number.toString(16).padStart(12, '0')}.${token}.${n}.${offset}`

interface Entry {
  path: string
  size: number
  number: number
  token: string
  n: number
  offset: number
}

/** What the objects of one generation come to. */
export function readLog(objects: Omit<Listed, 'etag'>[]): Held {
  const entries = objects.flatMap(entryOf)
  entries.sort((a, b) => a.number - b.number || (a.token < b.token ? -1 : a.token > b.token ? 1 : 0) || a.n - b.n)
  let segments: Segment[] = []
  let size = 0
  for (const { path, offset, size: stored } of entries) {
    // what should stand before it never arrived
    if (offset > size) continue
    segments = segments.filter(({ from }) => from < offset).map((segment) => ({ ...segment, to: Math.min(segment.to, offset) }))
    if (stored > 0) segments.push({ path, from: offset, to: offset + stored, stored })
    size = offset + stored
  }
  return {
    begun: objects.some(({ path }) => path.endsWith('/begin')),
    size,
    segments,
    last: entries.at(-1)?.number ?? 0,
    paths: objects.map(({ path }) => path),
    modified: Math.max(0, ...objects.map(({ modified }) => modified)),
  }
}

function entryOf({ path, size }: Pick<Listed, 'path' | 'size'>): Entry[] {
  const [, number, token, n, offset] = /\/([0-9a-f]{12})\.([\w-]+)\.(\d+)\.(\d+)$/.exec(path) ?? []
  if (!number || !token) return []
  return [{ path, size, number: Number.parseInt(number, 16), token, n: Number(n), offset: Number(offset) }]
}

/** `uploads/<id>~<generation>/…`: the folder and the generation; null for what is none of ours. */
export function placeOf(path: string): { folder: string; generation: number } | null {
  const [, folder, generation] = /^(uploads\/[^/~]+~(\d+)\/)/.exec(path) ?? []
  return folder ? { folder, generation: Number(generation) } : null
}
