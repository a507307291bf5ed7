/** Uploads by a real browser that are cut off, by a reload or by a service that is killed: nothing is lost, nothing stored twice. */
import assert from 'node:assert/strict'
import { appendFileSync, copyFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import type { Page, Request } from 'playwright-core'
import type { Item } from '../../sdk/src/wire.ts'
import { allOf, type Person, password, signIn } from '../journeys/people.ts'
import { sha256 } from '../journeys/sending.ts'
import { freshInstallation, until } from '../journeys/service.ts'
import { type MadePhoto, makePhotos } from '../pictures.ts'
import { assertAccessible, openChromium, patience, stepsOf, visitor } from './chromium.ts'
import { choose, createByHand, setUpByHand } from './studio.ts'

const mb = 1_000_000
const photoCount = 6
const whole = `${photoCount} of ${photoCount} files`

test('an upload that is cut off goes on where it stopped', { timeout: 600_000 }, async (t) => {
  const browser = await openChromium(t)
  const installation = await freshInstallation(t)
  const step = stepsOf(t)
  const ida = await visitor(browser)
  const { page } = ida
  const folder = path.join(installation.dir, 'photos')
  const photos = await makePhotos(folder, { count: photoCount, minBytes: 4 * mb, maxBytes: 5 * mb })
  let service = await installation.start()
  const line = await lineOf(page, 3 * mb)
  const slow = (on: boolean) => line(on ? 'slow' : 'fast')
  const sent = positionsOf(page)

  await step('after a reload the page says what is left, and the same folder chosen again completes it', async () => {
    await setUpByHand(page, service)
    const gallery = await createByHand(page, 'Reloaded')
    const person = await signIn(installation)
    await slow(true)
    await choose(page, 'Choose folder', folder)
    // one is kept, others are on their way
    await until(async () => (await itemsOf(person, gallery)).length > 0, { what: 'the first photo', ms: patience, every: 100 })
    const share = async () => Number(await page.getByRole('progressbar', { name: 'Upload' }).getAttribute('aria-valuenow'))
    await until(async () => (await share()) >= 70, { what: 'the middle of the next ones', ms: patience })
    let asked = ''
    page.once('dialog', (dialog) => {
      asked = dialog.type()
      void dialog.accept()
    })
    await page.reload()
    assert.equal(asked, 'beforeunload', 'leaving during an upload is asked about first')
    await page.getByText(/The last upload was cut off: \d files? left/).waitFor()
    const kept = (await itemsOf(person, gallery)).length
    sent.length = 0
    await slow(false)
    await choose(page, 'Choose folder', folder)
    await page.getByRole('heading', { name: 'Uploaded', exact: true }).waitFor()
    await assertWhole(person, gallery, photos)
    // the server may have had all of another one, and kept it since
    assert.ok(new Set(sent.map((patch) => patch.url)).size <= photoCount - kept, 'what is kept is not sent again')
    assert.ok(
      sent.some((patch) => patch.offset > 0),
      'what was half sent goes on in its middle',
    )
    await page.reload()
    await page.getByText(`${photoCount} photos`).waitFor()
    assert.equal(await page.getByText('cut off').count(), 0)
  })

  await step('a session that ends in the middle of an upload loses nothing: signed in again, the page goes on by itself', async () => {
    await page.getByRole('link', { name: 'Galleries' }).click()
    const gallery = await createByHand(page, 'Signed out')
    ida.expect(/^401 \/api\//)
    await slow(true)
    await choose(page, 'Choose folder', folder)
    const before = await signIn(installation)
    await until(async () => (await itemsOf(before, gallery)).length > 0, { what: 'the first photo', ms: patience, every: 100 })
    await installation.sql('delete from sessions')
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    await slow(false)
    await page.getByLabel('E-mail').fill('ida@example.com')
    await page.getByLabel('Password').fill(password)
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await page.getByRole('heading', { name: 'Uploaded', exact: true }).waitFor()
    assert.equal(new URL(page.url()).pathname, `/galleries/${gallery}`)
    await assertWhole(await signIn(installation), gallery, photos)
  })

  await step('paused, or without a line, it waits and says so; a page that does not come meanwhile stops nothing', async () => {
    await page.getByRole('link', { name: 'Galleries' }).click()
    const gallery = await createByHand(page, 'Held up')
    await slow(true)
    await choose(page, 'Choose folder', folder)
    await page.getByRole('button', { name: 'Pause' }).click()
    await page.getByRole('heading', { name: 'Paused' }).waitFor()
    await assertAccessible(page, 'a paused upload', [390])
    // what waits may change on the disk meanwhile
    const retouched = path.join(installation.dir, 'retouched.jpg')
    copyFileSync(photos[0]!.path, retouched)
    await choose(page, 'Choose files', [retouched])
    await page.getByText(`of ${photoCount + 1} files`, { exact: false }).waitFor()
    appendFileSync(retouched, 'now')
    ida.expect(/^ERR_INTERNET_DISCONNECTED|A page of the studio did not come/)
    await line('off')
    await page.getByRole('button', { name: 'Go on' }).click()
    await page.getByRole('heading', { name: 'Offline: goes on by itself' }).waitFor()
    await assertAccessible(page, 'an upload without a line', [390])
    await page.getByRole('link', { name: 'Rescue' }).click()
    await page.getByRole('heading', { name: 'This page could not be loaded' }).waitFor()
    await assertAccessible(page, 'a page that did not come', [390])
    await slow(false)
    await page.getByRole('heading', { name: 'Rescue', level: 1 }).waitFor()
    await page.goBack()
    await page.getByRole('heading', { name: 'Uploaded, some failed' }).waitFor()
    await page.getByText('retouched.jpg This file was changed').waitFor()
    await assertWhole(await signIn(installation), gallery, photos)
  })

  await step('killed and started again during an upload, the page goes on by itself', async () => {
    await page.getByRole('link', { name: 'Galleries' }).click()
    const gallery = await createByHand(page, 'Killed')
    // a service that is away refuses the connection; the pages and uploads that ask meanwhile say so in the console
    ida.expect(/^(ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE|ERR_SOCKET_NOT_CONNECTED|423) \/(api|media)\//)
    await slow(true)
    await choose(page, 'Choose folder', folder)
    const person = await signIn(installation)
    await until(async () => (await itemsOf(person, gallery)).length > 0, { what: 'the first photo', ms: patience, every: 100 })
    const acknowledged = await itemsOf(person, gallery)
    await service.kill()
    service = await installation.start()
    await slow(false)
    await page.getByText(whole).waitFor()
    await page.getByRole('heading', { name: 'Uploaded', exact: true }).waitFor()
    const items = await assertWhole(person, gallery, photos)
    for (const { id } of acknowledged)
      assert.ok(
        items.some((item) => item.id === id),
        'what was acknowledged is still there',
      )
    ida.assertQuiet()
  })
})

const itemsOf = (person: Person, gallery: string) => allOf<Item>(person, `/api/galleries/${gallery}/items`)

/** Every photo once, each with the bytes that were chosen. */
async function assertWhole(person: Person, gallery: string, photos: MadePhoto[]): Promise<Item[]> {
  const items = await itemsOf(person, gallery)
  const stored = await Promise.all(
    items.map(async (item) => {
      const answer = await fetch(person.address(`/media/${item.asset_id}/original`), { headers: person.headers() })
      return { name: item.name, sha256: sha256(new Uint8Array(await answer.arrayBuffer())) }
    }),
  )
  const byName = (a: { name: string }, b: { name: string }) => a.name.localeCompare(b.name)
  assert.deepEqual(
    stored.sort(byName),
    photos.map(({ name, sha256 }) => ({ name, sha256 })),
  )
  return items
}

/** Switches the line of the page between as fast as it is, so many bytes a second upwards, and none. */
async function lineOf(page: Page, bytesPerSecond: number): Promise<(line: 'fast' | 'slow' | 'off') => Promise<void>> {
  const session = await page.context().newCDPSession(page)
  return async (line) => {
    await session.send('Network.emulateNetworkConditions', {
      offline: line === 'off',
      latency: 0,
      downloadThroughput: -1,
      uploadThroughput: line === 'slow' ? bytesPerSecond : -1,
    })
  }
}

/** Where in their uploads the page sends bytes, from now on. */
function positionsOf(page: Page): { url: string; offset: number }[] {
  const seen: { url: string; offset: number }[] = []
  page.on('request', (request: Request) => {
    if (request.method() === 'PATCH') seen.push({ url: request.url(), offset: Number(request.headers()['upload-offset']) })
  })
  return seen
}
