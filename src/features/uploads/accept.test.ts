/** Uploads over HTTP: what is kept, what is refused and how, and what survives a cut. */
import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { crc32 } from 'node:zlib'
import { days, minutes, seconds } from '../../base/clock.ts'
import { AppError, isCode } from '../../base/errors.ts'
import { claimUpload } from '../../data/uploads.ts'
import type { Gallery } from '../../domain/gallery.ts'
import { diskStorage } from '../../ports/storage/disk.ts'
import { giveUp, receive, standing } from './accept.ts'
import { begin } from './begin.ts'
import { recentHashes } from './hashes.ts'
import { sweepUploads } from './sweep.ts'
import {
  addGallery,
  assetsOf,
  asUser,
  type Bed,
  head,
  installation,
  openBed,
  patch,
  picture,
  post,
  problem,
  send,
  sha256,
  storedBytes,
  tusHeaders,
  tusUpload,
} from './testbed.test.ts'

let bed: Bed
let gallery: Gallery
before(async () => {
  bed = await openBed()
  gallery = await addGallery(bed.deps, bed.mara)
})
after(() => bed.close())

const fresh = async () => addGallery(bed.deps, bed.mara)
const started = async (size: number, galleryId = gallery.id) =>
  (await post(bed, bed.mara, size, { gallery: galleryId, filename: 'a.jpg' })).headers.get('location')!
const jobs = () => bed.deps.queue.depth()

test('an upload becomes an asset with size, type, CRC-32 and SHA-256, and its picture waits to be drawn', async () => {
  const into = await fresh()
  const bytes = await picture(1, 900_000)
  const answer = await send(bed, into.slug, 'IMG_1.jpg', bytes, { modified: '1700000000000', sha256: sha256(bytes), filetype: 'text/html' })
  assert.equal(answer.status, 204)
  assert.equal(answer.headers.get('upload-offset'), String(bytes.length))
  assert.equal(answer.headers.get('upload-result'), 'stored')
  assert.equal(answer.headers.get('tus-resumable'), '1.0.0')
  const [asset, ...more] = await assetsOf(bed.deps.db, into.id)
  assert.equal(more.length, 0)
  assert.ok(asset)
  assert.deepEqual(
    [asset.originalName, asset.mime, asset.size, asset.crc32, asset.sha256.toString('hex'), asset.modifiedAt.getTime(), asset.renderState],
    ['IMG_1.jpg', 'image/jpeg', bytes.length, crc32(bytes), sha256(bytes), 1_700_000_000_000, 'waiting'],
  )
  assert.ok((await storedBytes(bed.deps, asset.storageKey, asset.size)).equals(bytes))
  assert.equal(
    (await bed.deps.db.selectFrom('galleries').select('contentVersion').where('id', '=', into.id).executeTakeFirstOrThrow()).contentVersion,
    1,
  )
  assert.ok((await jobs())['asset.render']! > 0)
})

test('tus-js-client sends a file in chunks, and to a published gallery: one rebuild waits', async () => {
  const into = await addGallery(bed.deps, bed.mara, { state: 'active' })
  const bytes = await picture(2, 1_200_000)
  const rebuilds = (await jobs())['gallery.rebuild'] ?? 0
  const upload = await tusUpload(bytes, {
    endpoint: `${bed.url}/api/uploads`,
    headers: { cookie: `as=${bed.mara}` },
    chunkSize: 250_000,
    metadata: { gallery: into.id, filename: 'chunks.jpg' },
  })
  assert.match(upload.url ?? '', /\/api\/uploads\/[0-9a-f-]{36}$/)
  await send(bed, into.id, 'second.jpg', await picture(3, 40_000))
  const assets = await assetsOf(bed.deps.db, into.id)
  assert.equal(assets[0]?.sha256.toString('hex'), sha256(bytes))
  assert.equal(assets.length, 2)
  assert.equal(((await jobs())['gallery.rebuild'] ?? 0) - rebuilds, 1)
})

