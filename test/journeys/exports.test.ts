/** A guest marks photos, takes just those home, and nobody else learns of it: by the real service, curl, unzip and tar. */
import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type {
  Export,
  ExportAnswer,
  ExportDownload,
  Favorites,
  Gallery,
  Item,
  Letter,
  LetterText,
  Page,
  Problem,
} from '../../sdk/src/wire.ts'
import { allOf, createGallery, guest, type Person, publish, readyArchive, setUp } from './people.ts'
import { judgeZip, run, sha256Of, soundForAll } from './programs.ts'
import { photos, sendPhotos } from './sending.ts'
import { freshInstallation, until } from './service.ts'

const chosen = (gallery: Gallery, rest = '') => `/api/galleries/${gallery.slug}/exports${rest}`
const ask = (person: Person, gallery: Gallery, body: object) =>
  person.ask<ExportAnswer & Problem>(chosen(gallery), { method: 'POST', body })

async function ready(person: Person, gallery: Gallery, id: string): Promise<Export> {
  const look = async () => {
    const { status, body } = await person.ask<Export>(chosen(gallery, `/${id}`))
    if (status === 429) return false
    assert.equal(status, 200)
    assert.notEqual(body.status, 'failed', body.error_message ?? '')
    return body.status === 'ready' && body
  }
  return until(look, { what: 'the export', every: 550 })
}

