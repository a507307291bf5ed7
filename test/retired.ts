/** A world in which galleries are archived and come back, on a disk or in a bucket; steps that run by themselves are called by tests. */
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { days, minutes, systemClock } from '../src/base/clock.ts'
import { newId } from '../src/base/id.ts'
import { findArchive } from '../src/data/archives.ts'
import { listStored } from '../src/data/assets.ts'
import { findGallery } from '../src/data/galleries.ts'
import { installationId } from '../src/data/settings.ts'
import type { Archive } from '../src/domain/archive.ts'
import type { Gallery } from '../src/domain/gallery.ts'
import { publish } from '../src/features/archives/publish.ts'
import { purge } from '../src/features/archives/purge.ts'
import { retire } from '../src/features/archives/retire.ts'
import { createGallery } from '../src/features/galleries/edit.ts'
import { reconcile } from '../src/features/operations/reconcile.ts'
import { importFolder } from '../src/features/uploads/import.ts'
import { s3Storage } from '../src/ports/storage/s3.ts'
import { readRange } from '../src/ports/storage/samples.ts'
import { photos } from './journeys/sending.ts'
import { freshBucket, testServer } from './s3/server.ts'
import { type TestWorld, testWorld } from './world.ts'

export interface RetiredWorld extends TestWorld {
  /** A published gallery with its ready delivery and its photos, each of `bytes` bytes. */
  published(count: number, slug?: string, bytes?: number): Promise<{ gallery: Gallery; delivery: Archive; sent: string[] }>
  /** Archives it, and answers its final archive. */
  archived(id: string): Promise<Archive>
  /** A week later: what waits for its end goes, and a day after that its bytes. */
  purged(id: string): Promise<void>
  /** SHA-256 of every photo where its row points, sorted. */
  sums(id: string): Promise<string[]>
  /** Every object of ours that begins with this. */
  keys(prefix: string): Promise<string[]>
  /** One bit of the object is another one. */
  flip(key: string, at: number): Promise<void>
  /** The object ends there. */
  cut(key: string, size: number): Promise<void>
}

/** Where a test of a loss runs: on a disk, and in a bucket where a server can be started. */
export async function stores(): Promise<{ name: string; skip: string | false; world: () => Promise<RetiredWorld> }[]> {
  const server = await testServer()
  return [
    { name: 'on a disk', skip: false, world: () => retiredWorld() },
    { name: 'in a bucket', skip: typeof server === 'string' ? server : false, world: () => inBucket(server as { endpoint: string }) },
  ]
}

async function inBucket(server: { endpoint: string }): Promise<RetiredWorld> {
  const storage = s3Storage({ ...(await freshBucket(server)), clock: systemClock })
  const world = await retiredWorld({ storage })
  await storage.identify(await installationId(world.deps.db, newId(systemClock.now())))
  return world
}

let count = 0

export async function retiredWorld(change: Parameters<typeof testWorld>[0] = {}): Promise<RetiredWorld> {
  const world = await testWorld(change)
  const { deps, until, clock } = world
  const folder = mkdtempSync('/tmp/keepsake-retired-')
  const idle = async () => {}
  await world.work({ reconcile: idle, maintenance: idle, 'gallery.purge': idle, 'gallery.hydrate': idle })
  const read = async (key: string) => readRange(deps.storage, key, 0, (await deps.storage.size(key))!)
  const replace = async (key: string, bytes: Buffer) => {
    await deps.storage.delete(key)
    await deps.storage.put(key, bytes)
  }
  return {
    ...world,
    async published(photoCount, slug = `gallery-${++count}`, bytes = 40_000) {
      const sent = await photos(photoCount, bytes, ++count * 1000)
      mkdirSync(path.join(folder, slug))
      for (const photo of sent) writeFileSync(path.join(folder, slug, photo.name), photo.bytes)
      const made = await createGallery(deps, world.ownerId, { title: slug, slug })
      await importFolder(deps, made, path.join(folder, slug))
      const { archive } = await publish(deps, made.id, { userId: null, source: 'publish' })
      const delivery = await until(async () => {
        const now = await findArchive(deps.db, archive.id)
        return now?.status === 'ready' && now
      }, 'the delivery')
      await until(async () => (await listStored(deps.db, made.id)).every((a) => a.renderState !== 'waiting'), 'previews')
      return { gallery: (await findGallery(deps.db, made.id))!, delivery, sent: sent.map(({ sha256 }) => sha256).sort() }
    },
    async archived(id) {
      const { id: archiveId } = await retire(deps, id, { userId: null, source: 'manual' })
      await until(async () => {
        const now = await findGallery(deps.db, id)
        if (now?.archiveError) throw new Error(`not archived: ${now.archiveError}`)
        return now?.state === 'archived'
      }, 'archived')
      return (await findArchive(deps.db, archiveId))!
    },
    async purged(id) {
      clock.advance(days(7) + minutes(1))
      await purge(deps, id, new AbortController().signal)
      await reconcile(deps)
      clock.advance(days(1) + minutes(1))
      await reconcile(deps)
    },
    async sums(id) {
      const all = await Promise.all(
        (await listStored(deps.db, id)).map(async ({ storageKey, storageOffset, size }) =>
          createHash('sha256')
            .update(await readRange(deps.storage, storageKey, storageOffset, storageOffset + size))
            .digest('hex'),
        ),
      )
      return all.sort()
    },
    async keys(prefix) {
      const found: string[] = []
      for await (const { key } of deps.storage.list(prefix)) found.push(key)
      return found.sort()
    },
    async flip(key, at) {
      const bytes = await read(key)
      bytes[at]! ^= 1
      await replace(key, bytes)
    },
    cut: async (key, size) => replace(key, (await read(key)).subarray(0, size)),
    async close() {
      await world.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
