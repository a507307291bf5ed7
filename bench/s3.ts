/** Makes the same ZIP in a bucket in every way that we have, and by the SDK alone, on a real S3 server on this machine. */
import { createHash, randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { crc32 } from 'node:zlib'
import { systemClock } from '../src/base/clock.ts'
import { storagePieces } from '../src/features/archives/sealed.ts'
import { diskStorage } from '../src/ports/storage/disk.ts'
import { s3Storage } from '../src/ports/storage/s3.ts'
import { usualChoice } from '../src/ports/storage/s3-plan.ts'
import { bodyOf } from '../src/ports/storage/samples.ts'
import { freshBucket, startServer } from '../test/s3/server.ts'
import type { Options } from './build.ts'
import { inTurn, median, once, type Run, ratio } from './measure.ts'
import { type Row, sealedOf } from './plan.ts'
import { figure, printTable, target, wallOf } from './report.ts'

const ways = ['two levels', 'one level', 'get and put', 'SDK alone']

export async function benchS3(options: Options & { bucketPhotos: number; videos: number }): Promise<void> {
  // on disk: 10 GB twice over do not fit into the memory of most machines
  process.env.S3_STORE = 'bluestore'
  process.env.S3_DISK_BYTES = String(64 * 1024 ** 3)
  const server = await startServer()
  try {
    const { photos, bucketPhotos, videos } = options
    const few = await gallery(options, server, { what: 'photos of 8 MB', count: photos, size: 8e6, runs: Math.min(3, options.runs) })
    target({
      what: `build of ${photos} photos in a bucket / SDK alone`,
      limit: 1.3,
      value: ratio(few.ours, few.found.get('SDK alone')!, wallOf),
      note: few.usual,
    })
    const many = await gallery(options, server, { what: 'photos of 8 MB', count: bucketPhotos, size: 8e6, runs: 1 })
    target({ what: `moved of ${bucketPhotos} photos`, limit: 0.5, value: many.moved, unit: '%', note: many.usual })
    const films = await gallery(options, server, { what: 'videos of 500 MB', count: videos, size: 500e6, runs: 1 })
    target({ what: `moved of ${videos} videos`, limit: 0.1, value: films.moved, unit: '%', note: films.usual })
  } finally {
    await server.stop()
  }
}

/** One gallery in every way; ours is the way that Keepsake takes by itself. Each file has the same bytes: whoever copies them does not look. */
async function gallery(
  { scratch }: Options,
  server: { endpoint: string },
  { what, count, size, runs }: { what: string; count: number; size: number; runs: number },
) {
  const options = await freshBucket(server)
  const storage = s3Storage({ ...options, clock: systemClock })
  await storage.identify('bench')
  const given = path.join(scratch, 'bucket.json')
  writeFileSync(given, JSON.stringify(options))
  const bytes = randomBytes(size)
  const [sum, sha256] = [crc32(bytes), createHash('sha256').update(bytes).digest('hex')]
  const rows: Row[] = []
  for (let i = 0; i < count; i++) {
    const key = `photos/${i}`
    const upload = { id: `u${i}`, generation: 0 }
    await storage.beginUpload(upload)
    await storage.appendUpload(upload, 0, bodyOf(bytes, 1024 * 1024), size)
    await storage.finishUpload(upload, key)
    rows.push({ name: `${i}.jpg`, key, size, crc32: sum, sha256, mtime: 1.7e12 })
  }
  const plan = path.join(scratch, 'plan.json')
  writeFileSync(plan, JSON.stringify(rows))
  const script = [process.execPath, path.join(import.meta.dirname, 's3-ways.ts')]
  let n = 0
  const contenders = ways.map((name) => ({ name, command: [...script, name, given, plan, `${name.replaceAll(' ', '-')}-${n++}.zip`] }))
  // what the server needs of this machine counts as others: no run is done again for it
  const found = await inTurn(contenders, runs, { scratch, tries: 1 })
  const said = (run: Run) => JSON.parse(run.stdout) as { moved: number; requests: number; sha256: string | null; size: number }
  const sealed = sealedOf(plan)
  const { total } = sealed.layout
  printTable(
    `In a bucket: ${count} ${what}, ${figure(total / 1e9)} GB`,
    ['', 'wall s', 'CPU s', 'peak MiB', 'moved %', 'requests', 'others busy'],
    [...found].map(([name, all]) => [
      name,
      figure(median(all.map(wallOf))),
      figure(median(all.map((run) => run.cpu))),
      median(all.map((run) => run.peak)).toFixed(0),
      figure((100 * said(all[0]!).moved) / total),
      String(said(all[0]!).requests),
      median(all.map((run) => run.others)).toFixed(1),
    ]),
  )
  const levels = usualChoice([...storagePieces(sealed)], total)?.levels
  const usual = levels === 1 ? 'one level' : levels === 2 ? 'two levels' : 'get and put'
  const ours = found.get(usual)!
  target({ what: `peak memory, ${count} ${what}`, limit: 300, value: Math.max(...ours.map((run) => run.peak)), unit: 'MiB', note: usual })
  await sameAsDisk(scratch, storage, { script, given, plan, bytes: size > 100e6 ? null : bytes })
  return { found, usual, ours, moved: (100 * said(ours[0]!).moved) / total }
}

interface Judged {
  script: string[]
  given: string
  plan: string
  /** of every file; null: too large to be written here once more */
  bytes: Buffer | null
}

/** The ZIP made inside the store, read back, has the SHA-256 that get-and-put took as it passed; and that of a disk. */
async function sameAsDisk(scratch: string, storage: ReturnType<typeof s3Storage>, { script, given, plan, bytes }: Judged): Promise<void> {
  await once({ name: 'kept', command: [...script, 'two levels', given, plan, 'kept.zip', 'keep'] }, scratch)
  const { stdout } = await once({ name: 'check', command: [...script, 'check', given, plan, 'kept.zip'] }, scratch)
  const ours = JSON.parse(stdout).sha256
  const moved = await once({ name: 'moved', command: [...script, 'get and put', given, plan, 'moved.zip'] }, scratch)
  if (JSON.parse(moved.stdout).sha256 !== ours) throw new Error('made inside the store the ZIP has other bytes')
  await storage.delete('kept.zip')
  if (!bytes) return
  const sealed = sealedOf(plan)
  const disk = diskStorage({ dir: path.join(scratch, `disk-${sealed.entries.length}`), clock: systemClock })
  await disk.identify('bench')
  for (const { storageKey } of sealed.entries) await disk.put(storageKey!, bytes)
  if ((await disk.assemble('zip', storagePieces(sealed))).sha256 !== ours) throw new Error('a disk makes a ZIP of other bytes')
}
