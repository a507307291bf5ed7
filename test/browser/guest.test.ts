/** Every state of the pages for guests, in a real browser over the real service: reached, quiet, no barrier to anybody; and one long visit. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Browser } from 'playwright-core'
import type { Item, NewLink } from '../../sdk/src/wire.ts'
import { allOf, createGallery, publish, signIn } from '../journeys/people.ts'
import { photos, sendPhotos, sha256 } from '../journeys/sending.ts'
import { freshInstallation, type Installation, until } from '../journeys/service.ts'
import { wav } from '../media.ts'
import { assertAccessible, drawn, openChromium, patience, stepsOf, visitor } from './chromium.ts'
import { guestStates } from './shots.guest.ts'

test('every state of the pages for guests is reached, and axe finds nothing in it', { timeout: 900_000 }, async (t) => {
  const browser = await openChromium(t)
  const installation = await freshInstallation(t)
  for (const state of await guestStates({ installation, browser, long: 1000 }))
    await t.test(state.name, async () => {
      const visit = await visitor(browser, { reducedMotion: 'reduce', ...state.as })
      // what a state is about: refused passwords, ended and withdrawn links, galleries that are not there, a line that is cut
      visit.expect(/^(401|404|409|410) \/(api\/)?[gd]\/|^ERR_FAILED/)
      await state.open(visit.page)
      await assertAccessible(visit.page, state.name, [320, 390, 1440])
      visit.assertQuiet()
      await visit.context.close()
    })
  await t.test('one visit: what plays, what is refused, and what ends while the page is open', (t) => visit(t, browser, installation))
})

const hostile = `"><img src=x onerror="document.title='ran'">.jpg`

async function visit(t: TestContext, browser: Browser, installation: Installation): Promise<void> {
  const step = stepsOf(t)
  const ida = await signIn(installation)
  const gallery = await createGallery(ida, { title: '<b>Mara</b> & Jonas', feedback_enabled: true })
  const change = async (body: object) =>
    assert.equal((await ida.ask(`/api/galleries/${gallery.id}`, { method: 'PATCH', body })).status, 200)
  const film = await record(browser)
  const song = wav({ seconds: 30 })
  const [photo] = await photos(1, 60_000)
  await sendPhotos(installation, ida, gallery.id, [
    { ...photo!, name: hostile },
    { name: 'song.wav', bytes: song, sha256: sha256(song) },
    ...(film ? [{ name: 'film.mp4', bytes: film, sha256: sha256(film) }] : []),
  ])
  await publish(ida, gallery.id)
  const items = () => allOf<Item>(ida, `/api/galleries/${gallery.id}/items`)
  await until(async () => (await items()).every((item) => item.render_state !== 'waiting'), { what: 'the picture', every: 200 })
  const address = `${installation.url}/g/${gallery.slug}`
  const idOf = async (name: string) => (await items()).find((item) => item.name === name)!.id
  const { page, context, expect, assertQuiet } = await visitor(browser)
  const heart = page.getByRole('button', { name: `Favourite: ${hostile}` })
  const pressed = async (on: boolean) =>
    until(async () => (await heart.getAttribute('aria-pressed')) === String(on), { what: `the heart: ${on}`, ms: patience })

  await step('names and titles are text, whatever stands in them, before the program and after', async () => {
    const html = await (await fetch(address)).text()
    assert.ok(!html.includes('<img src=x') && !html.includes('<b>Mara'))
    await page.goto(address)
    await page.getByRole('heading', { name: '<b>Mara</b> & Jonas', level: 1 }).waitFor()
    await page.getByRole('link', { name: hostile }).waitFor()
    await drawn(page.locator('.wall img'), 1)
    await heart.waitFor()
    assert.equal(await page.locator('img[src="x"]').count(), 0)
    assert.equal(await page.title(), '<b>Mara</b> & Jonas')
  })

  for (const [name, tag] of [['song.wav', 'audio'], ...(film ? [['film.mp4', 'video']] : [])] as const)
    await step(`${name} plays and seeks, and the arrows are its own`, async () => {
      await page.getByRole('link', { name: name! }).click()
      const player = page.locator(`${tag}[aria-label="${name}"]`)
      const now = () => player.evaluate((own) => (own as unknown as { currentTime: number }).currentTime)
      await until(() => player.evaluate((own) => (own as unknown as { readyState: number }).readyState > 0), {
        what: 'its length',
        ms: patience,
      })
      await player.evaluate((own) => (own as unknown as { play(): Promise<void> }).play())
      await until(async () => (await now()) > 0, { what: 'the first moments', ms: patience })
      await player.evaluate((own) => (own as unknown as { pause(): void }).pause())
      // a part of its own from the server
      await player.evaluate((own) => void Object.assign(own, { currentTime: 1.2 }))
      await until(async () => Math.abs((await now()) - 1.2) < 0.3, { what: 'the other place', ms: patience })
      await player.focus()
      await page.keyboard.press('ArrowRight')
      await page.getByRole('dialog', { name: name! }).waitFor()
      assert.equal(new URL(page.url()).pathname, `/g/${gallery.slug}/p/${await idOf(name!)}`)
      await page.keyboard.press('Escape')
      await page.getByRole('dialog').waitFor({ state: 'detached' })
    })

  await step('a heart that did not reach the server is not shown as kept, and the page says so', async () => {
    expect(/^ERR_INTERNET_DISCONNECTED/)
    await context.setOffline(true)
    // nor is a part of the page that does not come the end of it
    await page.getByRole('button', { name: 'Download' }).click()
    const lost = page.getByRole('alert').filter({ has: page.getByRole('button', { name: 'Retry' }) })
    await lost.waitFor()
    await assertAccessible(page, 'a part that did not come', [390])
    await context.setOffline(false)
    await lost.getByRole('button', { name: 'Retry' }).click()
    await page.getByRole('dialog', { name: 'Download' }).waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    // nor a star, on the whole screen
    const known = page.waitForResponse((answer) => answer.url().endsWith('/feedback'))
    await page.getByRole('link', { name: hostile }).click()
    await known
    await context.setOffline(true)
    const star = page.getByRole('button', { name: '4 stars' })
    await star.click()
    await page.getByRole('dialog').getByRole('alert').waitFor()
    assert.equal(await star.getAttribute('aria-pressed'), 'false')
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await heart.click()
    await page.getByRole('alert').filter({ hasText: 'No answer from the server' }).waitFor()
    await pressed(false)
    await context.setOffline(false)
    await page.getByRole('alert').waitFor({ state: 'detached' })
    const kept = page.waitForResponse((answer) => answer.url().endsWith('/favorite') && answer.ok())
    await heart.click()
    await kept
    await pressed(true)
  })

  await step('the photographer closes the list: it is shown and cannot be changed', async () => {
    await change({ feedback_enabled: false })
    await page.reload()
    await page.getByRole('button', { name: 'Favourites 1' }).click()
    await page.getByText('The photographer has closed the list').waitFor()
    assert.equal(await heart.count(), 0)
    await change({ feedback_enabled: true })
  })

  await step('what the server refuses is said in the language of the gallery', async () => {
    await change({ locale: 'de' })
    await page.reload()
    const mark = page.getByRole('button', { name: `Favorit: ${hostile}` })
    await mark.waitFor()
    await change({ feedback_enabled: false })
    expect(/^403 \/api\/g\//)
    await mark.click()
    await page.getByRole('alert').filter({ hasText: 'sind in dieser Galerie ausgeschaltet' }).waitFor()
    await change({ feedback_enabled: true, locale: 'en' })
  })

  await step('a password that is set meanwhile is asked for at the next mark; too many wrong ones, and one waits', async () => {
    await page.reload()
    await pressed(true)
    await change({ password: 'pale blue' })
    expect(/^(401|429) \/api\/g\//)
    await heart.click()
    await page.getByRole('heading', { name: 'This gallery has a password' }).waitFor()
    for (let n = 0; n < 6; n++) {
      const answered = page.waitForResponse((answer) => answer.url().endsWith('/unlock'))
      await page.getByLabel('Password').fill(`wrong ${n}`)
      await page.keyboard.press('Enter')
      await answered
    }
    await page.getByText(/^Too many tries\. You can try again in/).waitFor()
    assert.ok(await page.getByRole('button', { name: 'Open gallery' }).isDisabled())
    await assertAccessible(page, 'too many passwords', [390])
    await change({ password: null })
  })

  await step('who came by a link that is withdrawn while they look is told at their next mark', async () => {
    await change({ public: false })
    const answer = await ida.ask<NewLink>(`/api/galleries/${gallery.id}/share`, { method: 'POST', body: { permission: 'download' } })
    assert.equal(answer.status, 201)
    await page.goto(answer.body.url)
    await heart.waitFor()
    assert.equal((await ida.ask(`/api/galleries/${gallery.id}/links/${answer.body.id}`, { method: 'DELETE' })).status, 204)
    expect(/^(404|410) \/api\/g\//)
    await heart.click()
    await page.getByRole('heading', { name: 'Your link no longer opens this gallery' }).waitFor()
    assertQuiet()
  })
}

/** Two seconds of a moving square, as a browser records them; null where it cannot. */
async function record(browser: Browser): Promise<Buffer | null> {
  const page = await browser.newPage()
  const text = await page.evaluate<string | null>(`(async () => {
    if (!MediaRecorder.isTypeSupported('video/mp4')) return null
    const canvas = Object.assign(document.createElement('canvas'), { width: 320, height: 180 })
    const pen = canvas.getContext('2d')
    const timer = setInterval(() => pen.fillRect(Math.random() * 300, Math.random() * 160, 20, 20), 30)
    const recorder = new MediaRecorder(canvas.captureStream(25), { mimeType: 'video/mp4' })
    const parts = []
    recorder.ondataavailable = ({ data }) => parts.push(data)
    recorder.start()
    await new Promise((resolve) => setTimeout(resolve, 2500))
    await new Promise((resolve) => { recorder.onstop = resolve; recorder.stop() })
    clearInterval(timer)
    let text = ''
    for (const byte of new Uint8Array(await new Blob(parts).arrayBuffer())) text += String.fromCharCode(byte)
    return btoa(text)
  })()`)
  await page.close()
  return text === null ? null : Buffer.from(text, 'base64')
}