test('creation with upload stores in one request', async () => {
  const bytes = await picture(4, 50_000)
  const answer = await fetch(`${bed.url}/api/uploads`, {
    method: 'POST',
    headers: {
      ...asUser(bed.mara),
      'upload-length': String(bytes.length),
      'upload-metadata': `gallery ${Buffer.from(gallery.id).toString('base64')}`,
      'content-type': 'application/offset+octet-stream',
    },
    body: new Uint8Array(bytes),
  })
  assert.deepEqual(
    [answer.status, answer.headers.get('upload-offset'), answer.headers.get('upload-result')],
    [201, String(bytes.length), 'stored'],
  )
})

test('refusals before a byte is read', async (t) => {
  const full = await addGallery(bed.deps, bed.mara, { state: 'expired' })
  const past = await addGallery(bed.deps, bed.mara, { state: 'active', expiresAt: new Date(0) })
  const foreign = await addGallery(bed.deps, bed.jonas)
  const cases: [name: string, length: number | string, fields: Record<string, string>, status: number, code: string][] = [
    ['0 bytes', 0, { gallery: gallery.id }, 422, 'empty_file'],
    ['over the limit', 200_000_001, { gallery: gallery.id }, 413, 'upload_too_large'],
    ['a negative length', -1, { gallery: gallery.id }, 400, 'bad_request'],
    ['no number', 'many', { gallery: gallery.id }, 400, 'bad_request'],
    ['no gallery', 10, { filename: 'a.jpg' }, 400, 'bad_request'],
    ['a gallery that is no name', 10, { gallery: '1 OR 1=1' }, 400, 'bad_request'],
    ['10 KB of gallery', 10, { gallery: 'a'.repeat(10_000) }, 400, 'bad_request'],
    ['an unknown gallery', 10, { gallery: bed.mara }, 404, 'not_found'],
    ['a foreign gallery', 10, { gallery: foreign.id }, 404, 'not_found'],
    ['an expired gallery', 10, { gallery: full.id }, 409, 'gallery_not_open'],
    ['a gallery whose date has passed', 10, { gallery: past.id }, 409, 'gallery_not_open'],
    ['a sha256 that is none', 10, { gallery: gallery.id, sha256: 'abc' }, 400, 'bad_request'],
  ]
  for (const [name, length, fields, status, code] of cases)
    await t.test(name, async () => {
      const answer = await post(bed, bed.mara, length, fields)
      assert.equal(answer.headers.get('content-type'), 'application/problem+json')
      assert.deepEqual(await problem(answer), { status, code })
    })
  await t.test('nobody', async () =>
    assert.deepEqual(await problem(await post(bed, 'x', 10, { gallery: gallery.id })), { status: 401, code: 'sign_in_required' }),
  )
  await t.test('a deferred length', async () => {
    const headers = { ...asUser(bed.mara), 'upload-defer-length': '1' }
    assert.equal((await fetch(`${bed.url}/api/uploads`, { method: 'POST', headers })).status, 400)
  })
  await t.test('a disk that is full, also for uploads that were begun at the same time', async () => {
    const storage = { ...bed.deps.storage, room: async () => ({ free: 250_000_000, total: 1_000_000_000 }) }
    const deps = { ...bed.deps, storage, settings: { ...bed.deps.settings, reserveBytes: 100_000_000 } }
    const file = { name: 'big.jpg', size: 100_000_000, modifiedAt: new Date(0), sha256: null }
    const ends = await Promise.allSettled([begin(deps, gallery, file), begin(deps, gallery, file), begin(deps, gallery, file)])
    assert.deepEqual(ends.map((end) => (end.status === 'rejected' ? end.reason.code : 'begun')).sort(), [
      'begun',
      'storage_full',
      'storage_full',
    ])
    await bed.deps.db.deleteFrom('uploads').where('size', '=', file.size).execute()
  })
})

