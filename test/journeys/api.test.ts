/** The whole trip over the API: set-up, gallery, uploads, publish, letter, link; the page of guests; every answer of a download. */
import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import type { DownloadResponse, Gallery, GuestGallery, Item, Letter, LetterText, Problem } from '../../sdk/src/wire.ts'
import { type Answer, allOf, archiveOf, createGallery, guest, type Person, publish, readyArchive, setUp, signIn } from './people.ts'
import { judgeZip, run, sha256Of, soundForAll } from './programs.ts'
import { photos, sendPhotos } from './sending.ts'
import { freshInstallation, type Installation, until } from './service.ts'

const code = ({ status, body }: Answer) => `${status} ${(body as Problem).code}`
const ofDownload = ({ status, body }: Answer<DownloadResponse>) => [status, body.status, body.message]

test('from the first account to a letter whose link gives the photos', { timeout: 300_000 }, async (t) => {
  const installation = await freshInstallation(t)
  const first = await setUp(installation, await installation.start())
  assert.equal((await first.ask('/api/session', { method: 'DELETE' })).status, 204)
  assert.equal(code(await first.ask('/api/galleries')), '401 sign_in_required')
  const ida = await signIn(installation)
  const { id, slug } = await createGallery(ida, { title: 'Mara & Jonas', event_date: '2026-06-06' })
  assert.equal(slug, 'mara-and-jonas')
  const client = { email: 'mara@example.com', name: 'Mara' }
  assert.equal((await ida.ask(`/api/galleries/${id}/clients`, { method: 'POST', body: client })).status, 201)
  const sent = await photos(5, 300_000)
  await sendPhotos(installation, ida, id, sent)

  await t.test('every photo gets a small picture', async () => {
    const items = await until(
      async () => {
        const all = await allOf<Item>(ida, `/api/galleries/${id}/items`)
        return all.length === 5 && all.every((item) => item.render_state === 'done') && all
      },
      { what: 'the small pictures', ms: 120_000, every: 100 },
    )
    for (const { thumbnail, medium, preview } of items)
      for (const [address, type] of [
        [thumbnail, 'image/webp'],
        [medium, 'image/webp'],
        [preview, 'image/jpeg'],
      ] as const) {
        const picture = await fetch(ida.address(address!), { headers: ida.headers() })
        assert.deepEqual([picture.status, picture.headers.get('content-type')], [200, type])
      }
  })
  const asked = await publish(ida, id)
  assert.ok(['queued', 'processing'].includes(asked.status))
  const archive = await readyArchive(ida, id)
  assert.deepEqual([archive.id, archive.percent, archive.image_count, archive.missing_count], [asked.id, 100, 5, 0])

  await t.test('the letter is in the outbox, and its link gives the file', async () => {
    const kept = async () => (await allOf<Letter>(ida, '/api/letters')).find((letter) => letter.status === 'kept')
    const found = await until(kept, { what: 'the letter' })
    assert.equal(found.recipient, client.email)
    const { subject, text } = (await ida.ask<LetterText>(`/api/letters/${found.id}`)).body
    assert.match(subject, /Mara & Jonas/)
    assert.match((await ida.ask<string>(`/api/letters/${found.id}/html`)).body, /Mara &(amp|#38); Jonas/)
    const link = /http:\S+\/d\/[\w-]{74}/.exec(text)![0]
    const zip = path.join(installation.dir, 'letter.zip')
    assert.equal((await run('curl', ['-fsS', '-o', zip, link])).code, 0)
    assert.equal(await sha256Of(zip), archive.checksum)
    assert.deepEqual(await judgeZip(zip), soundForAll)
  })
  await t.test('guests see the page', async () => {
    const { status, body } = await guest(installation.url).ask<GuestGallery>(`/api/g/${slug}`)
    assert.equal(status, 200)
    const { title, event_date, photographer, photos: count, items } = body
    assert.deepEqual([title, event_date, photographer, count], ['Mara & Jonas', '2026-06-06', 'Ida Photo', 5])
    assert.deepEqual(items.map((item) => item.name).sort(), sent.map((photo) => photo.name).sort())
  })
  await t.test('a password closes it, five wrong ones make one wait, a new one ends what was open', () =>
    locked(installation, ida, id, slug),
  )
})

async function locked(installation: Installation, ida: Person, id: string, slug: string): Promise<void> {
  const set = (word: string) => ida.ask<Gallery>(`/api/galleries/${id}`, { method: 'PATCH', body: { password: word } })
  const unlock = (who: Person, word: string) => who.ask(`/api/g/${slug}/unlock`, { method: 'POST', body: { password: word } })
  assert.equal((await set('open sesame')).body.has_password, true)
  const mara = guest(installation.url)
  assert.equal(code(await mara.ask(`/api/g/${slug}`)), '401 password_required')
  assert.equal(code(await mara.ask(`/api/galleries/${id}/download`)), '401 password_required')
  assert.equal((await unlock(mara, 'open sesame')).status, 204)
  assert.equal((await mara.ask(`/api/g/${slug}`)).status, 200)
  assert.equal((await mara.ask(`/api/galleries/${id}/download`)).status, 200)
  await set('another word')
  assert.equal(code(await mara.ask(`/api/g/${slug}`)), '401 password_required')

  const tries = []
  for (let n = 0; n < 5; n++) tries.push(code(await unlock(mara, `guess ${n}`)))
  assert.deepEqual(tries, Array(5).fill('401 password_wrong'))
  const sixth = await unlock(mara, 'another word')
  assert.equal(code(sixth), '429 too_many_requests')
  assert.ok(Number(sixth.headers.get('retry-after')) > 0)
  assert.equal((await ida.ask(`/api/g/${slug}`)).status, 200, 'its owner needs none')
}

test('a download says in every state what a guest can do', { timeout: 300_000 }, async (t) => {
  const installation = await freshInstallation(t)
  const ida = await setUp(installation, await installation.start('web'))
  const { id, slug } = await createGallery(ida, { title: 'States' })
  await sendPhotos(installation, ida, id, await photos(12, 8_000_000))
  const mara = guest(installation.url)
  const ask = (who: Person = mara) => who.ask<DownloadResponse>(`/api/galleries/${slug}/download`)
  const change = (body: object) => ida.ask(`/api/galleries/${id}`, { method: 'PATCH', body })

  assert.equal(code(await mara.ask('/api/galleries/nobody-knows/download')), '404 not_found')
  assert.equal(code(await ask()), '404 not_found', 'a draft is nothing that guests know of')
  assert.deepEqual(ofDownload(await ask(ida)), [202, 'pending', 'Preparing your download. This may take a few minutes.'])
  await publish(ida, id)
  const pending = await ask()
  assert.deepEqual(ofDownload(pending), [202, 'pending', 'Your download is being prepared.'])
  assert.deepEqual([pending.body.album_id, pending.body.file_count], [slug, 12])
  assert.equal((await fetch(pending.body.download_url!, { method: 'HEAD' })).status, 200, 'it works while it is being prepared')

  await atWork(installation, ida, id)
  assert.deepEqual(ofDownload(await ask()), [
    202,
    'generating',
    'Your download is being prepared. This may take a few minutes for large albums.',
  ])
  await installation.start('worker')
  await readyArchive(ida, id)
  const ready = await ask()
  assert.deepEqual(ofDownload(ready), [200, 'ready', undefined])
  assert.ok(ready.body.expires_in > 3 * 3600 && ready.body.expires_in <= 6 * 3600)

  await change({ download_enabled: false })
  assert.equal(code(await ask()), '403 download_disabled')
  assert.equal((await ask(ida)).status, 200, 'its owner may')
  await change({ download_enabled: true, expires_at: new Date(Date.now() - 1000).toISOString() })
  assert.equal(code(await ask()), '410 gallery_closed')
  assert.equal(code(await mara.ask(`/api/g/${slug}`)), '410 gallery_closed')
  await change({ expires_at: null })
  assert.equal((await ask()).status, 200)
  assert.equal((await ida.ask(`/api/galleries/${id}`, { method: 'DELETE' })).status, 204)
  assert.equal(code(await ask()), '404 not_found')
})

/** A worker that is stopped in the middle of the build. */
async function atWork(installation: Installation, ida: Person, gallery: string): Promise<void> {
  const worker = await installation.start('worker')
  await until(async () => (await archiveOf(ida, gallery)).archive?.status === 'processing', { what: 'the build', every: 5 })
  worker.send('SIGSTOP')
  assert.equal((await archiveOf(ida, gallery)).archive?.status, 'processing')
}

test('an archive that cannot be built is an error with a sentence, and no link', { timeout: 300_000 }, async (t: TestContext) => {
  const installation = await freshInstallation(t)
  const ida = await setUp(installation, await installation.start())
  const { id } = await createGallery(ida, { title: 'Lost' })
  await sendPhotos(installation, ida, id, await photos(1, 100_000))
  const [item] = await allOf<Item>(ida, `/api/galleries/${id}/items`)
  // a disk that lost the only original
  rmSync(path.join(installation.dir, `storage/objects/galleries/${id}/assets/${item!.asset_id}.jpg`))
  await publish(ida, id)
  await until(async () => (await archiveOf(ida, id)).status === 'failed', { what: 'the failure', ms: 120_000, every: 100 })
  const answer = await guest(installation.url).ask<DownloadResponse>(`/api/galleries/${id}/download`)
  assert.deepEqual([answer.status, answer.body.status, answer.body.download_url], [200, 'error', null])
  assert.match(answer.body.message!, /could not be prepared/)
  const letter = await until(async () => (await allOf<Letter>(ida, '/api/letters'))[0], { what: 'the letter' })
  assert.deepEqual([letter.kind, letter.recipient], ['archive_failed', 'ida@example.com'])
})
