/** What guests get of photos: the watermark in what they look at, the sizes they may take, and no way around either. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
import sharp from 'sharp'
import type {
  Export,
  ExportAnswer,
  ExportDownload,
  Gallery,
  GuestGallery,
  Item,
  MarkProgress,
  Page,
  Watermark,
} from '../../../sdk/src/wire.ts'
import type { Answer, Person } from '../../../test/journeys/people.ts'
import { type Served, served } from '../../../test/served.ts'
import { days } from '../../base/clock.ts'
import { newId } from '../../base/id.ts'
import { dueGarbage } from '../../data/garbage.ts'
import { insertLink } from '../../data/links.ts'
import { listMarking } from '../../data/watermarks.ts'
import { mintLink } from '../../domain/link.ts'
import { reconcile } from '../operations/reconcile.ts'
import { importFolder } from '../uploads/import.ts'

let all: Served
let folder: string
before(async () => {
  all = await served()
  folder = mkdtempSync('/tmp/keepsake-watermarks-')
  await all.world.work()
})
after(async () => {
  await all.close()
  rmSync(folder, { recursive: true, force: true })
})

/** White on grey photos: where it is drawn, it is bright. */
const logo = (opaque = 1) =>
  sharp({ create: { width: 300, height: 150, channels: 4, background: { r: 255, g: 255, b: 255, alpha: opaque } } })
    .png()
    .toBuffer()
const send = async (
  picture: Uint8Array,
  { text, as = all.ida, type = 'image/png' }: { text?: string; as?: Person; type?: string } = {},
) => {
  const query = text ? `?text=${encodeURIComponent(text)}` : ''
  const headers = { ...as.headers(), 'content-type': type }
  const answer = await fetch(as.address(`/api/watermark/image${query}`), {
    method: 'PUT',
    headers,
    body: picture as Uint8Array<ArrayBuffer>,
  })
  return { status: answer.status, body: (await answer.json()) as Watermark & { code: string } }
}
const place = (body: object) => all.ida.ask<Watermark & { code: string }>('/api/watermark', { method: 'PATCH', body })
const change = (slug: string, body: object) => all.ida.ask<Gallery & { code: string }>(`/api/galleries/${slug}`, { method: 'PATCH', body })
const code = (answer: Answer<unknown>) => [answer.status, (answer.body as { code?: string }).code]

let count = 0
/** An open gallery of grey photos, and one file that nobody can draw. */
async function gallery(photos: number, input: object = {}): Promise<Gallery> {
  const dir = path.join(folder, `g${++count}`)
  mkdirSync(dir)
  for (let i = 0; i < photos; i++) {
    const grey = sharp({ create: { width: 1500, height: 1000, channels: 3, background: { r: 64, g: 64, b: 30 + i * 40 } } })
    writeFileSync(path.join(dir, `IMG_${i}.jpg`), await grey.jpeg().toBuffer())
  }
  const { body } = await all.ida.ask<Gallery>('/api/galleries', { method: 'POST', body: { title: `Marked ${count}`, ...input } })
  assert.equal((await importFolder(all.world.deps, { ...body, ownerId: all.world.ownerId, expiresAt: null }, dir)).imported, photos)
  assert.equal((await all.ida.ask(`/api/galleries/${body.slug}/publish`, { method: 'POST' })).status, 202)
  await all.world.until(async () => (await itemsOf(body.slug)).every((item) => item.render_state === 'done'), 'pictures')
  return body
}
const itemsOf = async (slug: string) => (await all.ida.ask<Page<Item>>(`/api/galleries/${slug}/items`)).body.rows
const seenBy = async (guest: Person, slug: string) => (await guest.ask<GuestGallery>(`/api/g/${slug}`)).body
const progress = async (slug: string) => (await all.ida.ask<MarkProgress>(`/api/galleries/${slug}/watermark`)).body
const marked = (slug: string) =>
  all.world.until(async () => {
    const { photos, marked, drawing } = await progress(slug)
    return !drawing && photos > 0 && photos === marked
  }, 'the watermark in all pictures')
