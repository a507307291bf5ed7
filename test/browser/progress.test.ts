/** An archive that is made before one's eyes: by the stream where it gets through, by asking where it does not. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { createGallery, password, publish, setUp } from '../journeys/people.ts'
import { photos, sendPhotos } from '../journeys/sending.ts'
import { freshInstallation, until } from '../journeys/service.ts'
import { openChromium, patience, visitor } from './chromium.ts'

test('the studio follows a build by one stream, and by asking where no stream gets through', { timeout: 600_000 }, async (t) => {
  const browser = await openChromium(t)
  const installation = await freshInstallation(t)
  const ida = await setUp(installation, await installation.start('web'))
  const sent = await photos(12, 3_000_000)
  for (const stream of ['through', 'refused', 'held back'] as const)
    await t.test(`stream ${stream}`, async () => {
      const { id } = await createGallery(ida, { title: `Stream ${stream}` })
      await sendPhotos(installation, ida, id, sent)
      await publish(ida, id)
      const visit = await visitor(browser)
      const { page } = visit
      visit.expect(/progress|^401 |^429 /)
      const asked = questionsOf(page)
      if (stream === 'refused') await page.route('**/progress', (route) => route.fulfill({ status: 429, body: '' }))
      // a proxy that collects the whole answer first
      if (stream === 'held back') await page.route('**/progress', () => {})
      await page.goto(`${installation.url}/sign-in?next=/galleries`)
      await page.getByLabel('E-mail').fill('ida@example.com')
      await page.getByLabel('Password').fill(password)
      await page.getByRole('button', { name: 'Sign in', exact: true }).click()
      await page.getByRole('link', { name: `Stream ${stream}` }).click()
      const card = page.locator('section', { has: page.getByRole('heading', { name: 'ZIP archive' }) })
      await card.getByRole('progressbar').waitFor()
      await until(() => asked.streams > 0, { what: 'the stream', ms: patience })
      if (stream === 'through') {
        await page.waitForTimeout(1500)
        const before = asked.questions
        await page.waitForTimeout(4000)
        assert.ok(asked.questions - before <= 1, `${asked.questions - before} questions in 4 s beside the stream`)
      }
      const worker = await installation.start('worker')
      await card.getByText('Verified').first().waitFor()
      assert.equal(asked.streams, 1, 'one stream, and none after the end')
      await worker.stop()
      await visit.context.close()
    })
})

/** What the page asks about the archive. */
function questionsOf(page: Page): { streams: number; questions: number } {
  const asked = { streams: 0, questions: 0 }
  page.on('request', (request) => {
    const { pathname } = new URL(request.url())
    if (pathname.endsWith('/progress')) asked.streams++
    if (pathname.endsWith('/archive')) asked.questions++
  })
  return asked
}
