/** The whole trip in a real browser: a photographer who has never seen Keepsake delivers, and a client receives. */
import assert from 'node:assert/strict'
import { copyFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import type { Item } from '../../sdk/src/wire.ts'
import { allOf, password, signIn } from '../journeys/people.ts'
import { run, sha256Of } from '../journeys/programs.ts'
import { freshInstallation, until } from '../journeys/service.ts'
import { makePhotos } from '../pictures.ts'
import { assertAccessible, drawn, openChromium, patience, stepsOf, visitor } from './chromium.ts'
import { choose, createByHand, setUpByHand } from './studio.ts'

const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 }
const title = 'Mara & Jonas'

test('a photographer delivers and a client receives', { timeout: 600_000 }, async (t) => {
  const browser = await openChromium(t)
  const installation = await freshInstallation(t)
  const step = stepsOf(t)
  const ida = await visitor(browser)
  const mara = await visitor(browser, phone)
  const service = await installation.start()
  const studio = ida.page
  const guest = mara.page
  const folder = path.join(installation.dir, 'photos')
  const photos = await makePhotos(folder, { count: 12, gps: true })
  let address = ''
  let gallery = ''
  let sum = ''

  await step('the printed address leads to the first account, and she is signed in', async () => {
    await setUpByHand(studio, service)
    address = new URL(studio.url()).origin
    await studio.getByText('ida@example.com').waitFor()
    await studio.getByText('No galleries yet').waitFor()
    await assertAccessible(studio, 'no galleries')
  })

  await step('she uploads a folder’s worth and reads what became of each file', async () => {
    gallery = await createByHand(studio, title)
    const twin = path.join(folder, 'IMG_0013.jpg')
    const page = path.join(folder, 'page.jpg')
    const nothing = path.join(folder, 'nothing.jpg')
    copyFileSync(photos[2]!.path, twin)
    writeFileSync(page, '<!doctype html><title>no photo</title><script>alert(1)</script>')
    writeFileSync(nothing, '')
    ida.expect(/^(415|422) \/api\/uploads/)
    await choose(studio, 'Choose files', [...photos.map((photo) => photo.path), twin, page, nothing])
    await studio.getByRole('heading', { name: 'Uploaded, some failed' }).waitFor()
    await studio.getByText('13 of 15 files').waitFor()
    await studio.getByText('1 file was already here, not stored twice').waitFor()
    await studio.getByText('2 files not uploaded').waitFor()
    const failures = await studio.getByRole('alert').getByRole('listitem').allInnerTexts()
    assert.deepEqual(failures.sort(), [
      'nothing.jpg The file is empty.',
      'page.jpg This is not a photo, video or audio file that can be kept here.',
    ])
    const rows = await allOf<Item>(await signIn(installation), `/api/galleries/${gallery}/items`)
    assert.deepEqual(
      rows.map((row) => row.name),
      photos.map((photo) => photo.name),
    )
  })

  await step('the thumbnails appear by themselves', async () => {
    await drawn(studio.getByRole('list', { name: 'Photos' }).getByRole('img'), 12)
    await assertAccessible(studio, 'gallery after an upload')
  })

  await step('she adds her client and publishes; the archive is built and verified before her eyes', async () => {
    await studio.getByLabel('E-mail').fill('mara@example.com')
    await studio.getByLabel('Name (if you like)').fill('Mara')
    await studio.getByRole('button', { name: 'Add', exact: true }).click()
    await studio.getByText('mara@example.com', { exact: true }).waitFor()
    await studio.getByText('Client added.', { exact: true }).waitFor()
    await studio.getByRole('button', { name: 'Publish' }).click()
    const card = studio.locator('section', { has: studio.getByRole('heading', { name: 'ZIP archive' }) })
    await card.getByText('Verified').first().waitFor()
    sum = await card.getByRole('code').innerText()
    assert.match(sum, /^[0-9a-f]{64}$/)
    await card.getByText('12 files').waitFor()
    await studio.getByText('Published').waitFor()
    await assertAccessible(studio, 'published gallery')
  })

  let link = ''
  await step('the outbox shows the letter, as text with the link and as its reader sees it', async () => {
    await studio.getByRole('link', { name: 'Outbox' }).click()
    // until then the page before stands there
    await studio.getByRole('heading', { name: 'Outbox', level: 1 }).waitFor()
    const letter = studio.getByRole('row').filter({ hasText: 'mara@example.com' })
    await letter.waitFor()
    await letter.getByText('Kept here').waitFor()
    await assertAccessible(studio, 'outbox')
    await letter.getByRole('button', { name: 'mara@example.com' }).click()
    const text = await studio.locator('pre').innerText()
    link = /http:\/\/\S+\/d\/\S+/.exec(text)?.[0] ?? ''
    assert.ok(link.startsWith(`${address}/d/`), text)
    assert.ok(text.includes(sum))
    await studio.getByRole('button', { name: 'Letter' }).click()
    const button = studio.frameLocator('iframe').getByRole('link').first()
    await button.waitFor()
    const style = await button.evaluate((link) => {
      const { backgroundColor, textDecorationLine, display } = link.ownerDocument.defaultView.getComputedStyle(link)
      return { backgroundColor, textDecorationLine, display }
    })
    assert.notEqual(style.backgroundColor, 'rgba(0, 0, 0, 0)', 'the button of the letter has its colour')
    assert.equal(await button.getAttribute('href'), link)
    await assertAccessible(studio, 'letter')
    await studio.getByRole('button', { name: 'Close' }).click()
    await studio.getByRole('link', { name: 'Galleries', exact: true }).click()
    await studio.getByRole('link', { name: title }).waitFor()
    await assertAccessible(studio, 'galleries')
    await studio.getByRole('link', { name: 'Overview' }).click()
    await studio.getByText('Nothing needs you at the moment.').waitFor()
    await assertAccessible(studio, 'overview')
    await studio.getByRole('link', { name: 'Galleries', exact: true }).click()
  })

  await step('the client sees cover, title, count and photos, and walks through them with the keyboard', async () => {
    await guest.goto(`${address}/g/${gallery}`)
    await guest.getByRole('heading', { name: title, level: 1 }).waitFor()
    await guest
      .getByText(/12 photos/)
      .first()
      .waitFor()
    await drawn(guest.locator('.cover img'), 1, 300)
    const first = guest.getByRole('link', { name: 'Open photo 1 of 12, IMG_0001.jpg' })
    await first.focus()
    await guest.keyboard.press('Enter')
    const open = (name: string) => guest.getByRole('dialog', { name }).waitFor()
    await open('IMG_0001.jpg')
    // the focus is at the whole screen: a mark around that would cut the corners off the photo
    const at = () => guest.evaluate<string>('document.activeElement.className')
    await until(async () => (await at()).includes('yarl__'), { what: 'the focus at the photo', ms: patience })
    const cut = await guest.evaluate<string>('getComputedStyle(document.activeElement).borderTopLeftRadius')
    assert.equal(cut, '0px')
    await guest.keyboard.press('ArrowRight')
    await open('IMG_0002.jpg')
    await drawn(guest.getByRole('img', { name: 'IMG_0002.jpg' }), 1, 300)
    await assertAccessible(guest, 'one photo')
    await guest.keyboard.press('End')
    await open('IMG_0012.jpg')
    await guest.keyboard.press('Escape')
    await guest.getByRole('dialog').waitFor({ state: 'detached' })
    const last = guest.getByRole('link', { name: 'Open photo 12 of 12, IMG_0012.jpg' })
    const focused = () => last.evaluate((tile) => tile === tile.ownerDocument.activeElement)
    await until(focused, { what: 'the focus on the photo that was left', ms: patience })
    await assertAccessible(guest, 'guest page')
  })

  await step('what Chromium saves, from the page and from the letter, is the very ZIP of the studio', async () => {
    const saved = async (begin: () => Promise<unknown>) => {
      const begun = guest.waitForEvent('download')
      await begin()
      const download = await begun
      const file = path.join(installation.dir, 'saved.zip')
      await download.saveAs(file)
      assert.equal(await sha256Of(file), sum)
      const { code, output } = await run('unzip', ['-tq', file])
      assert.equal(code, 0, output)
      return download.suggestedFilename()
    }
    await guest.getByRole('button', { name: 'Download' }).click()
    const sheet = guest.getByRole('dialog', { name: 'Download' })
    await assertAccessible(guest, 'the sheet of downloads')
    assert.match(await saved(() => sheet.getByRole('button', { name: /^Download \d/ }).click()), /^mara-and-jonas.*\.zip$/)
    await guest.getByText('Your download has begun').waitFor()
    await guest.goto(link)
    await guest.getByRole('heading', { name: title, level: 1 }).waitFor()
    await assertAccessible(guest, 'the page of a letter’s link')
    await saved(() => guest.getByRole('link', { name: /^Download everything/ }).click())
  })

  await step('a gallery with a password opens for the right one only', async () => {
    await studio.getByRole('link', { name: title }).click()
    await studio.getByLabel('Password for guests').fill('pale blue')
    // the word of an earlier save may still stand there
    const saved = studio.waitForResponse((answer) => answer.request().method() === 'PATCH' && answer.ok())
    await studio.getByRole('button', { name: 'Save' }).click()
    await saved
    await studio.getByText('Saved').waitFor()
    mara.expect(/^401 \/api\/g\//)
    const fresh = await visitor(browser, phone)
    fresh.expect(/^401 \/api\/g\//)
    const { page } = fresh
    await page.goto(`${address}/g/${gallery}`)
    await page.getByRole('heading', { name: 'This gallery has a password' }).waitFor()
    await assertAccessible(page, 'locked page')
    await page.getByLabel('Password').fill('pale green')
    await page.getByRole('button', { name: 'Open gallery' }).click()
    await page.getByText('That is not the password').waitFor()
    await page.getByLabel('Password').fill('pale blue')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: title, level: 1 }).waitFor()
    await drawn(page.locator('.cover img'), 1, 300)
    fresh.assertQuiet()
    await fresh.context.close()
  })

  await step('an ended gallery and an unknown address each say so', async () => {
    await studio.getByLabel('Open until').fill('2020-01-31')
    await studio.getByRole('button', { name: 'Save' }).click()
    await studio.getByText('Ended').waitFor()
    await studio.getByRole('heading', { name: 'The guest page is closed' }).waitFor()
    await assertAccessible(studio, 'an ended gallery in the studio')
    await studio.getByRole('button', { name: 'Extend by 30 days' }).click()
    await studio.getByText('Done: 1 gallery').waitFor()
    await studio.getByRole('dialog').getByRole('button', { name: 'Close' }).last().click()
    await studio.getByRole('heading', { name: 'The guest page is closed' }).waitFor({ state: 'detached' })
    const end = studio.getByLabel('Open until')
    assert.ok((await end.inputValue()) > '2026', 'what was typed before does not end it again')
    await end.fill('2020-01-31')
    await studio.getByRole('button', { name: 'Save' }).click()
    await studio.getByRole('heading', { name: 'The guest page is closed' }).waitFor()
    mara.expect(/^(404|410) \/(api\/)?g\//)
    await guest.goto(`${address}/g/${gallery}`)
    await guest.getByRole('heading', { name: 'This gallery has ended' }).waitFor()
    await assertAccessible(guest, 'ended gallery')
    await guest.goto(`${address}/g/nobody-knows`)
    await guest.getByRole('heading', { name: 'This gallery is no longer available.' }).waitFor()
    await assertAccessible(guest, 'unknown gallery')
  })

  await step('signed out, the studio asks who is there, and lets her in again', async () => {
    ida.expect(/^401 \/api\/session/)
    await studio.getByRole('button', { name: 'Sign out' }).click()
    await studio.getByRole('heading', { name: 'Sign in' }).waitFor()
    await assertAccessible(studio, 'sign-in')
    await studio.getByLabel('E-mail').fill('ida@example.com')
    await studio.getByLabel('Password').fill(password)
    await studio.getByRole('button', { name: 'Sign in', exact: true }).click()
    await studio.getByRole('link', { name: 'Galleries', exact: true }).click()
    await studio.getByRole('link', { name: title }).waitFor()
  })

  await step('no page wrote an error into its console or asked for what its policy forbids, not even an icon', async () => {
    ida.assertQuiet()
    mara.assertQuiet()
    for (const page of [studio, guest]) assert.equal(await page.locator('link[rel=icon]').getAttribute('href'), 'data:,')
  })
})
