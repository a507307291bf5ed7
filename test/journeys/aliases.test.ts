/** The addresses of 000 and 001 on the same handlers, and progress as it comes. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type {
  Album,
  DownloadResponse,
  Export,
  ExportAnswer,
  Gallery,
  GalleryWork,
  Maintenance,
  NewApiKey,
  Problem,
  Progress,
} from '../../sdk/src/wire.ts'
import { type Answer, archiveOf, createGallery, guest, type Person, password, publish, readyArchive, setUp, signIn } from './people.ts'
import { photos, sendPhotos } from './sending.ts'
import { freshInstallation, until } from './service.ts'

const code = ({ status, body }: Answer) => `${status} ${(body as Problem).code}`

test('an album is registered as 001 does it, and asked for at its addresses', { timeout: 300_000 }, async (t) => {
  const installation = await freshInstallation(t, { CRON_SECRET: 'Zr4kW9sT1xVbN6mQ8yLc3dHf5gJp2aEu' })
  const ida = await setUp(installation, await installation.start('web'))
  const register = (who: Person, body: object) => who.ask<Album>('/admin/albums', { method: 'POST', body })
  const album = { album_id: 'mara-and-jonas', name: 'Mara & Jonas' }

  await t.test('only admins may, by browser or key', async () => {
    await ida.ask('/api/users', { method: 'POST', body: { name: 'Jonas', email: 'jonas@example.com', password, role: 'owner' } })
    assert.equal(code(await register(await signIn(installation, 'jonas@example.com'), album)), '403 forbidden')
    assert.equal(code(await register(guest(installation.url), album)), '401 sign_in_required')
    assert.equal(code(await register(ida, { ...album, album_id: 'Not A Slug' })), '422 slug_invalid')
    assert.equal(code(await register(ida, { ...album, colour: 'red' })), '400 bad_request')
  })
  const made = await ida.ask<NewApiKey>('/api/keys', { method: 'POST', body: { name: 'k', scopes: ['galleries:write', 'galleries:read'] } })
  const program = guest(installation.url, { authorization: `Bearer ${made.body.key}` })
  const first = await register(program, album)
  assert.deepEqual(
    [first.status, first.body.album_id, first.body.photo_count, first.body.zip_status],
    [201, album.album_id, 0, 'not_started'],
  )
  assert.equal(code(await register(program, album)), '409 gallery_empty')
  const gallery = (await ida.ask<Gallery>(`/api/galleries/${album.album_id}`)).body
  assert.equal(gallery.state, 'draft', 'nothing is shown before there is something to show')
  await sendPhotos(installation, ida, gallery.id, await photos(6, 2_000_000))
  const second = await register(program, album)
  assert.deepEqual([second.status, second.body.photo_count, second.body.zip_status], [201, 6, 'pending'])
  assert.equal(code(await register(program, album)), '409 slug_taken')

  const worker = await installation.start('worker')
  const archive = await readyArchive(ida, gallery.id)
  await worker.stop()
  await t.test('the three addresses answer alike', async () => {
    const mara = guest(installation.url)
    const answers = await Promise.all(
      [`/api/galleries/${gallery.id}`, `/api/gallery/${gallery.id}`, `/albums/${album.album_id}`].map((path) =>
        mara.ask<DownloadResponse>(`${path}/download`),
      ),
    )
    for (const { status, body } of answers) assert.deepEqual([status, body.status, body.file_count], [200, 'ready', 6])
    assert.equal(new Set(answers.map(({ body }) => body.download_url)).size, 1, 'they share one link')
  })
  await t.test('/api/download/:id is for the owner, or for who has a token of it; HEAD says how far it is (D-03)', async () => {
    const url = `/api/download/${archive.id}`
    const head = (who: Person, path = url) => fetch(who.address(path), { method: 'HEAD', headers: who.headers(), redirect: 'manual' })
    const whole = await head(ida)
    assert.deepEqual(
      [whole.status, Number(whole.headers.get('content-length')), whole.headers.get('x-archive-status')],
      [200, archive.file_size_bytes, 'ready'],
    )
    const { body } = await guest(installation.url).ask<DownloadResponse>(`/albums/${album.album_id}/download`)
    const missing = await guest(installation.url).ask(`/albums/${album.album_id}/download?file_name=nobody.jpg`)
    assert.equal(missing.status, 404)
    const token = body.download_url!.split('/d/')[1]!
    const mara = guest(installation.url)
    assert.equal((await head(mara)).status, 401)
    assert.equal((await head(mara, `${url}?token=${token}`)).status, 200)
    // nothing of the address decides where it leads
    assert.equal((await head(mara, `${url}?token=${token}&url=https://evil.example/`)).headers.get('location'), null)
    assert.equal((await head(mara, `${url}?token=${token.slice(0, -1)}x`)).status, 404)
    assert.equal((await head(ida, '/api/download/01900000-0000-7000-8000-000000000001')).status, 404)
    assert.equal((await head(mara, `/api/download/01900000-0000-7000-8000-000000000001?token=${token}`)).status, 404)
    await ida.ask(`/api/galleries/${gallery.id}/archive`, { method: 'POST', body: { force: true } })
    const queued = (await archiveOf(ida, gallery.id)).archive!
    const waiting = await head(ida, `/api/download/${queued.id}`)
    assert.deepEqual([waiting.status, waiting.headers.get('x-archive-status')], [202, 'pending'])
  })
  await t.test('an export is asked for and looked at under the address of 003', async () => {
    const mara = guest(installation.url)
    const asked = await mara.ask<ExportAnswer>(`/api/albums/${album.album_id}/exports`, { method: 'POST', body: { all: true } })
    const { id } = asked.body.export
    assert.deepEqual([asked.status, asked.body.percent], [202, 0])
    const status = await mara.ask<Export>(`/api/albums/${album.album_id}/exports/${id}/status`)
    assert.deepEqual([status.status, status.body.id, status.body.total_photos], [200, id, 6])
    assert.equal((await mara.ask<Export>(`/api/galleries/${gallery.id}/exports/${id}`)).body.id, id, 'it is the same export')
    const waits = await mara.ask(`/api/albums/${album.album_id}/exports/${id}/download`)
    assert.deepEqual([code(waits), (waits.body as Problem).percent], ['409 export_unready', 0])
    assert.equal(code(await guest(installation.url).ask(`/api/albums/${album.album_id}/exports/${id}`)), '404 not_found')
  })
  await t.test('the maintenance of this night is there for admins', async () => {
    await installation.start('worker')
    const last = await until(async () => (await ida.ask<Maintenance>('/api/admin/maintenance')).body.last, {
      what: 'the maintenance',
      every: 100,
    })
    assert.deepEqual(Object.keys(last.result).sort(), ['errors', 'stale_zips_queued', 'stuck_jobs_reset'])
    assert.equal(code(await guest(installation.url).ask('/api/admin/maintenance')), '401 sign_in_required')
  })
})

interface Heard<T> {
  status: number
  events: { id: string; data: T }[]
  /** the server has ended it */
  ended: Promise<void>
}

