/** The wall of a large gallery in a real browser: few nodes, the focus is never lost, and everybody comes back to where they were. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { createGallery, publish, setUp } from '../journeys/people.ts'
import { photos, sendPhotos } from '../journeys/sending.ts'
import { freshInstallation, until } from '../journeys/service.ts'
import { openChromium, patience, stepsOf, visitor } from './chromium.ts'

const count = 3000

test('three thousand photos', { timeout: 600_000 }, async (t) => {
  const browser = await openChromium(t)
  const installation = await freshInstallation(t)
  const ida = await setUp(installation, await installation.start('web'))
  const gallery = await createGallery(ida, { title: 'Mara & Jonas' })
  await sendPhotos(installation, ida, gallery.id, await photos(1, 60_000))
  await publish(ida, gallery.id)
  await multiply(installation.sql, gallery.id)
  const step = stepsOf(t)
  const { page, assertQuiet } = await visitor(browser)
  const wall = page.getByRole('list', { name: `${count.toLocaleString('en')} photos` })
  const tile = (n: number) => page.getByRole('link', { name: new RegExp(`^Open photo ${n} of ${count},`) })
  const top = () => page.evaluate<number>('Math.round(scrollY)')

  await step('are all there, and at no time more than a few of them in the page', async () => {
    await page.goto(`${installation.url}/g/${gallery.slug}`)
    await wall.waitFor()
    for (const share of [0, 0.3, 0.7, 1]) {
      await page.evaluate(`scrollTo(0, document.documentElement.scrollHeight * ${share})`)
      await page.waitForTimeout(300)
      assert.ok((await nodes(page)) <= 600, `${await nodes(page)} nodes`)
    }
    await tile(count).waitFor()
  })

  await step('the photo that has the focus keeps it when it scrolls away', async () => {
    await page.evaluate('scrollTo(0, 0)')
    await tile(2).focus()
    await page.evaluate('scrollTo(0, document.documentElement.scrollHeight / 2)')
    await page.waitForTimeout(300)
    assert.equal(await page.evaluate('document.activeElement.closest("li")?.ariaPosInSet'), '2')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Tab')
    assert.equal(await page.evaluate('document.activeElement.closest("li")?.ariaPosInSet'), '3', 'the next one follows it')
  })

  await step('Back closes a photo and leads to where it was opened; Forward opens it again', async () => {
    await page.evaluate('scrollTo(0, document.documentElement.scrollHeight / 2)')
    await page.waitForTimeout(300)
    const at = await top()
    const seen = page.locator('.tile').filter({ visible: true })
    const find = () =>
      seen.evaluateAll(
        (all, height) => all.findIndex((one) => one.getBoundingClientRect().top > 100 && one.getBoundingClientRect().bottom < height),
        900,
      )
    await until(async () => (await find()) >= 0, { what: 'tiles in the middle', ms: patience })
    const middle = await find()
    const address = await seen.nth(middle).getAttribute('href')
    await seen.nth(middle).click()
    await page.getByRole('dialog').waitFor()
    assert.equal(new URL(page.url()).pathname, address)
    assert.match(await page.title(), /^IMG_.* · Mara & Jonas$/)
    await page.goBack()
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await until(async () => (await top()) === at, { what: `the place ${at}`, ms: patience })
    await page.goForward()
    await page.getByRole('dialog').waitFor()
    assert.equal(new URL(page.url()).pathname, address)
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    assert.equal(new URL(page.url()).pathname, `/g/${gallery.slug}`)
  })

  await step('a page that is loaded again is where it was', async () => {
    const at = await top()
    assert.ok(at > 10_000)
    await page.reload()
    await until(async () => Math.abs((await top()) - at) < 3, { what: `the place ${at}`, ms: patience })
  })

  await step('the address of a photo opens it, with its name as the title of the page', async () => {
    const address = await page.locator('.tile').first().getAttribute('href')
    const html = await (await fetch(installation.url + address)).text()
    assert.match(html, /<title>IMG_\S+ · Mara &#38; Jonas<\/title>/)
    await page.goto(installation.url + address)
    await page.getByRole('dialog').waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    assert.equal(new URL(page.url()).pathname, `/g/${gallery.slug}`)
    assertQuiet()
  })
})

const nodes = (page: Page) => page.evaluate<number>('document.querySelectorAll("*").length')

/** Makes the one photo of the gallery many: rows alone, of which no page reads the bytes. */
async function multiply(sql: (text: string, values?: unknown[]) => Promise<void>, gallery: string): Promise<void> {
  const more = `generate_series(2, ${count}) n`
  await sql(
    `insert into items select r.* from items i, ${more}, jsonb_populate_record(i,
      jsonb_build_object('id', md5('item' || n)::uuid, 'position', 100 + n)) r where i.gallery_id = $1`,
    [gallery],
  )
  await sql(
    `insert into assets select r.* from assets a, ${more}, jsonb_populate_record(a, jsonb_build_object('id', md5('asset' || n)::uuid,
      'item_id', md5('item' || n)::uuid, 'storage_key', a.storage_key || n, 'original_name', 'IMG_' || n || '.jpg')) r where a.gallery_id = $1`,
    [gallery],
  )
}
