/** Removes what a killed writer left in the bucket: multipart uploads never joined, helpers, records of uploads nobody knows. */

import type { Listed } from './s3-bucket.ts'
import { helpersPrefix } from './s3-helper.ts'
import { placeOf, readLog, uploadsPrefix } from './s3-log.ts'
import { eachOf } from './s3-parallel.ts'
import type { Place } from './s3-place.ts'

/** Answers how many unjoined objects and uploads went. A writer counts as living while something of it is younger than `before`. */
export async function sweepBucket(place: Place, before: Date): Promise<number> {
  await place.marker.check()
  let swept = await sweepHelpers(place, before.getTime())
  for (const prefix of ['objects/', helpersPrefix]) swept += await sweepMultipart(place, prefix, before.getTime())
  return swept + (await sweepRecords(place, before.getTime()))
}

async function sweepMultipart({ multipart, living }: Place, prefix: string, before: number): Promise<number> {
  let swept = 0
  for await (const { path, id, begun } of multipart.unfinished(prefix)) {
    if (living.has(id) || begun >= before || (await multipart.lastPart(path, id)) >= before) continue
    await multipart.abort(path, id)
    swept++
  }
  return swept
}

async function sweepHelpers({ bucket, living }: Place, before: number): Promise<number> {
  let swept = 0
  for await (const { path, modified } of bucket.list(helpersPrefix)) {
    if (living.has(path) || modified >= before) continue
    await bucket.delete(path)
    swept++
  }
  return swept
}

/** Without `begin` a generation is one that was taken over or forgotten, or one whose copy was never completed. */
async function sweepRecords({ bucket }: Place, before: number): Promise<number> {
  let swept = 0
  const end = async (objects: Listed[]): Promise<void> => {
    const { begun, modified, paths } = readLog(objects)
    if (!objects.length || begun || modified >= before) return
    await eachOf(paths, 8, (path) => bucket.delete(path))
    swept++
  }
  let folder = ''
  let objects: Listed[] = []
  for await (const object of bucket.list(uploadsPrefix)) {
    const found = placeOf(object.path)?.folder
    if (!found) continue
    if (found !== folder) {
      await end(objects)
      folder = found
      objects = []
    }
    objects.push(object)
  }
  await end(objects)
  return swept
}
