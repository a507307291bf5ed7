import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { createServer, type Server as HttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Readable } from 'node:stream'
import { test } from 'node:test'
import { DataStore, Server, Upload } from '@tus/server'
import type { PreviousUpload, UploadOptions } from 'tus-js-client'
import { wanted } from './files.ts'
import { uploadMemory } from './upload-memory.ts'
import { type Count, type Queue, type QueueOptions, type Source, uploadQueue } from './upload-queue.ts'
import { speedometer } from './upload-speed.ts'

test('every file arrives whole, and the count ends at 100', async () => {
  const world = await open()
  world.queue.add([file('a.jpg', 300_000), file('day 1/b.jpg', 5), file('c.jpg', 70_000), file('d.jpg', 70_001)], new Set())
  const count = await until(world.queue, ({ state }) => state === 'done')
  assert.deepEqual([count.files, count.stored, count.percent, count.sent], [4, 4, 100, count.bytes])
  assert.deepEqual([...world.kept.values()].map((f) => f.metadata?.filename).sort(), ['a.jpg', 'b.jpg', 'c.jpg', 'd.jpg'])
  assert.deepEqual(world.kept.values().next().value?.metadata?.gallery, 'g1')
  await world.close()
})

test('a duplicate is told and counted, not stored', async () => {
  const world = await open()
  world.queue.add([file('a.jpg', 9000), file('copy of a.jpg', 9000)], new Set())
  const count = await until(world.queue, ({ state }) => state === 'done')
  assert.deepEqual([count.stored, count.duplicates, count.percent], [1, 1, 100])
  await world.close()
})

test('a refused file keeps the sentence of the server, and Retry all sends it again', async () => {
  const world = await open()
  world.refuse = true
  world.queue.add([file('a.exe', 100)], new Set())
  const count = await until(world.queue, ({ state }) => state === 'done')
  assert.equal(count.failed[0]?.problem.title, 'This file is not a photo.')
  assert.notEqual(count.percent, 100)
  assert.equal(world.left(), 0, 'a refused file is nothing to go on with after a reload')
  world.refuse = false
  world.queue.retry()
  assert.equal((await until(world.queue, (c) => c.stored === 1)).failed.length, 0)
  await world.close()
})

test('a file that has changed since it was chosen says so, and chosen again it is sent', async () => {
  const changed = new Set<Blob>()
  const world = await open({ readable: async (body) => !changed.has(body) })
  const was = file('day/a.jpg', 1000)
  changed.add(was.body)
  world.queue.add([was, file('b.jpg', 2000)], new Set())
  const cut = await until(world.queue, ({ state }) => state === 'done')
  assert.deepEqual([cut.stored, cut.failed.map(({ path, problem }) => [path, problem.code])], [1, [['day/a.jpg', 'unreadable']]])
  assert.equal(world.left(), 1, 'it is still to come')
  world.queue.add([file('day/a.jpg', 1010)], new Set())
  const count = await until(world.queue, ({ stored }) => stored === 2)
  assert.deepEqual([count.files, count.failed, count.percent, count.sent, count.bytes], [2, [], 100, 3010, 3010])
  await world.close()
})

test('paused nothing is sent; going on ends it', async () => {
  const world = await open()
  world.queue.pause()
  world.queue.add([file('a.jpg', 1000), file('b.jpg', 1001)], new Set())
  assert.equal((await until(world.queue, (c) => c.files === 2)).state, 'paused')
  assert.equal(world.kept.size, 0)
  world.queue.resume()
  assert.equal((await until(world.queue, ({ state }) => state === 'done')).stored, 2)
  await world.close()
})

test('a session that ends in the middle cuts nothing off: the files go on when somebody is signed in again', async () => {
  let told = 0
  const world = await open({ signedOut: () => told++ })
  world.queue.add([file('a.jpg', 1000)], new Set())
  await until(world.queue, (c) => c.stored === 1)
  world.locked = true
  world.queue.add([file('b.jpg', 1001), file('c.jpg', 1002)], new Set())
  const cut = await until(world.queue, ({ state }) => state === 'paused')
  assert.deepEqual([cut.stored, told > 0, world.left()], [1, true, 2])
  world.locked = false
  world.queue.signedIn()
  const count = await until(world.queue, ({ state }) => state === 'done')
  assert.deepEqual([count.stored, count.failed, count.percent], [3, [], 100])
  world.queue.pause()
  world.queue.add([file('d.jpg', 1003)], new Set())
  world.queue.signedIn()
  assert.equal((await until(world.queue, (c) => c.files === 4)).state, 'paused', 'who paused it themselves goes on themselves')
  await world.close()
})

