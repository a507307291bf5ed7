/** Disk storage passes the contract, in a temporary folder; what only a disk has comes after. */

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { link, mkdir, mkdtemp, readdir, rm, truncate, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { systemClock } from '../../base/clock.ts'
import { diskStorage } from './disk.ts'
import { bodyOf, copyOf, literal, named, readRange, refuses } from './samples.ts'
import { storageSuite } from './suite.ts'

async function freshDisk() {
  const dir = await mkdtemp(join(tmpdir(), 'keepsake-storage-'))
  const reopen = () => diskStorage({ dir, clock: systemClock })
  return {
    dir,
    storage: reopen(),
    reopen,
    cleanup: () => rm(dir, { recursive: true, force: true }),
    loseMarker: () => rm(join(dir, 'marker.json')),
  }
}

storageSuite('disk', freshDisk)

async function withDisk(run: (disk: Awaited<ReturnType<typeof freshDisk>>) => Promise<void>): Promise<void> {
  const disk = await freshDisk()
  try {
    await disk.storage.identify('a')
    await run(disk)
  } finally {
    await disk.cleanup()
  }
}

test('what somebody puts among our objects by hand is not ours and stands in no list', () =>
  withDisk(async ({ dir, storage }) => {
    await storage.put('galleries/one', Buffer.from('ours'))
    const folder = join(dir, 'objects/galleries/new folder')
    await mkdir(folder)
    for (const file of [join(folder, 'one.jpg'), join(dir, 'objects/galleries/läuft.jpg')]) await writeFile(file, 'theirs')
    assert.deepEqual(await Array.fromAsync(storage.list('galleries/')), [{ key: 'galleries/one', size: 4 }])
  }))

test('no temporary file stays after failures of every kind', () =>
  withDisk(async ({ dir, storage }) => {
    await storage.put('k', randomBytes(10))
    await refuses('key_exists', storage.put('k', randomBytes(10)))
    await refuses('source_changed', storage.assemble('out', [literal(randomBytes(600_000)), copyOf('none', randomBytes(1), 0, 1)]))
    assert.deepEqual(await readdir(join(dir, 'tmp')), [])
    assert.deepEqual(await readdir(join(dir, 'objects')), ['k'])
  }))

test('a folder removed by somebody is made again', () =>
  withDisk(async ({ dir, storage }) => {
    await storage.put('a/b/1', randomBytes(10))
    await rm(join(dir, 'objects', 'a'), { recursive: true })
    await storage.put('a/b/2', randomBytes(10))
    assert.equal(await storage.size('a/b/2'), 10)
  }))

test('many writers make one new folder together', () =>
  withDisk(async ({ storage }) => {
    await Promise.all(Array.from({ length: 40 }, (_, i) => storage.put(`x/y/z/${i}`, randomBytes(100))))
    let n = 0
    for await (const { size } of storage.list('x/')) n += size
    assert.equal(n, 4000)
  }))

test('an object that shrinks while it is read is an error', () =>
  withDisk(async ({ dir, storage }) => {
    for (const size of [50_000, 500_000]) {
      await storage.put(`k${size}`, randomBytes(size))
      const source = await storage.open(`k${size}`, 0, size)
      await truncate(join(dir, 'objects', `k${size}`), 1000)
      await source.read(Buffer.alloc(500))
      await refuses('source_changed', source.read(Buffer.alloc(size)), { reason: 'short' })
      await source.close()
    }
  }))

test('finishing goes on after a crash between the new name and the end of the old', () =>
  withDisk(async ({ dir, storage }) => {
    await storage.beginUpload(named('u'))
    await storage.appendUpload(named('u'), 0, bodyOf(Buffer.from('hello'), 2), 10)
    await link(join(dir, 'uploads', 'u'), join(dir, 'objects', 'k'))
    await storage.finishUpload(named('u'), 'k')
    assert.deepEqual(await readdir(join(dir, 'uploads')), [])
    assert.equal((await readRange(storage, 'k', 0, 5)).toString(), 'hello')
  }))

test('sweep takes old temporary files and spares those of living writers', () =>
  withDisk(async ({ dir, storage }) => {
    const old = new Date('2020-01-01T00:00:00Z')
    for (const name of ['left', 'young']) await writeFile(join(dir, 'tmp', name), 'x')
    await utimes(join(dir, 'tmp', 'left'), old, old)
    assert.equal(await storage.sweep(new Date('2021-01-01T00:00:00Z')), 1)
    assert.deepEqual(await readdir(join(dir, 'tmp')), ['young'])

    let swept = -1
    function* pieces() {
      yield literal(randomBytes(1_000_000))
      yield literal(randomBytes(1_000_000))
    }
    const writing = storage.assemble('out', pieces())
    while (swept !== 0 && (await readdir(join(dir, 'tmp'))).length < 2) await new Promise((resolve) => setImmediate(resolve))
    swept = await storage.sweep(new Date('2100-01-01T00:00:00Z'))
    await writing
    assert.equal(await storage.size('out'), 2_000_000)
    assert.deepEqual(await readdir(join(dir, 'tmp')), [])
  }))

test('a reserve is kept free', () =>
  withDisk(async ({ dir, storage }) => {
    await storage.put('k', randomBytes(10))
    const { free, total } = (await storage.room())!
    assert.ok(free > 0 && total > free)
    const careful = diskStorage({ dir, clock: systemClock, reserveBytes: Number.MAX_SAFE_INTEGER })
    await careful.identify('a')
    assert.deepEqual(await careful.room(), { free: 0, total })
    await refuses('storage_full', careful.put('l', randomBytes(1)))
    await refuses('storage_full', careful.assemble('l', []))
    await refuses('storage_full', careful.beginUpload(named('u')))
    await careful.delete('k')
  }))

test('200 assemblies, failed ones among them, leave no more threads than one', () =>
  withDisk(async ({ storage }) => {
    const bytes = randomBytes(1000)
    await storage.put('k', bytes)
    const good = copyOf('k', bytes, 0, 1000)
    await storage.assemble('first', [good])
    const threads = await threadCount()
    for (let i = 0; i < 200; i++) {
      if (i % 3 === 0) await refuses('source_changed', storage.assemble(`n${i}`, [literal(bytes), { ...good, crc32: 1 }]))
      else await storage.assemble(`n${i}`, [literal(bytes), good])
    }
    assert.ok((await threadCount()) <= threads, `${await threadCount()} threads, ${threads} before`)
  }))

test('assemblies at the same time do not meet', () =>
  withDisk(async ({ storage }) => {
    const sources = await Promise.all(
      Array.from({ length: 6 }, async (_, i) => {
        const bytes = randomBytes(700_000 + i)
        await storage.put(`s${i}`, bytes)
        return bytes
      }),
    )
    await Promise.all(
      sources.map((bytes, i) => storage.assemble(`o${i}`, [literal(Buffer.from(`${i}`)), copyOf(`s${i}`, bytes, 0, bytes.length)])),
    )
    for (const [i, bytes] of sources.entries()) assert.ok((await readRange(storage, `o${i}`, 1, bytes.length + 1)).equals(bytes))
  }))

/** Threads of this process, where the system tells; else one, so that the test says nothing. */
const threadCount = (): Promise<number> =>
  readdir('/proc/self/task').then(
    (tasks) => tasks.length,
    () => 1,
  )