test('refusals at the last byte drop the upload', async (t) => {
  const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>')
  const png = Buffer.from('89504e470d0a1a0a0000000d4948445200004000000040000802000000' + '00000000' + '0000000049454e44ae426082', 'hex')
  const cases: [name: string, bytes: Buffer, fields: Record<string, string>, status: number, code: string][] = [
    ['HTML called .jpg', Buffer.from('<!doctype html><script>alert(1)</script>'), {}, 415, 'media_type'],
    ['SVG called .jpg', svg, {}, 415, 'media_type'],
    ['a text', Buffer.from('hello'), {}, 415, 'media_type'],
    ['a PNG of 256 megapixels', png, {}, 422, 'picture_too_large'],
    ['another SHA-256 than declared', await picture(5, 30_000), { sha256: '0'.repeat(64) }, 460, 'checksum_mismatch'],
  ]
  for (const [name, bytes, fields, status, code] of cases)
    await t.test(name, async () => {
      const into = await fresh()
      const begun = await post(bed, bed.mara, bytes.length, { gallery: into.id, filename: 'x.jpg', ...fields })
      const location = begun.headers.get('location')!
      const answer = await patch(bed, bed.mara, location, 0, bytes)
      assert.equal(answer.headers.get('tus-resumable'), '1.0.0')
      assert.deepEqual(await problem(answer), { status, code })
      assert.equal((await head(bed, bed.mara, location)).status, 404)
      assert.deepEqual(await assetsOf(bed.deps.db, into.id), [])
    })
})

test('a JPEG that is a page and a ZIP too is a JPEG; a truncated one is kept', async () => {
  const into = await fresh()
  const whole = await picture(6, 60_000)
  const both = Buffer.concat([whole, Buffer.from('<script>alert(1)</script>PK\x05\x06'), Buffer.alloc(18)])
  assert.equal((await send(bed, into.id, 'page.html', both)).headers.get('upload-result'), 'stored')
  assert.equal((await send(bed, into.id, 'cut.jpg', whole.subarray(0, 3000))).headers.get('upload-result'), 'stored')
  assert.deepEqual(
    (await assetsOf(bed.deps.db, into.id)).map((a) => a.mime),
    ['image/jpeg', 'image/jpeg'],
  )
})

test('a body that is longer than announced is refused, one that is shorter is gone on with', async () => {
  const bytes = await picture(7, 400_000)
  const location = await started(bytes.length)
  const longer = await patch(bed, bed.mara, location, 0, Buffer.concat([bytes, Buffer.from('more')]))
  assert.deepEqual(await problem(longer), { status: 413, code: 'upload_too_large' })
  const half = await patch(bed, bed.mara, location, 0, bytes.subarray(0, 200_000))
  assert.deepEqual([half.status, half.headers.get('upload-offset'), half.headers.get('upload-result')], [204, '200000', null])
  assert.deepEqual(await problem(await patch(bed, bed.mara, location, 0, bytes)), { status: 409, code: 'upload_offset' })
  assert.deepEqual(await problem(await patch(bed, bed.mara, location, 200_001, bytes.subarray(200_001))), {
    status: 409,
    code: 'upload_offset',
  })
  const rest = await patch(bed, bed.mara, location, 200_000, bytes.subarray(200_000))
  assert.equal(rest.headers.get('upload-result'), 'stored')
  const seen = await head(bed, bed.mara, location)
  assert.deepEqual(
    [seen.headers.get('upload-offset'), seen.headers.get('upload-length'), seen.headers.get('upload-result')],
    [String(bytes.length), String(bytes.length), 'stored'],
  )
  assert.ok((await assetsOf(bed.deps.db, gallery.id)).some((a) => a.sha256.toString('hex') === sha256(bytes)))
})

test('a body without end is cut at what was announced', async () => {
  const into = await fresh()
  const location = await started(100_000, into.id)
  const endless = new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(65_536)) })
  const status = await patch(bed, bed.mara, location, 0, endless).then(
    (answer) => answer.status,
    () => 'cut',
  )
  assert.ok(status === 413 || status === 'cut', String(status))
  await settled(location, 65_536)
  assert.deepEqual(await assetsOf(bed.deps.db, into.id), [])
})

/** Waits until the server has noted what came before the cut. */
async function settled(location: string, offset: number): Promise<void> {
  for (;;) {
    const id = location.split('/').at(-1)!
    const row = await bed.deps.db.selectFrom('uploads').select(['lockToken', 'received']).where('id', '=', id).executeTakeFirstOrThrow()
    if (row.lockToken === null && row.received === offset) return
    await sleep(10)
  }
}