test('a guest takes home what they chose', { timeout: 300_000 }, async (t) => {
  const installation = await freshInstallation(t)
  const ida = await setUp(installation, await installation.start())
  const gallery = await createGallery(ida, { title: 'Mara and Jonas' })
  await sendPhotos(installation, ida, gallery.id, await photos(6, 60_000))
  await ida.ask(`/api/galleries/${gallery.id}/clients`, { method: 'POST', body: { email: 'mara@example.com' } })
  await publish(ida, gallery.id)
  await readyArchive(ida, gallery.id)
  const items = await allOf<Item>(ida, `/api/galleries/${gallery.id}/items`)
  const anna = guest(installation.url)
  const bert = guest(installation.url)
  const marked = async (person: Person) => (await person.ask<Favorites>(`/api/g/${gallery.slug}/favorites`)).body.items
  const mark = (person: Person, item: string, method = 'PUT') => person.ask(`/api/g/${gallery.slug}/items/${item}/favorite`, { method })

  await t.test('hearts are a guest’s own, remembered by a cookie that scripts cannot read, and can be taken back', async () => {
    assert.deepEqual(await marked(anna), [])
    const first = await mark(anna, items[1]!.id)
    assert.equal(first.status, 204)
    assert.match(first.headers.getSetCookie()[0]!, /^ks_v_[\w-]+=[^;]+;.*HttpOnly/i)
    for (const item of [items[1]!, items[4]!, items[5]!]) assert.equal((await mark(anna, item.id)).status, 204)
    assert.equal((await mark(anna, items[5]!.id, 'DELETE')).status, 204)
    assert.deepEqual(await marked(anna), [items[1]!.id, items[4]!.id])
    assert.deepEqual(await marked(bert), [])
    const [name, value] = anna.headers().cookie!.split('=')
    assert.deepEqual(
      await marked(guest(installation.url, { cookie: `${name}=${value!.replace(/^./, (c) => (c === 'a' ? 'b' : 'a'))}` })),
      [],
    )
    assert.equal((await mark(anna, gallery.id)).status, 404)
  })

  await t.test('the command line writes what was said, as it is and for Lightroom', async () => {
    const said = (...more: string[]) => installation.command('gallery', 'feedback', gallery.slug, ...more)
    const [first, second] = [items[1]!, items[4]!].map((item) => item.name.replace('.jpg', ''))
    assert.equal((await said('--format', 'txt')).stdout, `${first}, ${second}\n`)
    assert.match((await said()).stdout, new RegExp(`^\ufefffilename,feedback_type,.*\r\n${first}\\.jpg,favorite,`))
    const rows = JSON.parse((await said('--json')).stdout) as { item: string }[]
    assert.deepEqual(
      rows.map((row) => row.item),
      [items[1]!.id, items[4]!.id],
    )
    assert.equal((await said('--format', 'doc')).code, 2)
  })

  await t.test('asking badly says what is wrong', async () => {
    for (const body of [{}, { all: true, photoIds: [items[0]!.id] }]) {
      const { status, body: problem } = await ask(anna, gallery, body)
      assert.deepEqual(
        [status, problem.code, problem.detail],
        [400, 'export_nothing_chosen', 'Either photoIds or all=true must be specified'],
      )
    }
    const { status, body: problem } = await ask(bert, gallery, { favorites: true })
    assert.deepEqual([status, problem.code, problem.detail], [400, 'export_empty', 'No photos found for export'])
    assert.equal((await ask(anna, gallery, { all: true, colour: 'blue' })).status, 400)
    assert.equal((await ask(anna, gallery, { all: true, size: 'huge' })).status, 400)
    assert.equal((await ask(anna, gallery, { all: true, notify: 'stranger@example.com' })).body.code, 'notify_unknown')
  })

  let mine = ''
  await t.test('her favourites become a ZIP that four programs find sound, behind a link of twelve hours', async () => {
    const made = await ask(anna, gallery, { favorites: true })
    assert.equal(made.status, 202)
    assert.equal(made.body.percent, 0)
    mine = made.body.export.id
    assert.equal(
      (await ask(anna, gallery, { photoIds: [items[4]!.id, items[1]!.id] })).body.export.id,
      mine,
      'the same photos, the same export',
    )
    const early = await anna.ask<Problem>(chosen(gallery, `/${mine}/download`))
    if (early.status === 409) assert.deepEqual([early.body.detail, typeof early.body.percent], ['Export not ready', 'number'])
    const view = await ready(anna, gallery, mine)
    const { status, body } = await anna.ask<ExportDownload>(chosen(gallery, `/${mine}/download`))
    assert.equal(status, 200)
    assert.deepEqual([body.total_photos, body.file_size, body.checksum], [2, view.total_bytes, view.checksum])
    const left = Date.parse(body.expires_at) - Date.now()
    assert.ok(left > 11.9 * 3_600_000 && left <= 12 * 3_600_000)
    const file = path.join(installation.dir, 'chosen.zip')
    assert.equal((await run('curl', ['-sSfL', '-o', file, body.download_url])).code, 0)
    assert.equal(await sha256Of(file), body.checksum)
    assert.deepEqual(await judgeZip(file), soundForAll)
    const { output } = await run('unzip', ['-Z1', file])
    assert.deepEqual(
      output
        .trim()
        .split('\n')
        .filter((name) => name.includes('/photos/')).length,
      2,
    )
  })

  await t.test('nobody else learns of it: for another guest it is like one that does not exist; its owner sees it (X-10)', async () => {
    const nothing = '01900000-0000-7000-8000-000000000000'
    for (const [method, rest] of [
      ['GET', ''],
      ['GET', '/status'],
      ['GET', '/download'],
      ['DELETE', ''],
    ] as const) {
      const answers = []
      for (const id of [mine, nothing]) {
        const { status, body } = await bert.ask<Problem>(chosen(gallery, `/${id}${rest}`), { method })
        answers.push([status, body.code])
      }
      assert.deepEqual(answers, [
        [404, 'not_found'],
        [404, 'not_found'],
      ])
    }
    assert.equal((await ida.ask<Export>(chosen(gallery, `/${mine}`))).body.id, mine)
    assert.deepEqual(
      (await ida.ask<Page<Export>>(chosen(gallery))).body.rows.map((row) => row.id),
      [mine],
    )
    assert.equal((await anna.ask(chosen(gallery))).status, 401)
  })

  await t.test('who asks more often than twice a second is told how long to wait', async () => {
    await sleep(600)
    const answers = await Promise.all(Array.from({ length: 8 }, () => anna.ask<Problem>(chosen(gallery, `/${mine}/status`))))
    // on a busy machine eight answers may take longer than half a second
    assert.deepEqual([...new Set(answers.map(({ status }) => status))].sort(), [200, 429])
    const { body, headers } = answers.find(({ status }) => status === 429)!
    assert.ok(body.retry_after_ms! > 0 && body.retry_after_ms! <= 500)
    assert.equal(headers.get('retry-after'), '1')
    await sleep(body.retry_after_ms! + 50)
    assert.equal((await anna.ask(chosen(gallery, `/${mine}/status`))).status, 200)
  })

  await t.test('a client’s address gets one letter with the link, and curl resumes the TAR behind it', async () => {
    const made = await ask(bert, gallery, { all: true, size: 'screen', format: 'tar', notify: 'Mara@example.com' })
    await ready(bert, gallery, made.body.export.id)
    const letter = await until(async () => (await allOf<Letter>(ida, '/api/letters')).find(({ kind }) => kind === 'export_ready'), {
      what: 'the letter',
    })
    assert.equal(letter.recipient, 'mara@example.com')
    const { text } = (await ida.ask<LetterText>(`/api/letters/${letter.id}`)).body
    const link = /http:\/\/\S+\/d\/\S+/.exec(text)![0]
    const file = path.join(installation.dir, 'chosen.tar')
    await run('curl', ['-sS', '-o', file, '-r', '0-70000', link])
    assert.equal((await run('curl', ['-sSf', '-C', '-', '-o', file, link])).code, 0)
    const out = path.join(installation.dir, 'tar')
    mkdirSync(out)
    for (const reader of ['tar', 'bsdtar']) {
      const { code, output } = await run(reader, ['-xf', file, '-C', out])
      assert.deepEqual([code, output], [0, ''])
    }
    assert.equal((await run('sha256sum', ['-c', '--quiet', 'checksums.sha256'], { cwd: path.join(out, gallery.slug) })).code, 0)
    assert.ok(text.includes(await sha256Of(file)))
  })

  await t.test('with downloads switched off nobody but the owner exports; a closed gallery freezes its hearts', async () => {
    await ida.ask(`/api/galleries/${gallery.id}`, { method: 'PATCH', body: { download_enabled: false } })
    assert.deepEqual(
      [(await ask(anna, gallery, { all: true })).status, (await anna.ask(chosen(gallery, `/${mine}/download`))).status],
      [403, 403],
    )
    assert.equal((await ask(ida, gallery, { photoIds: [items[0]!.id] })).status, 202)
    assert.equal((await mark(anna, items[0]!.id)).status, 204)
    await ida.ask(`/api/galleries/${gallery.id}`, { method: 'PATCH', body: { expires_at: '2020-01-01T00:00:00Z' } })
    assert.equal((await mark(anna, items[2]!.id)).status, 410)
    assert.equal((await mark(anna, items[1]!.id, 'DELETE')).status, 410)
  })
})
