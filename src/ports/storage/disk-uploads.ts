/** Uploads on disk: files that grow, synced before each answer, linked to their key at the end. */

import type { FileHandle } from 'node:fs/promises'
import { link, open, readdir, stat, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { AppError, isCode } from '../../base/errors.ts'
import { newId } from '../../base/id.ts'
import { nextChunk } from '../bytes.ts'
import { systemCode, translated, unless } from './disk-errors.ts'
import type { Place } from './disk-place.ts'
import { needRoom, objectPath } from './disk-place.ts'
import { openRange } from './disk-source.ts'
import { writeBack } from './disk-writeback.ts'
import { checkUpload } from './key.ts'
import type { UploadName, Uploads } from './port.ts'

/** Small network chunks are gathered into writes of this size. */
const gathered = 256 * 1024
/** Bytes are copied and compared in parts of this size. */
const part = 1024 * 1024

export function uploadsAt(place: Place): Uploads {
  /** files being written by this process: two writers would write over each other */
  const busy = new Set<string>()

  // `~` is in no id, so the generations of one are never the name of another.
  const nameOf = ({ id, generation }: UploadName): string => (generation ? `${checkUpload(id)}~${generation}` : checkUpload(id))
  const pathOf = (upload: UploadName): string => join(place.uploads, nameOf(upload))

  async function unknown(upload: UploadName): Promise<AppError> {
    await place.marker.check()
    return new AppError('upload_unknown', { upload: nameOf(upload) })
  }

  /** Alone with this generation of the upload, on a store that is ours. */
  async function alone<T>(upload: UploadName, work: (path: string, name: string) => Promise<T>): Promise<T> {
    const name = nameOf(upload)
    return translated({ upload: name }, async () => {
      if (busy.has(name)) throw new AppError('upload_busy', { upload: name })
      busy.add(name)
      try {
        await place.marker.check()
        return await work(join(place.uploads, name), name)
      } finally {
        busy.delete(name)
      }
    })
  }

  /** Paths of the lower generations, the highest first. */
  async function lower({ id, generation }: UploadName): Promise<string[]> {
    if (generation === 0) return []
    const names = new Set(await readdir(place.uploads))
    const all = Array.from({ length: generation }, (_, n) => nameOf({ id, generation: generation - 1 - n }))
    return all.filter((name) => names.has(name)).map((name) => join(place.uploads, name))
  }

  async function forget(paths: string[]): Promise<void> {
    for (const path of paths) await unless('ENOENT', unlink(path))
    await place.folders.sync(place.uploads)
  }

  return {
    beginUpload: (upload) =>
      alone(upload, async (path) => {
        await needRoom(place, 0)
        await (await open(path, 'a')).close()
        await place.folders.sync(place.uploads)
      }),

    takeUpload: (upload, size, held = async () => true) =>
      alone(upload, async (path, name) => {
        const paths = await lower(upload)
        if (!paths.length) return
        const goOn = async (): Promise<void> => {
          if (!(await held())) throw new AppError('upload_busy', { upload: name })
        }
        // There already: an earlier call came this far.
        if (!(await unless('ENOENT', stat(path)))) await takeFirst(place, paths, size, path, goOn)
        // Our name lasts before theirs go.
        await place.folders.sync(place.uploads)
        await forget(paths)
      }),

    appendUpload: (upload, offset, body, limit) =>
      alone(upload, async (path, name) => {
        const file = await unless('ENOENT', open(path, 'r+'))
        if (!file) throw await unknown(upload)
        try {
          const { size } = await file.stat()
          if (offset > size) throw new AppError('upload_offset', { upload: name, offset: size })
          if (offset > limit) throw new AppError('upload_too_large', { upload: name, limit })
          await needRoom(place, 0)
          if (size > offset) await file.truncate(offset)
          return await append(file, offset, body, limit)
        } catch (error) {
          if (isCode(error, 'upload_too_large')) throw new AppError('upload_too_large', { upload: name, limit })
          throw error
        } finally {
          await file.close()
        }
      }),

    openUpload: async (upload, from, to) => openRange(pathOf(upload), nameOf(upload), from, to, () => unknown(upload)),

    // At every crash in between the upload, the object or both are there, and the next call goes on.
    finishUpload: (upload, key) =>
      alone(upload, async (path) => {
        const final = objectPath(place, key)
        const file = await unless('ENOENT', open(path, 'r+'))
        try {
          await file?.datasync()
          if (file && (await linked(place, path, final)) === 'exists' && !(await sameBytes(file, final)))
            throw new AppError('key_exists', { key })
        } finally {
          await file?.close()
        }
        // Finished by an earlier call, or taken over and finished by somebody else.
        if (!(await unless('ENOENT', stat(final)))) throw await unknown(upload)
        // Whoever linked it may have died before this sync. What fails here leaves the name: somebody may count on it already.
        await place.folders.sync(dirname(final))
        await forget([path])
      }),

    dropUpload: (upload) => alone(upload, async (path) => forget([path, ...(await lower(upload))])),
  }
}

/** Copies the first of these files that is long enough. A shorter one was left by a holder who had lost the upload. */
async function takeFirst(place: Place, paths: string[], size: number, to: string, goOn: () => Promise<void>): Promise<void> {
  for (const path of paths) {
    const from = await unless('ENOENT', open(path, 'r'))
    if (!from) continue
    try {
      if ((await from.stat()).size >= size) return await copyStart(place, from, size, to, goOn)
    } finally {
      await from.close()
    }
  }
}

/** Makes the file `to` of the first `size` bytes: synced before it has its name. */
async function copyStart(place: Place, from: FileHandle, size: number, to: string, goOn: () => Promise<void>): Promise<void> {
  const name = newId(place.clock.now())
  const temporary = join(place.temporary, name)
  place.living.add(name)
  try {
    const file = await open(temporary, 'wx')
    try {
      const early = writeBack(file.fd)
      let written = 0
      try {
        for await (const bytes of bytesOf(from, size)) {
          await goOn()
          await file.writeFile(bytes)
          written += bytes.length
          early.watch(written)
        }
      } finally {
        await early.settled()
      }
      await file.datasync()
    } finally {
      await file.close()
    }
    await goOn()
    await link(temporary, to)
  } finally {
    await unlink(temporary).catch(() => {})
    place.living.delete(name)
  }
}

/** Gives the file a second name. `gone` when it has lost its first one: somebody took the upload over. */
async function linked(place: Place, from: string, to: string): Promise<'linked' | 'exists' | 'gone'> {
  await place.folders.ensure(dirname(to))
  const once = (): Promise<'linked' | 'exists'> =>
    link(from, to).then(
      () => 'linked',
      (error: unknown) => {
        if (systemCode(error) === 'EEXIST') return 'exists'
        throw error
      },
    )
  const done = await unless('ENOENT', once())
  if (done) return done
  if (!(await unless('ENOENT', stat(from)))) return 'gone'
  // A folder we remember was removed by somebody: make it again, once.
  place.folders.forget()
  await place.folders.ensure(dirname(to))
  return once()
}

/** Is the object this file, or one with the same bytes? */
async function sameBytes(file: FileHandle, object: string): Promise<boolean> {
  const other = await open(object, 'r')
  try {
    const [a, b] = [await file.stat(), await other.stat()]
    if (a.dev === b.dev && a.ino === b.ino) return true
    if (a.size !== b.size) return false
    const others = bytesOf(other, b.size)
    for await (const bytes of bytesOf(file, a.size)) {
      const { value } = await others.next()
      if (!value || !bytes.equals(value)) return false
    }
    return true
  } finally {
    await other.close()
  }
}

/** The first `size` bytes in parts; each is valid until the next one is asked for. */
async function* bytesOf(file: FileHandle, size: number): AsyncGenerator<Buffer, void, undefined> {
  const buffer = Buffer.allocUnsafeSlow(Math.min(part, Math.max(1, size)))
  for (let at = 0; at < size; ) {
    const want = Math.min(buffer.length, size - at)
    let got = 0
    while (got < want) {
      const { bytesRead } = await file.read(buffer, got, want - got, at + got)
      if (bytesRead === 0) throw new AppError('storage_unreachable', { reason: 'short', at: at + got })
      got += bytesRead
    }
    at += want
    yield buffer.subarray(0, want)
  }
}

/** Writes the body from `offset` on and syncs it. Answers how far it came, also when the body breaks off. */
async function append(file: FileHandle, offset: number, body: AsyncIterable<Uint8Array>, limit: number): Promise<number> {
  const out = gatherer(file, offset)
  const early = writeBack(file.fd, offset)
  const chunks = body[Symbol.asyncIterator]()
  try {
    for (;;) {
      const chunk = await nextChunk(chunks)
      if (!chunk) break
      if (out.end() + chunk.length > limit) throw new AppError('upload_too_large')
      await out.write(chunk)
      early.watch(out.written())
    }
    await out.flush()
    await early.settled()
    await file.datasync()
    return out.end()
  } catch (error) {
    // Back to what was acknowledged: a disk that is full has room again, and the upload can go on from there.
    await early.settled().catch(() => {})
    await file.truncate(offset)
    await file.datasync()
    throw error
  } finally {
    await chunks.return?.().catch(() => {})
  }
}

function gatherer(file: FileHandle, offset: number) {
  const buffer = Buffer.allocUnsafeSlow(gathered)
  let fill = 0
  let position = offset

  async function writeAll(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      const { bytesWritten } = await file.write(bytes, at, bytes.length - at, position)
      at += bytesWritten
      position += bytesWritten
    }
  }

  async function flush(): Promise<void> {
    const filled = fill
    fill = 0
    await writeAll(buffer.subarray(0, filled))
  }

  return {
    end: () => position + fill,
    written: () => position,
    flush,
    async write(chunk: Uint8Array): Promise<void> {
      if (fill + chunk.length > gathered) await flush()
      if (chunk.length >= gathered) return writeAll(chunk)
      buffer.set(chunk, fill)
      fill += chunk.length
    },
  }
}