/** Sends the beginning of a body and waits until the server has the lease. */
async function open(location: string, bytes: Buffer) {
  const headers = {
    ...asUser(bed.mara),
    'upload-offset': '0',
    'content-type': 'application/offset+octet-stream',
    'content-length': String(bytes.length),
  }
  const sending = request(bed.url + location, { method: 'PATCH', headers })
  sending.on('error', () => {})
  sending.write(bytes.subarray(0, 300_000))
  const id = location.split('/').at(-1)!
  for (;;) {
    const row = await bed.deps.db.selectFrom('uploads').select('lockToken').where('id', '=', id).executeTakeFirstOrThrow()
    if (row.lockToken !== null) return sending
    await sleep(5)
  }
}

test('of two requests at once one goes on and the other is told 423; a cut keeps what came', async () => {
  const bytes = await picture(8, 700_000)
  const location = await started(bytes.length)
  const first = await open(location, bytes)
  assert.deepEqual(await problem(await patch(bed, bed.mara, location, 0, bytes)), { status: 423, code: 'upload_busy' })
  assert.deepEqual(await problem(await fetch(bed.url + location, { method: 'DELETE', headers: asUser(bed.mara) })), {
    status: 423,
    code: 'upload_busy',
  })
  first.destroy()
  await settled(location, 300_000)
  assert.equal((await head(bed, bed.mara, location)).headers.get('upload-offset'), '300000')
  assert.equal((await patch(bed, bed.mara, location, 300_000, bytes.subarray(300_000))).headers.get('upload-result'), 'stored')
})

test('who has lost the lease writes nothing more', async () => {
  const bytes = await picture(9, 600_000)
  const deps = { ...bed.deps, hashes: recentHashes() }
  const { id } = await begin(bed.deps, gallery, { name: 'slow.jpg', size: bytes.length, modifiedAt: new Date(0), sha256: null })
  async function* sleeper() {
    yield bytes.subarray(0, 100_000)
    bed.clock.shift += minutes(1)
    await bed.deps.db
      .updateTable('uploads')
      .set({ lockToken: 'another', lockedUntil: new Date(Date.now() + minutes(60)) })
      .where('id', '=', id)
      .execute()
    yield Buffer.alloc(400_000, 1)
  }
  await assert.rejects(receive(deps, id, 0, sleeper()), { code: 'upload_busy' })
  await bed.deps.db.updateTable('uploads').set({ lockToken: null, lockedUntil: null }).where('id', '=', id).execute()
  assert.equal((await standing(deps, id)).offset, 0)
  assert.equal(
    (
      await receive(
        deps,
        id,
        0,
        (async function* () {
          yield bytes
        })(),
      )
    ).result,
    'stored',
  )
})

/** Another server on the same database and store. */
async function another() {
  const storage = diskStorage({ dir: join(bed.storeDir, 'store'), clock: bed.clock })
  await storage.identify(installation, true)
  return { ...bed.deps, storage, hashes: recentHashes() }
}
async function* pieces(...all: Buffer[]) {
  yield* all
}

test('a server that stalls in an upload, wakes up late and sends other bytes changes nothing that was acknowledged', async (t) => {
  const bytes = await picture(16, 600_000)
  const other = Buffer.alloc(bytes.length, 1)
  /** What the late one has sent before it stalls, and what it sends when it wakes up. */
  const cases: [name: string, offset: number, before: Buffer, after: Buffer][] = [
    ['bytes that wait to be written', 0, other.subarray(0, 100_000), Buffer.alloc(0)],
    ['bytes that are written, and more', 0, other.subarray(0, 400_000), other],
    ['the rest', 300_000, other.subarray(0, 100_000), other.subarray(0, 200_000)],
    ['more than was announced', 300_000, other.subarray(0, 290_000), other],
  ]
  for (const [name, offset, before, after] of cases)
    await t.test(name, async () => {
      const into = await fresh()
      const [late, quick] = [await another(), await another()]
      const { id } = await begin(late, into, { name: 'a.jpg', size: bytes.length, modifiedAt: new Date(0), sha256: null })
      if (offset) await receive(late, id, 0, pieces(bytes.subarray(0, offset)))
      async function* sleeper() {
        yield before
        bed.clock.shift += seconds(11)
        assert.equal((await receive(quick, id, offset, pieces(bytes.subarray(offset)))).result, 'stored')
        yield after
      }
      await assert.rejects(receive(late, id, offset, sleeper()), (error) => isCode(error, 'upload_busy') || isCode(error, 'upload_unknown'))
      const [asset, ...more] = await assetsOf(bed.deps.db, into.id)
      assert.equal(more.length, 0)
      assert.equal(await bed.deps.storage.size(asset!.storageKey), bytes.length)
      assert.equal(sha256(await storedBytes(bed.deps, asset!.storageKey, bytes.length)), sha256(bytes))
      assert.equal((await standing(late, id)).result, 'stored')
    })
})