const bytesOf = async (who: Person, address: string): Promise<Buffer> => {
  const answer = await fetch(who.address(address), { headers: who.headers() })
  assert.equal(answer.status, 200, address)
  return Buffer.from(await answer.arrayBuffer())
}
/** Is the mark in the middle of this picture? Beside it every picture is grey. */
async function bears(bytes: Buffer): Promise<boolean> {
  const { width, height } = await sharp(bytes).metadata()
  const light = async (left: number, top: number) =>
    (
      await sharp(
        await sharp(bytes)
          .removeAlpha()
          .extract({ left: Math.round(left), top: Math.round(top), width: 20, height: 10 })
          .toBuffer(),
      ).stats()
    ).channels[0]!.mean
  const [inside, beside] = [await light(width! / 2 - 10, height! / 2 - 5), await light(4, 4)]
  assert.ok(beside < 80, `beside the mark: ${beside}`)
  assert.ok(inside < 80 || inside > 150, `in its place: ${inside}`)
  return inside > 150
}
const kinds = ['preview', 'medium'] as const

test('a watermark is made of a picture, changed, and stays while galleries show it', async () => {
  assert.deepEqual((await all.ida.ask('/api/watermark')).body, { watermark: null })
  assert.deepEqual(code(await place({ opacity: 0.9 })), [409, 'watermark_missing'])
  const made = await send(await logo(), { text: 'Ida Photo' })
  assert.deepEqual([made.status, made.body.width, made.body.height, made.body.text], [200, 300, 150, 'Ida Photo'])
  const { body } = await place({ position: 'centre', scale: 0.4, opacity: 0.9 })
  assert.deepEqual([body.position, body.text, body.image === made.body.image], ['centre', 'Ida Photo', false])
  assert.ok(Math.abs(body.opacity - 0.9) < 1e-6)
  const picture = await sharp(await bytesOf(all.ida, body.image)).metadata()
  assert.deepEqual([picture.format, picture.width], ['png', 300])
  for (const wrong of [{}, { opacity: 2 }, { scale: '1' }, { position: 'middle' }, { text: 'x' }])
    assert.deepEqual(code(await place(wrong)), [400, 'bad_request'])
})

test('what is no mark is refused, and the one before stays', async () => {
  const before = (await all.ida.ask('/api/watermark')).body
  const cases: [Uint8Array, number, string][] = [
    [new Uint8Array(0), 422, 'empty_file'],
    [Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), 415, 'media_type'],
    [
      await sharp(await logo())
        .flatten()
        .jpeg()
        .toBuffer(),
      415,
      'media_type',
    ],
    [await logo(0.02), 422, 'watermark_empty'],
    [Buffer.alloc(4 * 1024 * 1024 + 1), 413, 'upload_too_large'],
  ]
  for (const [picture, status, wanted] of cases) {
    const answer = await send(picture)
    assert.deepEqual([answer.status, answer.body.code], [status, wanted])
  }
  assert.equal((await send(await logo(), { as: all.guest() })).status, 401)
  assert.deepEqual((await all.ida.ask('/api/watermark')).body, before)
})

test('guests see the mark by every address, its photographer sees none, and originals never bear it', async () => {
  const { slug } = await gallery(2)
  const guest = all.guest()
  const plain = await seenBy(guest, slug)
  assert.equal(await bears(await bytesOf(guest, plain.items[0]!.preview!)), false)
  assert.equal((await change(slug, { watermark: 'view' })).body.watermark, 'view')
  // from this moment on, drawn or not
  for (const kind of kinds) {
    const answer = await fetch(guest.address(`/media/${plain.items[0]!.asset_id}/${kind}`))
    assert.ok(answer.status === 404 || (await bears(Buffer.from(await answer.arrayBuffer()))))
  }
  await marked(slug)
  const { items, cover } = await seenBy(guest, slug)
  for (const item of items) {
    for (const address of [item.preview!, item.medium!, ...kinds.map((kind) => `/media/${item.asset_id}/${kind}`)])
      for (const more of ['', address.includes('?') ? '&x=1' : '?mark=000000000000'])
        assert.equal(await bears(await bytesOf(guest, address + more)), true, address + more)
    assert.equal(await bears(await bytesOf(all.ida, `/media/${item.asset_id}/preview`)), false)
    // what the page shows is what guests see, whoever looks
    assert.equal(await bears(await bytesOf(all.ida, item.preview!)), true)
    assert.equal(await bears(await bytesOf(guest, `/media/${item.asset_id}/original`)), false)
  }
  assert.equal(await bears(await bytesOf(guest, cover!.preview)), true)
  assert.ok((await itemsOf(slug)).every((item) => !item.preview!.includes('mark=')))
  const kept = async (address: string) => (await fetch(guest.address(address), { method: 'HEAD' })).headers.get('cache-control')!
  assert.match(await kept(items[0]!.preview!), /immutable/)
  assert.match(await kept(`/media/${items[0]!.asset_id}/preview`), /no-cache/)
})

