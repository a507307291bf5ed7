/** Archives galleries and brings them back, on a disk and in a bucket: beside a build, a copy and sha256sum of the same bytes. */
import { createHash, randomBytes } from 'node:crypto'
import { readdirSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { crc32 } from 'node:zlib'
import { days, systemClock } from '../src/base/clock.ts'
import { newId } from '../src/base/id.ts'
import { insertAssets } from '../src/data/assets.ts'
import { changeGallery, insertGallery } from '../src/data/galleries.ts'
import { insertItems, pageItems } from '../src/data/items.ts'
import { installationId } from '../src/data/settings.ts'
import type { Asset } from '../src/domain/asset.ts'
import { freshGallery } from '../src/domain/gallery.ts'
import { build } from '../src/features/archives/build.ts'
import { hydrate } from '../src/features/archives/hydrate.ts'
import { purge } from '../src/features/archives/purge.ts'
import { restore } from '../src/features/archives/restore.ts'
import { retire } from '../src/features/archives/retire.ts'
import { scrub } from '../src/features/archives/scrub.ts'
import { loadSealed, storagePieces } from '../src/features/archives/sealed.ts'
import { verify } from '../src/features/archives/verify.ts'
import { readWhole } from '../src/ports/bytes.ts'
import { s3Storage } from '../src/ports/storage/s3.ts'
import { bodyOf } from '../src/ports/storage/samples.ts'
import { freshBucket, startServer } from '../test/s3/server.ts'
import { type TestWorld, testWorld } from '../test/world.ts'
import type { Options } from './build.ts'
import { capture } from './measure.ts'
import { figure, printTable, target } from './report.ts'

const job = { signal: new AbortController().signal, attempt: 1, last: true }
/** Wall and CPU seconds of this process, its threads included. */
async function timed<T>(work: () => Promise<T>): Promise<{ wall: number; cpu: number; value: T }> {
  const [began, cpu] = [performance.now(), process.cpuUsage()]
  const value = await work()
  const used = process.cpuUsage(cpu)
  return { wall: (performance.now() - began) / 1000, cpu: (used.user + used.system) / 1e6, value }
}

export async function benchRetire({ photos, tiny }: Options): Promise<void> {
  const server = await startServer()
  try {
    for (const where of ['disk', 'bucket']) {
      const storage = where === 'disk' ? undefined : s3Storage({ ...(await freshBucket(server)), clock: systemClock })
      const world = await testWorld(storage ? { storage } : {})
      try {
        await storage?.identify(await installationId(world.deps.db, newId(systemClock.now())))
        for (const count of [20, tiny]) await usable(world, where, count)
        // the bucket of the tests lies in memory, five times over
        await large(world, where, where === 'disk' ? photos : Math.min(photos, 40))
      } finally {
        await world.close()
      }
    }
  } finally {
    await server.stop()
  }
}

/** Rows of a gallery whose photos lie where `place` says. */
async function gallery(world: TestWorld, photos: Pick<Asset, 'size' | 'crc32' | 'sha256' | 'storageKey' | 'storageOffset'>[], id: string) {
  const { db, clock } = world.deps
  const now = clock.now()
  const assets = photos.map((photo, i): Asset & { createdAt: Date } => ({
    ...photo,
    id: newId(now),
    itemId: newId(now),
    galleryId: id,
    role: 'original',
    originalName: `IMG_${i}.jpg`,
    mime: 'image/jpeg',
    state: 'stored',
    width: null,
    height: null,
    capturedAt: null,
    modifiedAt: now,
    renderState: 'done',
    createdAt: now,
  }))
  await db.transaction().execute(async (tx) => {
    await insertGallery(tx, {
      ...freshGallery({ id, ownerId: world.ownerId, slug: `g-${id.slice(-12)}`, title: 'G', now }),
      state: 'active',
      publishedAt: now,
    })
    await insertItems(
      tx,
      assets.map(({ itemId, originalName }, i) => ({
        id: itemId,
        galleryId: id,
        kind: 'photo' as const,
        title: originalName,
        position: i,
        createdAt: now,
      })),
    )
    await insertAssets(tx, assets)
  })
}

async function archived(world: TestWorld, id: string) {
  const asked = await retire(world.deps, id, { userId: null, source: 'manual' })
  await build(world.deps, asked.id, job)
  await verify(world.deps, asked.id, job)
  return world.deps.db.selectFrom('archives').selectAll().where('id', '=', asked.id).executeTakeFirstOrThrow()
}

/** Tiny photos, all of them ranges of one object: twenty thousand uploads would tell nothing about restoring. */
async function usable(world: TestWorld, where: string, count: number): Promise<void> {
  const { storage } = world.deps
  const size = 600
  const id = newId(world.clock.now())
  const pool = randomBytes(1 + count * size)
  const key = `galleries/${id}/final/pool.bin`
  await storage.put(key, pool)
  const photos = Array.from({ length: count }, (_, i) => {
    const bytes = pool.subarray(1 + i * size, 1 + (i + 1) * size)
    return { size, crc32: crc32(bytes), sha256: createHash('sha256').update(bytes).digest(), storageKey: key, storageOffset: 1 + i * size }
  })
  await gallery(world, photos, id)
  await archived(world, id)
  const runs: number[] = []
  const cpu: number[] = []
  for (let i = 0; i < 5; i++) {
    const took = await timed(async () => {
      await restore(world.deps, id, { expiresAt: null })
      const [item] = await pageItems(world.deps.db, id, { limit: 100 })
      const asset = await world.deps.db.selectFrom('assets').selectAll().where('id', '=', item!.assetId).executeTakeFirstOrThrow()
      const { storageKey, storageOffset } = asset
      const bytes = await readWhole(await storage.open(storageKey, storageOffset, storageOffset + size), size)
      if (!createHash('sha256').update(bytes).digest().equals(asset.sha256)) throw new Error('not that photo')
    })
    runs.push(took.wall)
    cpu.push(took.cpu)
    await world.deps.db.updateTable('assets').set({ renderState: 'done' }).where('galleryId', '=', id).execute()
    // back to where it was, without a second archive
    const finalArchiveId = (
      await world.deps.db.selectFrom('galleries').select('finalArchiveId').where('id', '=', id).executeTakeFirstOrThrow()
    ).finalArchiveId
    await world.deps.db
      .transaction()
      .execute((tx) => changeGallery(tx, id, { state: 'archived', archivedAt: world.clock.now(), finalArchiveId, hydrating: false }))
  }
  target({
    what: `restore to the first photo, ${count} photos, ${where} (slowest of 5)`,
    limit: 2,
    value: Math.max(...runs),
    unit: 's',
    note: `CPU of this process ${figure(Math.max(...cpu))} s`,
  })
}

async function large(world: TestWorld, where: string, count: number): Promise<void> {
  const { db, storage } = world.deps
  const size = 8_000_000
  const id = newId(world.clock.now())
  const photos: Pick<Asset, 'size' | 'crc32' | 'sha256' | 'storageKey' | 'storageOffset'>[] = []
  for (let i = 0; i < count; i++) {
    const bytes = randomBytes(size)
    const storageKey = `galleries/${id}/assets/${newId(world.clock.now())}.jpg`
    const upload = { id: newId(world.clock.now()), generation: 0 }
    await storage.beginUpload(upload)
    await storage.appendUpload(upload, 0, bodyOf(bytes, 1024 * 1024), size)
    await storage.finishUpload(upload, storageKey)
    photos.push({ size, crc32: crc32(bytes), sha256: createHash('sha256').update(bytes).digest(), storageKey, storageOffset: 0 })
  }
  await gallery(world, photos, id)
  const asked = await timed(() => archived(world, id))
  const final = asked.value
  const sealed = await loadSealed(db, final)
  const key = `galleries/${id}/bench/again.zip`
  const pieces = [...storagePieces(await originalsOf(sealed, photos))]
  const again = await timed(async () => {
    await storage.assemble(key, pieces)
    await storage.digest(key, Float64Array.of(sealed.layout.total))
  })
  const rows = [
    [where, 'archive: plan, build, proof, seal', figure(asked.wall), figure(asked.cpu)],
    [where, 'the same build and one read', figure(again.wall), figure(again.cpu)],
  ]
  target({ what: `archive ${count} photos of 8 MB / build and one read, ${where}`, limit: 1.5, value: asked.wall / again.wall })

  world.clock.advance(days(8))
  await purge(world.deps, id, job.signal)
  await db.deleteFrom('purges').where('galleryId', '=', id).execute()
  await restore(world.deps, id, { expiresAt: null })
  const out = await timed(() => hydrate(world.deps, id, job.signal))
  const copies = await timed(async () => {
    for (const [i, { storageKey, crc32 }] of photos.entries())
      await storage.assemble(`galleries/${id}/bench/copy-${i}.jpg`, [{ kind: 'copy', key: storageKey, from: 0, to: size, crc32 }])
  })
  rows.push(
    [where, 'originals taken out and proven', figure(out.wall), figure(out.cpu)],
    [where, 'copied by the store', figure(copies.wall), figure(copies.cpu)],
  )
  target({ what: `taking out / copying, ${where}`, limit: 1 / 0.6, value: out.wall / copies.wall })

  if (where === 'disk') {
    world.clock.advance(days(61))
    const { value, ...read } = await timed(() => scrub(world.deps, job.signal))
    const files = readdirSync(path.join(world.dir, 'objects'), { recursive: true, encoding: 'utf8' })
      .filter((name) => /assets\/.*-[\w-]{12}$|final\/.*\.zip$/.test(name))
      .map((name) => path.join(world.dir, 'objects', name))
    await sleep(100)
    const sum = await timed(() => capture(['sha256sum', ...files]))
    rows.push(
      [where, `scrub of ${figure(value.bytes / 1e9)} GB`, figure(read.wall), figure(read.cpu)],
      [where, `sha256sum of ${files.length} of them`, figure(sum.wall), ''],
    )
    target({ what: 'scrub / sha256sum', limit: 1 / 0.8, value: read.wall / sum.wall })
  }
  printTable('Archive and restore', ['', '', 's', 'CPU s'], rows)
}

/** The plan over the originals where they lay before they were moved inside. */
async function originalsOf(sealed: Awaited<ReturnType<typeof loadSealed>>, photos: { sha256: Buffer; storageKey: string }[]) {
  const keys = new Map(photos.map(({ sha256, storageKey }) => [sha256.toString('hex'), storageKey]))
  return {
    ...sealed,
    entries: sealed.entries.map((entry) => ({ ...entry, storageKey: keys.get(entry.sha256.toString('hex')) ?? null, storageOffset: 0 })),
  }
}