test('of an upload whose server died the next one goes on with what was acknowledged', async () => {
  const into = await fresh()
  const bytes = await picture(17, 600_000)
  const [dead, next] = [await another(), await another()]
  const { id } = await begin(dead, into, { name: 'a.jpg', size: bytes.length, modifiedAt: new Date(0), sha256: null })
  await receive(dead, id, 0, pieces(bytes.subarray(0, 300_000)))
  // it held the lease and wrote more, which nobody heard of
  const row = { lockToken: 'dead', lockedUntil: bed.clock.now() }
  await bed.deps.db.updateTable('uploads').set(row).where('id', '=', id).execute()
  const full = { ...next.storage, takeUpload: () => Promise.reject(new AppError('storage_full')) }
  await assert.rejects(receive({ ...next, storage: full }, id, 300_000, pieces(bytes.subarray(300_000))), { code: 'storage_full' })
  bed.clock.shift += seconds(11)
  assert.equal((await receive(next, id, 300_000, pieces(bytes.subarray(300_000)))).result, 'stored')
  const [asset] = await assetsOf(bed.deps.db, into.id)
  assert.equal(sha256(await storedBytes(bed.deps, asset!.storageKey, bytes.length)), sha256(bytes))
  assert.deepEqual(
    (await readdir(join(bed.storeDir, 'store', 'uploads'))).filter((name) => name.startsWith(id)),
    [],
  )
})

test('giving up an upload whose end was killed before its row gives up the object, too', async () => {
  const into = await fresh()
  const bytes = await picture(18, 30_000)
  const deps = await another()
  const { id } = await begin(deps, into, { name: 'a.jpg', size: bytes.length, modifiedAt: new Date(0), sha256: null })
  const killed = { ...deps, db: dyingAtItsTransaction(deps.db) }
  await assert.rejects(receive(killed, id, 0, pieces(bytes)), /killed/)
  const keys = () => Array.fromAsync(deps.storage.list(`galleries/${into.id}/`), ({ key }) => key)
  const [key] = await keys()
  assert.ok(key)
  await giveUp(deps, id)
  assert.ok(await bed.deps.db.selectFrom('garbage').select('key').where('key', '=', key).executeTakeFirst())
  await assert.rejects(standing(deps, id), { code: 'upload_unknown' })
})