test('another mark is drawn into all galleries that show it; switched off, its pictures go', async () => {
  const { id, slug } = await gallery(2, { watermark: 'view' })
  await marked(slug)
  const guest = all.guest()
  const before = (await seenBy(guest, slug)).items[0]!
  await place({ position: 'tiled' })
  // the old one stays until the new one is drawn: never none
  const plain = await bytesOf(all.ida, `/media/${before.asset_id}/preview`)
  assert.ok(!plain.equals(await bytesOf(guest, `/media/${before.asset_id}/preview`)))
  await marked(slug)
  const after = (await seenBy(guest, slug)).items[0]!
  assert.notEqual(after.preview, before.preview)
  await place({ position: 'centre' })
  await marked(slug)
  assert.deepEqual(code(await all.ida.ask('/api/watermark', { method: 'DELETE' })), [409, 'watermark_used'])
  const { db } = all.world.deps
  const bearing = () =>
    db
      .selectFrom('derivatives')
      .innerJoin('assets', 'assets.id', 'assetId')
      .select('derivatives.storageKey')
      .where('galleryId', '=', id)
      .where('mark', 'is not', null)
      .execute()
  const keys = (await bearing()).map((row) => row.storageKey)
  assert.equal(keys.length, 4)
  assert.equal((await change(slug, { watermark: 'off' })).status, 200)
  assert.equal(await bears(await bytesOf(guest, before.preview!)), false)
  assert.deepEqual(await bearing(), [])
  const garbage = new Set((await dueGarbage(db, new Date(8.64e15), 1000)).map((row) => row.key))
  assert.ok(keys.every((key) => garbage.has(key)))
})

test('a photo that comes later, and one whose job was lost, are drawn as well', async () => {
  const { id, slug } = await gallery(1, { watermark: 'view' })
  await marked(slug)
  const { db } = all.world.deps
  // killed between noting that something is to be drawn and drawing it
  await db
    .deleteFrom('derivatives')
    .where('mark', 'is not', null)
    .where('assetId', 'in', db.selectFrom('assets').select('id').where('galleryId', '=', id))
    .execute()
  await db.updateTable('galleries').set({ marking: true }).where('id', '=', id).execute()
  assert.deepEqual(
    (await seenBy(all.guest(), slug)).items.map(({ preview, render_state }) => [preview, render_state]),
    [[null, 'waiting']],
  )
  await reconcile(all.world.deps)
  await marked(slug)
  await all.world.until(async () => !(await listMarking(db, 100)).includes(id), 'the note to go')
})

test('a preview that was lost is drawn anew, and then marked', async () => {
  const { id, slug } = await gallery(1)
  const { db, storage } = all.world.deps
  const [row] = await db
    .selectFrom('derivatives')
    .innerJoin('assets', 'assets.id', 'assetId')
    .select('derivatives.storageKey')
    .where('galleryId', '=', id)
    .where('kind', '=', 'preview')
    .execute()
  await storage.delete(row!.storageKey)
  await change(slug, { watermark: 'view' })
  await marked(slug)
  assert.equal(await bears(await bytesOf(all.guest(), (await seenBy(all.guest(), slug)).items[0]!.preview!)), true)
})