/** An event stream, read as it comes. */
async function listen<T = Progress>(who: Person, path: string, headers: Record<string, string> = {}): Promise<Heard<T>> {
  const stop = new AbortController()
  const answer = await fetch(who.address(path), { headers: { ...who.headers(), ...headers }, signal: stop.signal })
  const events: Heard<T>['events'] = []
  const read = async () => {
    if (answer.status !== 200) return void (await answer.body?.cancel())
    let text = ''
    for await (const part of answer.body!.pipeThrough(new TextDecoderStream())) {
      text += part
      const blocks = text.split('\n\n')
      text = blocks.pop()!
      for (const block of blocks) {
        const [, id, data] = /^id: (.*)\nevent: \w+\ndata: (.*)$/.exec(block) ?? []
        if (id !== undefined) events.push({ id, data: JSON.parse(data!) })
      }
    }
  }
  return { status: answer.status, events, ended: read() }
}

test('progress comes as it happens, ends when it is ready, and says nothing to who may not know', { timeout: 300_000 }, async (t) => {
  const installation = await freshInstallation(t)
  const web = await installation.start('web')
  const ida = await setUp(installation, web)
  const gallery = await createGallery(ida, { title: 'Followed' })
  await sendPhotos(installation, ida, gallery.id, await photos(30, 4_000_000))
  const path = `/api/galleries/${gallery.id}/progress`
  const mara = guest(installation.url)
  assert.equal((await listen(mara, path)).status, 404, 'a draft is nothing that guests know of')
  await publish(ida, gallery.id)

  const heard = await Promise.all([listen(mara, path), listen(ida, path)])
  await until(() => heard.every(({ events }) => events.length > 0), { what: 'the first word' })
  assert.deepEqual([heard[0]!.events[0]!.data.status, heard[0]!.events[0]!.data.total_photos], ['pending', 30])
  let worker = await installation.start('worker')
  await Promise.all(heard.map(({ ended }) => ended))
  for (const { events } of heard) {
    const told = events.map(({ data }) => data.percent)
    assert.deepEqual(
      told,
      [...told].sort((a, b) => a - b),
      'it never goes back',
    )
    const last = events.at(-1)!.data
    assert.deepEqual([last.status, last.percent, last.processed_bytes], ['ready', 100, last.total_bytes])
  }
  const last = heard[0]!.events.at(-1)!
  assert.equal((await listen(mara, path, { 'last-event-id': last.id })).status, 204, 'EventSource stops asking')
  const again = await listen(mara, path)
  await again.ended
  assert.deepEqual(
    again.events.map(({ id }) => id),
    [last.id],
  )

  await t.test('its archiving and its coming back are followed by one stream, which ends when nothing is under way', async () => {
    const work = `/api/galleries/${gallery.id}/work/progress`
    for (const [what, post] of [
      ['retiring', '/retire'],
      ['restoring', '/restore'],
    ] as const) {
      await worker.stop()
      // twice: one job however often one clicks
      const clicks = [1, 2].map(() => ida.ask(`/api/galleries/${gallery.id}${post}`, { method: 'POST', body: {} }))
      assert.ok((await Promise.all(clicks)).some(({ status }) => status === 202))
      const followed = await listen<GalleryWork>(ida, work)
      await until(() => followed.events.length > 0, { what: 'the first word' })
      const begun = followed.events[0]!.data[what]!
      assert.deepEqual([begun.percent, begun.done_files], [0, 0])
      worker = await installation.start('worker')
      await followed.ended
      const end = followed.events.at(-1)!
      assert.deepEqual(end.data, { retiring: null, restoring: null, reading: null })
      assert.equal((await listen(ida, work, { 'last-event-id': end.id })).status, 204)
      const asked = await ida.ask<GalleryWork>(`/api/galleries/${gallery.id}/work`)
      assert.deepEqual(asked.body, end.data, 'who cannot have the stream asks')
    }
    assert.equal((await listen(mara, work)).status, 401, 'guests hear nothing of it')
  })
  await t.test('what guests may not download they may not follow, from the moment on', async () => {
    await installation.sql(`update archives set status = 'processing' where gallery_id = $1`, [gallery.id])
    const followed = await listen(mara, path)
    assert.equal(followed.status, 200)
    await ida.ask(`/api/galleries/${gallery.id}`, { method: 'PATCH', body: { password: 'open sesame' } })
    await followed.ended
    assert.equal((await listen(mara, path)).status, 401)
    await ida.ask(`/api/galleries/${gallery.id}`, { method: 'PATCH', body: { password: null, download_enabled: false } })
    assert.equal((await listen(mara, path)).status, 403)
    await ida.ask(`/api/galleries/${gallery.id}`, { method: 'PATCH', body: { download_enabled: true } })
  })
  await t.test('one asker has twenty streams, and a stopping service ends them at once', async () => {
    await installation.sql(`update archives set status = 'queued' where gallery_id = $1`, [gallery.id])
    await installation.sql(`delete from queue.job`)
    const many = await Promise.all(Array.from({ length: 20 }, () => listen(mara, path)))
    assert.deepEqual([...new Set(many.map(({ status }) => status))], [200])
    assert.equal((await listen(mara, path)).status, 429)
    assert.equal((await listen(ida, path)).status, 200, 'others are not held up')
    const { code, ms } = await web.stop()
    await Promise.all(many.map(({ ended }) => ended))
    assert.equal(code, 0)
    // who is not ended gets half a minute
    assert.ok(ms < 25_000, `${ms} ms`)
  })
})