/** A database whose user dies when a transaction begins. */
const dyingAtItsTransaction = (db: Bed['deps']['db']): Bed['deps']['db'] =>
  new Proxy(db, {
    get(target, name) {
      if (name === 'transaction') return () => ({ execute: () => Promise.reject(new Error('killed')) })
      const value = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })

test('the same file twice is told and stored once, also when both come at once', async () => {
  const into = await fresh()
  const bytes = await picture(10, 80_000)
  const answers = await Promise.all([
    send(bed, into.id, 'a.jpg', bytes),
    send(bed, into.id, 'b.jpg', bytes),
    send(bed, into.id, 'c.jpg', bytes),
  ])
  assert.deepEqual(answers.map((a) => a.headers.get('upload-result')).sort(), ['duplicate', 'duplicate', 'stored'])
  const again = await send(bed, into.id, 'd.jpg', bytes)
  assert.deepEqual([again.status, again.headers.get('upload-result')], [204, 'duplicate'])
  assert.equal((await assetsOf(bed.deps.db, into.id)).length, 1)
  const other = await fresh()
  assert.equal((await send(bed, other.id, 'a.jpg', bytes)).headers.get('upload-result'), 'stored')
})

test('a lost original is healed by its own bytes, in its old place', async () => {
  const into = await fresh()
  const bytes = await picture(11, 50_000)
  await send(bed, into.id, 'lost.jpg', bytes)
  await send(bed, into.id, 'after.jpg', await picture(12, 50_000))
  const [lost] = await assetsOf(bed.deps.db, into.id)
  await bed.deps.db.updateTable('assets').set({ state: 'missing' }).where('id', '=', lost!.id).execute()
  assert.equal((await send(bed, into.id, 'found.jpg', bytes)).headers.get('upload-result'), 'stored')
  const living = await assetsOf(bed.deps.db, into.id)
  assert.equal(living.length, 2)
  const healed = living.find((a) => a.itemId === lost!.itemId)!
  assert.deepEqual([healed.state, healed.id === lost!.id], ['stored', false])
})

test('bytes that two photos have are no duplicate when both of their files are lost', async () => {
  const { db, storage } = bed.deps
  const into = await addGallery(bed.deps, bed.mara)
  const bytes = await picture(71, 40_000)
  await send(bed, into.id, 'first.jpg', bytes)
  const [first] = await assetsOf(db, into.id)
  // it was lost, its bytes came in the place of another photo, and it was found again
  await db.updateTable('assets').set({ state: 'missing' }).where('id', '=', first!.id).execute()
  await send(bed, into.id, 'other.jpg', await picture(72, 40_000))
  const other = (await assetsOf(db, into.id)).find(({ originalName }) => originalName === 'other.jpg')!
  await send(bed, into.id, 'twin.jpg', bytes, { replaces: other.itemId })
  await db.updateTable('assets').set({ state: 'stored' }).where('id', '=', first!.id).execute()
  const twins = await assetsOf(db, into.id)
  assert.deepEqual(
    twins.map(({ state, sha256: sum }) => [state, sum.toString('hex')]),
    [
      ['stored', sha256(bytes)],
      ['stored', sha256(bytes)],
    ],
  )
  for (const { storageKey } of twins) await storage.delete(storageKey)
  const answer = await send(bed, into.id, 'again.jpg', bytes)
  assert.deepEqual([answer.status, answer.headers.get('upload-result')], [204, 'stored'])
  const healed = (await assetsOf(db, into.id)).find(({ state }) => state === 'stored')!
  assert.ok((await storedBytes(bed.deps, healed.storageKey, healed.size)).equals(bytes))
})

test('an upload that a server with a clock far ahead held when it died goes on when the clock is right', async () => {
  const into = await addGallery(bed.deps, bed.mara)
  const bytes = await picture(73, 60_000)
  const begun = await post(bed, bed.mara, bytes.length, { gallery: into.id, filename: 'ahead.jpg' })
  const location = begun.headers.get('location')!
  assert.equal((await patch(bed, bed.mara, location, 0, bytes.subarray(0, 30_000))).status, 204)
  const id = location.split('/').at(-1)!
  const far = new Date(bed.clock.now().getTime() + 365 * 86_400_000)
  assert.ok(await claimUpload(bed.deps.db, id, 'dead', far, new Date(far.getTime() + 10_000)))
  const answer = await patch(bed, bed.mara, location, 30_000, bytes.subarray(30_000))
  assert.deepEqual([answer.status, answer.headers.get('upload-result')], [204, 'stored'])
})

test('names are kept as they were written', async () => {
  const into = await fresh()
  const names = [
    '../../etc/passwd',
    'a\r\nb.jpg',
    'CON',
    'aux.jpg',
    'a:b',
    '<>|?*".jpg',
    'c:\\x',
    '\u202egpj.exe',
    'ü'.repeat(150),
    'A.JPG',
    'a.jpg',
    'e\u0301.jpg',
    '\u00e9.jpg',
    '',
    '...',
  ]
  for (const [i, name] of names.entries()) assert.equal((await send(bed, into.id, name, await picture(100 + i, 20_000))).status, 204)
  assert.deepEqual(
    (await assetsOf(bed.deps.db, into.id)).map((a) => a.originalName),
    names,
  )
  assert.equal((await send(bed, into.id, 'a\0b.jpg', await picture(99, 20_000))).status, 204)
})

test('a gallery that closes while an upload runs refuses it at the end', async () => {
  const into = await fresh()
  const bytes = await picture(13, 60_000)
  const location = await started(bytes.length, into.id)
  await patch(bed, bed.mara, location, 0, bytes.subarray(0, 30_000))
  await bed.deps.db.updateTable('galleries').set({ state: 'expired' }).where('id', '=', into.id).execute()
  assert.deepEqual(await problem(await patch(bed, bed.mara, location, 30_000, bytes.subarray(30_000))), {
    status: 409,
    code: 'gallery_not_open',
  })
  assert.deepEqual(await assetsOf(bed.deps.db, into.id), [])
})

test('the protocol', async (t) => {
  const location = await started(1000)
  await t.test('OPTIONS says what there is', async () => {
    const answer = await fetch(`${bed.url}/api/uploads`, { method: 'OPTIONS' })
    assert.deepEqual(
      [answer.status, answer.headers.get('tus-version'), answer.headers.get('tus-extension'), answer.headers.get('tus-max-size')],
      [204, '1.0.0', 'creation,creation-with-upload,termination', '200000000'],
    )
    assert.equal(answer.headers.get('access-control-allow-origin'), null)
  })
  await t.test("another owner's upload is unknown", async () => {
    assert.equal((await head(bed, bed.jonas, location)).status, 404)
    assert.deepEqual(await problem(await patch(bed, bed.jonas, location, 0, Buffer.alloc(10))), { status: 404, code: 'upload_unknown' })
  })
  await t.test('PATCH wants its own type and an offset', async () => {
    const headers = { ...asUser(bed.mara), 'content-type': 'application/json' }
    assert.equal((await fetch(bed.url + location, { method: 'PATCH', headers, body: '{}' })).status, 415)
    const bare = { ...asUser(bed.mara), 'content-type': 'application/offset+octet-stream' }
    assert.equal((await fetch(bed.url + location, { method: 'PATCH', headers: bare, body: 'x' })).status, 400)
    assert.equal((await patch(bed, bed.mara, location, -1, Buffer.alloc(1))).status, 400)
    assert.equal((await fetch(bed.url + location, { method: 'HEAD', headers: { cookie: `as=${bed.mara}` } })).status, 400)
  })
  await t.test('DELETE gives it up; a finished one cannot be taken back', async () => {
    assert.equal((await fetch(bed.url + location, { method: 'DELETE', headers: asUser(bed.mara) })).status, 204)
    assert.equal((await head(bed, bed.mara, location)).status, 404)
    const bytes = await picture(14, 20_000)
    const done = await started(bytes.length)
    await patch(bed, bed.mara, done, 0, bytes)
    assert.deepEqual(await problem(await fetch(bed.url + done, { method: 'DELETE', headers: asUser(bed.mara) })), {
      status: 410,
      code: 'upload_gone',
    })
    // the answer to the last PATCH was lost: asked again it is the same
    assert.equal((await patch(bed, bed.mara, done, bytes.length, Buffer.alloc(0))).headers.get('upload-result'), 'stored')
  })
  await t.test('an id that is none', async () => {
    assert.equal(
      (await fetch(`${bed.url}/api/uploads/..%2f..%2fetc`, { method: 'HEAD', headers: { ...tusHeaders, cookie: `as=${bed.mara}` } }))
        .status,
      400,
    )
  })
})

test('an upload nobody went on with is swept after 7 days, a finished one keeps its asset', async () => {
  const into = await fresh()
  const bytes = await picture(15, 20_000)
  await send(bed, into.id, 'kept.jpg', bytes)
  const location = await started(5000, into.id)
  await patch(bed, bed.mara, location, 0, bytes.subarray(0, 100))
  bed.clock.shift += days(6)
  assert.equal(await sweepUploads(bed.deps), 0)
  bed.clock.shift += days(2)
  assert.ok((await sweepUploads(bed.deps)) >= 1)
  assert.equal((await head(bed, bed.mara, location)).status, 404)
  const [asset] = await assetsOf(bed.deps.db, into.id)
  assert.ok((await storedBytes(bed.deps, asset!.storageKey, asset!.size)).equals(bytes))
  assert.equal(await bed.deps.db.selectFrom('uploads').select('id').executeTakeFirst(), undefined)
})