/** Asks for these photos and waits for the files; answers the photos in them by name. */
async function packed(who: Person, slug: string, body: object): Promise<Map<string, Buffer>> {
  const asked = await who.ask<ExportAnswer>(`/api/galleries/${slug}/exports`, { method: 'POST', body })
  assert.equal(asked.status, 202, JSON.stringify(asked.body))
  const { db } = all.world.deps
  const id = asked.body.export.id
  await all.world.until(
    async () => (await db.selectFrom('exports').select('status').where('id', '=', id).executeTakeFirst())?.status === 'ready',
    'the export',
  )
  const { body: download } = await who.ask<ExportDownload>(`/api/galleries/${slug}/exports/${id}/download`)
  const zip = path.join(folder, `${id}.zip`)
  writeFileSync(zip, await bytesOf(who, all.here(`${download.download_url}?go=1`)))
  const names = execFileSync('unzip', ['-Z1', zip], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .filter((name) => name.includes('/photos/'))
  return new Map(names.map((name) => [name.split('/').at(-1)!, execFileSync('unzip', ['-p', zip, name], { maxBuffer: 1e9 })]))
}

test('downloads in screen size bear the mark where the gallery says so, and only for guests', async () => {
  const { slug } = await gallery(1, { watermark: 'view' })
  await marked(slug)
  const guest = all.guest()
  const [item] = (await seenBy(guest, slug)).items
  const screen = { all: true, size: 'screen' }
  const one = async (files: Map<string, Buffer>) => [...files.values()][0]!
  assert.equal(await bears(await one(await packed(guest, slug, screen))), false)
  assert.equal(await bears(await bytesOf(guest, `/media/${item!.asset_id}/screen`)), false)
  await change(slug, { watermark: 'downloads' })
  assert.equal(await bears(await one(await packed(guest, slug, screen))), true)
  assert.equal(await bears(await bytesOf(guest, `/media/${item!.asset_id}/screen`)), true)
  assert.equal(await bears(await one(await packed(guest, slug, { all: true }))), false)
  assert.equal(await bears(await one(await packed(all.ida, slug, screen))), false)
  assert.equal(await bears(await bytesOf(all.ida, `/media/${item!.asset_id}/screen`)), false)
  // nobody may take it home
  await change(slug, { download_enabled: false })
  assert.deepEqual(code(await guest.ask(`/media/${item!.asset_id}/screen`)), [403, 'download_disabled'])
  assert.equal(await bears(await bytesOf(guest, `/media/${item!.asset_id}/preview`)), true)
})

test('where guests get screen size, no way leads to an original', async () => {
  const { id, slug } = await gallery(2)
  const guest = all.guest()
  const [item] = (await seenBy(guest, slug)).items
  const { db, clock, settings } = all.world.deps
  // handed out while originals were free
  const early = (await guest.ask<{ download_url: string }>(`/api/galleries/${slug}/download?file=${item!.id}`)).body.download_url
  const media = (await guest.ask<{ media_url: string }>(`/api/galleries/${slug}/items/${item!.id}/media`)).body.media_url
  const export_ = (await guest.ask<ExportAnswer>(`/api/galleries/${slug}/exports`, { method: 'POST', body: { all: true } })).body.export.id
  await all.world.until(
    async () => (await db.selectFrom('exports').select('status').where('id', '=', export_).executeTakeFirst())?.status === 'ready',
    'the export',
  )
  const packed_ = (await guest.ask<ExportDownload>(`/api/galleries/${slug}/exports/${export_}/download`)).body.download_url
  const whole = await all.world.until(async () => {
    const { body } = await guest.ask<{ status: string; download_url: string }>(`/api/galleries/${slug}/download`)
    return body.status === 'ready' && body.download_url
  }, 'the ZIP')
  const archive = await db
    .selectFrom('archives')
    .select('id')
    .where('galleryId', '=', id)
    .where('purpose', '=', 'delivery')
    .where('status', '=', 'ready')
    .executeTakeFirstOrThrow()

  assert.equal((await change(slug, { download_size: 'screen' })).body.download_size, 'screen')
  const page = await seenBy(guest, slug)
  assert.deepEqual([page.may_download, page.download_sizes], [true, ['screen']])
  assert.deepEqual((await seenBy(all.ida, slug)).download_sizes, ['original', 'screen'])
  const withheld: [string, object?][] = [
    [`/media/${item!.asset_id}/original`],
    [`/media/${item!.asset_id}`],
    [`/api/galleries/${slug}/items/${item!.id}/media`],
    [`/api/galleries/${slug}/download`],
    [`/api/gallery/${slug}/download`],
    [`/albums/${slug}/download`],
    [`/api/galleries/${id}/download?file=${item!.id}`],
    [`/albums/${slug}/download?file_name=${item!.name}`],
    [`/api/galleries/${slug}/exports`, { all: true }],
    [`/api/albums/${slug}/exports`, { photoIds: [item!.id], size: 'original', format: 'tar' }],
  ]
  for (const [address, body] of withheld)
    assert.deepEqual(code(await guest.ask(address, body ? { method: 'POST', body } : {})), [403, 'original_withheld'], address)
  for (const old of [early, packed_, whole]) assert.deepEqual(code(await guest.ask(all.here(old))), [410, 'link_revoked'], old)
  assert.deepEqual(code(await guest.ask(all.here(media))), [410, 'link_revoked'])
  assert.equal((await guest.ask<Export>(`/api/galleries/${slug}/exports/${export_}`)).body.status, 'expired')
  assert.deepEqual(code(await guest.ask(`/api/galleries/${slug}/exports/${export_}/download`)), [410, 'export_expired'])
  assert.deepEqual(code(await guest.ask(`/api/archives/${archive.id}/download`)), [401, 'sign_in_required'])
  assert.deepEqual(code(await guest.ask(`/api/download/${archive.id}`)), [401, 'sign_in_required'])
  // what they may have they get
  for (const [name, bytes] of await packed(guest, slug, { all: true, size: 'screen' })) {
    const { format, width } = await sharp(bytes).metadata()
    assert.deepEqual([name.endsWith('.jpg'), format, width], [true, 'jpeg', 1500])
    const original = await bytesOf(all.ida, `/media/${item!.asset_id}/original`)
    assert.ok(!bytes.equals(original))
  }
  assert.equal((await bytesOf(guest, `/media/${item!.asset_id}/screen`)).length > 0, true)
  // the link of a letter brings the backup: originals, as its words say
  const now = clock.now()
  const letter = {
    id: newId(now),
    kind: 'email' as const,
    galleryId: id,
    archiveId: archive.id,
    issuedAt: now,
    expiresAt: new Date(now.getTime() + days(7)),
  }
  await insertLink(db, letter)
  await change(slug, { download_enabled: false })
  await change(slug, { download_enabled: true })
  const token = mintLink({ id: letter.id, kind: 'email', expiresAt: letter.expiresAt }, settings.tokenSecrets)
  assert.equal((await guest.ask(`/d/${token}`, { method: 'HEAD' })).status, 200)
})

test('a photo without a small copy is left out of what guests get in screen size, and one that is being drawn is waited for', async () => {
  const { id, slug } = await gallery(2, { download_size: 'screen' })
  const guest = all.guest()
  const { db } = all.world.deps
  const [first] = await itemsOf(slug)
  const set = (renderState: 'waiting' | 'failed') =>
    db.updateTable('assets').set({ renderState }).where('id', '=', first!.asset_id).execute()
  await db.deleteFrom('derivatives').where('assetId', '=', first!.asset_id).execute()
  await set('waiting')
  const ask = () => guest.ask(`/api/galleries/${slug}/exports`, { method: 'POST', body: { all: true, size: 'screen' } })
  assert.deepEqual(code(await ask()), [409, 'pictures_waiting'])
  await set('failed')
  assert.equal((await packed(guest, slug, { all: true, size: 'screen' })).size, 1)
  const alone = { photoIds: [first!.id], size: 'screen' }
  assert.deepEqual(code(await guest.ask(`/api/galleries/${slug}/exports`, { method: 'POST', body: alone })), [400, 'export_empty'])
  // its photographer gets the original in its place
  assert.equal((await packed(all.ida, slug, { all: true, size: 'screen' })).size, 2)
  assert.equal((await guest.ask(`/media/${first!.asset_id}/screen`)).status, 404)
  assert.ok(id)
})

test('a gallery keeps what it says to guests when it is archived and restored, and its marked pictures go and come back', async () => {
  const { id, slug } = await gallery(1, { watermark: 'downloads', download_size: 'screen' })
  await marked(slug)
  const { db } = all.world.deps
  assert.equal((await all.ida.ask(`/api/galleries/${slug}/retire`, { method: 'POST' })).status, 202)
  const stateOf = async () => (await all.ida.ask<Gallery>(`/api/galleries/${slug}`)).body.state
  await all.world.until(async () => (await stateOf()) === 'archived', 'the archive')
  const assets = db.selectFrom('assets').select('id').where('galleryId', '=', id)
  assert.deepEqual(await db.selectFrom('derivatives').select('kind').where('assetId', 'in', assets).execute(), [])
  assert.equal((await all.ida.ask(`/api/galleries/${slug}/restore`, { method: 'POST', body: { expires_at: null } })).status, 202)
  await marked(slug)
  const { body } = await all.ida.ask<Gallery>(`/api/galleries/${slug}`)
  assert.deepEqual([body.state, body.watermark, body.download_size], ['active', 'downloads', 'screen'])
  assert.equal(await bears(await bytesOf(all.guest(), (await seenBy(all.guest(), slug)).items[0]!.preview!)), true)
})

test('a watermark that no gallery shows can be taken away, and then none can be switched on', async () => {
  const { db } = all.world.deps
  await db.updateTable('galleries').set({ watermark: 'off' }).execute()
  assert.equal((await all.ida.ask('/api/watermark', { method: 'DELETE' })).status, 204)
  const { slug } = await gallery(1)
  assert.deepEqual(code(await change(slug, { watermark: 'view' })), [409, 'watermark_missing'])
  const body = { title: 'Another', watermark: 'view' }
  assert.deepEqual(code(await all.ida.ask('/api/galleries', { method: 'POST', body })), [409, 'watermark_missing'])
})
