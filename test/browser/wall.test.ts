/** The wall of a large gallery in a real browser: few nodes, the focus is never lost, and everybody comes back to where they were. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { brotliCompressSync, constants } from 'node:zlib'
import type { Locator, Page } from 'playwright-core'
import { createGallery, publish, setUp } from '../journeys/people.ts'
import { photos, sendPhotos } from '../journeys/sending.ts'
import { freshInstallation, until } from '../journeys/service.ts'
import { openChromium, patience, stepsOf, visitor } from './chromium.ts'

const count = 3000

test('three thousand photos', { timeout: 600_000 }, async (t) => {
  const browser = await openChromium(t)
  const installation = await freshInstallation(t)
  const ida = await setUp(installation, await installation.start('web'))
  const gallery = await createGallery(ida, { title: 'Mara & Jonas', feedback_enabled: true })
  await sendPhotos(installation, ida, gallery.id, await photos(1, 60_000))
  await publish(ida, gallery.id)
  await multiply(installation.sql, gallery.id)
  const step = stepsOf(t)
  const { page, assertQuiet } = await visitor(browser)
  const wall = page.getByRole('list', { name: `${count.toLocaleString('en')} photos` })
  const tile = (n: number) => page.getByRole('link', { name: new RegExp(`^Open photo ${n} of ${count},`) })
  const top = () => page.evaluate<number>('Math.round(scrollY)')

  await step('the first of them stand in their places before the program comes, which takes them over as they are', async () => {
    const address = `${installation.url}/g/${gallery.slug}`
    const html = await (await fetch(address)).text()
    const packed = brotliCompressSync(html, { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } }).length
    t.diagnostic(`the page is ${html.length} bytes, ${packed} packed`)
    assert.ok(packed < 8000, `${packed} bytes`)
    let release = () => {}
    const held = new Promise<void>((go) => {
      release = go
    })
    await page.route('**/assets/guest-*.js', async (route) => {
      await held
      await route.continue()
    })
    const asked: string[] = []
    page.on('request', (request) => {
      const { pathname, search } = new URL(request.url())
      if (pathname === `/api/g/${gallery.slug}`) asked.push(search)
    })
    await page.addInitScript(`window.moved = 0
      new PerformanceObserver((list) => { for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.moved += entry.value })
        .observe({ type: 'layout-shift', buffered: true })`)
    await page.goto(address, { waitUntil: 'commit' })
    await page.locator('.wall:not(.first) > li').first().waitFor()
    const before = await places(page)
    assert.ok(before.length >= 8, `${before.length} photos in the HTML`)
    release()
    await page.getByRole('button', { name: 'Download' }).waitFor()
    await until(() => asked.length === 2, { what: 'the rest of the photos', ms: patience })
    await until(async () => (await wall.evaluate((own) => own.clientHeight)) > 100_000, { what: 'all of the wall', ms: patience })
    const after = await places(page)
    const kept = after.filter((place) => place.mine)
    assert.ok(kept.length >= 4, `${kept.length} photos were taken over`)
    assert.deepEqual(
      kept,
      before.slice(0, kept.length).map((place) => ({ ...place, mine: true })),
    )
    assert.ok(
      asked.every((search) => search.includes('cursor=')),
      `nothing is asked twice: ${asked}`,
    )
    const moved = await page.evaluate<number>('window.moved')
    assert.ok(moved < 0.002, `layout shift ${moved}`)
    await page.unroute('**/assets/guest-*.js')
    // what the program draws by itself is the same as what the server has written
    const written = await attributes(tile(1))
    await page.getByRole('button', { name: 'Favourites' }).click()
    await page.getByText('No favourites yet').waitFor()
    await page.getByRole('button', { name: 'All' }).click()
    assert.deepEqual(await attributes(tile(1)), written)
  })

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

interface Place {
  name: string
  at: number[]
  /** seen before */
  mine: boolean
}
/** Where the photos of the wall are; those seen once are known again. */
const places = (page: Page) =>
  page.evaluate<Place[]>(`[...document.querySelectorAll('.wall > li')].map((li) => {
    const mine = 'mine' in li
    li.mine = true
    const { x, y, width, height } = li.getBoundingClientRect()
    return { name: li.querySelector('a').ariaLabel, at: [x, y, width, height].map(Math.round), mine }
  })`)

const attributes = (tile: Locator) =>
  tile.evaluate((own) => Object.fromEntries([...own.attributes].map(({ name, value }) => [name, value])))

const nodes = (page: Page) => page.evaluate<number>('document.querySelectorAll("*").length')

/** Makes the one photo of the gallery many: rows alone, of which no page reads the bytes. */
async function multiply(sql: (text: string, values?: unknown[]) => Promise<unknown>, gallery: string): Promise<void> {
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