test('without a network files wait, and go on by themselves', async () => {
  const world = await open()
  world.queue.network(false)
  world.queue.add([file('a.jpg', 1000)], new Set())
  assert.equal((await until(world.queue, (c) => c.files === 1)).state, 'offline')
  world.queue.network(true)
  assert.equal((await until(world.queue, ({ state }) => state === 'done')).stored, 1)
  await world.close()
})

test('the same folder after a reload sends only what is left', async () => {
  const world = await open()
  world.queue.add([file('a.jpg', 1000), file('b.jpg', 2000)], new Set())
  await until(world.queue, ({ state }) => state === 'done')
  const later = world.reload()
  // b.jpg was removed from the gallery since: it is sent again.
  later.add([file('a.jpg', 1000), file('b.jpg', 2000), file('c.jpg', 3000)], new Set([1000]))
  const count = await until(later, ({ state }) => state === 'done')
  assert.deepEqual([count.already, count.files], [1, 2])
  await world.close()
})

test('what was sent before the page ended is not sent again', async () => {
  const world = await open()
  world.holdAfter = 1_000_000
  world.queue.add([file('a.jpg', 1000), file('b.jpg', 4_000_000)], new Set())
  await until(world.queue, ({ stored }) => stored === 1)
  await world.held
  world.queue.leave()
  world.holdAfter = 0
  const later = world.reload()
  later.add([file('a.jpg', 1000), file('b.jpg', 4_000_000)], new Set([1000]))
  assert.equal((await until(later, ({ state }) => state === 'done')).already, 1)
  world.queue.pause()
  await world.close()
})

test('uploads begin in the order of the files', async () => {
  const world = await open()
  const names = Array.from({ length: 30 }, (_, n) => `${n}.jpg`)
  world.queue.add(
    names.map((name, n) => file(name, 1000 + n)),
    new Set(),
  )
  await until(world.queue, ({ state }) => state === 'done')
  assert.deepEqual(
    [...world.kept.values()].map((f) => f.metadata?.filename),
    names,
  )
  await world.close()
})

test('a file cut off goes on at the byte the server has, also after a reload', async () => {
  const world = await open()
  world.holdAfter = 1_000_000
  world.queue.add([file('a.jpg', 4_000_000)], new Set())
  await world.held
  world.queue.pause()
  world.holdAfter = 0
  const later = world.reload()
  later.add([file('a.jpg', 4_000_000)], new Set())
  const count = await until(later, ({ state }) => state === 'done')
  assert.deepEqual([count.stored, world.kept.size], [1, 1])
  assert.equal(world.sizes()[0], 4_000_000)
  assert.ok(world.patches.at(-1)! > 0, 'the second request began behind the first byte')
  await world.close()
})

test('three thousand files are taken without holding up the page', async () => {
  const world = await open()
  world.queue.pause()
  const files = Array.from({ length: 3000 }, (_, n) => file(`${n}.jpg`, 10))
  // of the processor: what else the machine does is not the page's fault
  const began = process.cpuUsage()
  world.queue.add(files, new Set())
  const { user } = process.cpuUsage(began)
  assert.ok(user < 500_000, `${user / 1000} ms`)
  assert.equal((await until(world.queue, (c) => c.files === 3000)).bytes, 30_000)
  await world.close()
})

test('what operating systems leave lying about is not uploaded', () => {
  for (const path of ['.DS_Store', 'day/.DS_Store', 'day/Thumbs.db', '.git/a.jpg', '__MACOSX/a.jpg', '._a.jpg'])
    assert.equal(wanted(path), false, path)
  for (const path of ['a.jpg', 'day 1/IMG.0001.jpg', 'Ünïcode/фото.jpg']) assert.equal(wanted(path), true, path)
})

