/** Storage in a folder of a local or mounted disk. */

import { hash } from 'node:crypto'
import { opendir, readdir, stat, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { assembleOnDisk, digestOnDisk } from './disk-assemble.ts'
import { translated, unless } from './disk-errors.ts'
import type { DiskOptions, Place } from './disk-place.ts'
import { missing, needRoom, objectPath, placeAt, roomOf, writeNew } from './disk-place.ts'
import { openRange } from './disk-source.ts'
import { uploadsAt } from './disk-uploads.ts'
import { checkPrefix, isKey } from './key.ts'
import type { Storage } from './port.ts'

/**
 * In `dir`: `objects/<key>`, `uploads/<id>` (`<id>~<n>` in its n-th generation), `tmp/<unique>` and `marker.json`. Every write is a synced temporary file that
 * gets its name by link(), which never replaces; then the folder is synced. Nothing works before `identify`.
 */
export function diskStorage(options: DiskOptions): Storage {
  const place = placeAt(options)
  return {
    async put(key, bytes) {
      await translated({ key }, () => needRoom(place, bytes.length))
      return writeNew(place, key, async (file) => {
        await file.writeFile(bytes)
        return { size: bytes.length, sha256: hash('sha256', bytes) }
      })
    },

    size: (key) =>
      translated({ key }, async () => {
        const found = await unless('ENOTDIR', unless('ENOENT', stat(objectPath(place, key))))
        if (found?.isFile()) return found.size
        await place.marker.check()
        return null
      }),

    open: async (key, from, to) => openRange(objectPath(place, key), key, from, to, () => missing(place, key)),

    presign: async () => null,

    delete: (key) =>
      translated({ key }, async () => {
        const path = objectPath(place, key)
        await place.marker.check()
        await unless('ENOTDIR', unless('ENOENT', unlink(path)))
        // A power cut must not bring back what nobody deletes a second time; also after a try that failed in between.
        await unless('ENOTDIR', unless('ENOENT', place.folders.sync(dirname(path))))
      }),

    list: (prefix) => listBelow(place, prefix),
    foreign: null,
    assemble: (key, pieces, work = {}) => assembleOnDisk(place, key, pieces, work),
    digest: (key, cuts, work = {}) => digestOnDisk(place, key, cuts, work),
    ...uploadsAt(place),
    sweep: (before) => translated({}, () => sweepTemporary(place, before)),
    room: () => translated({}, () => roomOf(place)),
    identify: (installation, known = false) => place.marker.identify(installation, known),
    marked: () => place.marker.marked(),
    ready: () => place.marker.read(),
  }
}

async function* listBelow(place: Place, prefix: string): AsyncIterable<{ key: string; size: number }> {
  const slash = checkPrefix(prefix).lastIndexOf('/')
  await place.marker.check()
  for await (const key of keysIn(place, prefix.slice(0, slash + 1), prefix)) {
    // null: deleted while we list.
    const found = await translated({ key }, () => unless('ENOENT', stat(join(place.objects, key))))
    if (found) yield { key, size: found.size }
  }
}

/** Keys in `folder` (empty, or ending in a slash) and below that begin with `prefix`. */
async function* keysIn(place: Place, folder: string, prefix: string): AsyncIterable<string> {
  const entries = await translated({ folder }, () => unless('ENOENT', opendir(join(place.objects, folder))))
  if (!entries) return
  for await (const entry of entries) {
    const key = folder + entry.name
    if (entry.isDirectory()) {
      if (prefix.startsWith(`${key}/`) || key.startsWith(prefix)) yield* keysIn(place, `${key}/`, prefix)
    } else if (key.startsWith(prefix) && isKey(key)) yield key
  }
}

async function sweepTemporary(place: Place, before: Date): Promise<number> {
  await place.marker.check()
  let swept = 0
  for (const name of await readdir(place.temporary)) {
    if (place.living.has(name)) continue
    const path = join(place.temporary, name)
    const found = await unless('ENOENT', stat(path))
    if (!found || found.mtimeMs >= before.getTime()) continue
    if (
      await unless(
        'ENOENT',
        unlink(path).then(() => true),
      )
    )
      swept++
  }
  return swept
}