test('the time left follows the last seconds', () => {
  let at = 0
  const speed = speedometer(() => at)
  assert.equal(speed.secondsFor(1000), null)
  for (; at <= 5000; at += 500) speed.note(at)
  assert.equal(speed.secondsFor(10_000), 10)
})

function file(path: string, size: number): Source {
  const body = Buffer.alloc(size, 7) as unknown as Blob
  return { path, name: path.split('/').at(-1)!, size, type: 'image/jpeg', modified: 1_700_000_000_000, body }
}

/** The first count for which something holds. */
function until(queue: Queue, holds: (count: Count) => boolean): Promise<Count> {
  return new Promise((done) => {
    const look = () => {
      if (!holds(queue.count())) return
      stop()
      done(queue.count())
    }
    const stop = queue.listen(look)
    look()
  })
}

/** A tus server of the real library that keeps bytes in memory, and a browser's stores. */
async function open(more: Pick<QueueOptions, 'signedOut' | 'readable'> = {}) {
  const kept = new Map<string, Upload>()
  const bytes = new Map<string, Buffer>()
  const hashes = new Set<string>()
  class MemoryStore extends DataStore {
    override extensions = ['creation']
    override async create(upload: Upload) {
      kept.set(upload.id, upload)
      bytes.set(upload.id, Buffer.alloc(0))
      return upload
    }
    override async write(stream: Readable, id: string) {
      world.patches.push(bytes.get(id)!.length)
      for await (const part of stream) {
        bytes.set(id, Buffer.concat([bytes.get(id)!, part]))
        if (!world.holdAfter || bytes.get(id)!.length < world.holdAfter) continue
        hold()
        break
      }
      return bytes.get(id)!.length
    }
    override async getUpload(id: string) {
      const { size, metadata } = kept.get(id)!
      return new Upload({ id, size, offset: bytes.get(id)!.length, metadata })
    }
  }
  let hold = () => {}
  const world = { refuse: false, locked: false, holdAfter: 0, held: new Promise<void>((done) => (hold = done)), patches: [] as number[] }
  const tus = new Server({
    path: '/api/uploads',
    datastore: new MemoryStore(),
    onUploadCreate: async () => {
      if (world.locked) throw { status_code: 401, body: JSON.stringify({ title: 'Sign in first.', code: 'sign_in_required' }) }
      if (world.refuse) throw { status_code: 415, body: JSON.stringify({ title: 'This file is not a photo.', code: 'not_a_photo' }) }
      return {}
    },
    onUploadFinish: async (_request, { id }) => {
      const hash = createHash('sha256').update(bytes.get(id)!).digest('hex')
      const known = hashes.has(hash)
      hashes.add(hash)
      return { headers: { 'Upload-Result': known ? 'duplicate' : 'stored' } }
    },
  })
  const http: HttpServer = createServer((request, response) => tus.handle(request, response))
  await new Promise<void>((done) => http.listen(0, '127.0.0.1', done))
  const endpoint = `http://127.0.0.1:${(http.address() as AddressInfo).port}/api/uploads`
  const local = new Map<string, string>()
  const store = {
    getItem: (key: string) => local.get(key) ?? null,
    setItem: (key: string, value: string) => void local.set(key, value),
    removeItem: (key: string) => void local.delete(key),
  }
  const options: Partial<UploadOptions> = { retryDelays: [], urlStorage: urls() }
  const reload = () =>
    uploadQueue({
      endpoint,
      gallery: 'g1',
      memory: uploadMemory(store, 'g1'),
      now: () => performance.now(),
      online: () => true,
      tus: options,
      ...more,
    })
  return Object.assign(world, {
    kept,
    sizes: () => [...bytes.values()].map((b) => b.length),
    queue: reload(),
    left: () => uploadMemory(store, 'g1').left(),
    reload,
    close: () => new Promise((done) => http.close(done)),
  })
}

/** What localStorage is to tus in a browser. */
function urls(): UploadOptions['urlStorage'] {
  const all = new Map<string, PreviousUpload>()
  return {
    findAllUploads: async () => [...all.values()],
    findUploadsByFingerprint: async (print) => [...all.values()].filter((known) => known.urlStorageKey === print),
    removeUpload: async (key) => void all.delete(key),
    addUpload: async (print, upload) => {
      all.set(print, { ...upload, urlStorageKey: print })
      return print
    },
  }
}
