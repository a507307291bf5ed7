/** A photographer arranges a gallery: chapters out of folders, order, what guests do not see, the cover, new versions, feedback, the end. */
import assert from 'node:assert/strict'
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import type { Gallery, GuestGallery, Item } from '../../sdk/src/wire.ts'
import { allOf, guest, readyArchive, setUp } from '../journeys/people.ts'
import { freshInstallation, until } from '../journeys/service.ts'
import { makePhotos } from '../pictures.ts'
import { assertAccessible, drawn, openChromium, stepsOf, visitor } from './chromium.ts'
import { choose, createByHand, signInByHand } from './studio.ts'

test('a photographer arranges a gallery, and guests see it so', { timeout: 600_000 }, async (t) => {
  const step = stepsOf(t)
  const browser = await openChromium(t)
  const installation = await freshInstallation(t)
  const ida = await setUp(installation, await installation.start())
  const photos = await makePhotos(path.join(installation.dir, 'made'), { count: 7 })
  const folder = path.join(installation.dir, 'Wedding')
  for (const [n, photo] of photos.slice(0, 6).entries()) {
    const into = path.join(folder, n < 2 ? '.' : n < 4 ? 'Ceremony' : 'Party')
    mkdirSync(into, { recursive: true })
    copyFileSync(photo.path, path.join(into, `p${n + 1}.jpg`))
  }
  const person = await visitor(browser)
  const { page } = person
  let slug = ''
  const items = () => allOf<Item>(ida, `/api/galleries/${slug}/items`)
  const names = async () => (await items()).map((item) => item.name)
  const menu = async (photo: string, choice: string) => {
    await page.getByRole('button', { name: `More for ${photo}` }).focus()
    await page.keyboard.press('Enter')
    await page.getByRole('menuitem', { name: choice }).click()
  }

  await step('subfolders of a chosen folder become chapters', async () => {
    person.expect(/^401 \/api\/session/)
    await signInByHand(page, `${installation.url}/galleries`)
    slug = await createByHand(page, 'Mara & Jonas')
    await choose(page, 'Choose folder', folder)
    await page.getByRole('heading', { name: 'Uploaded' }).waitFor()
    await page.getByRole('heading', { name: 'Ceremony', level: 3 }).waitFor()
    await page.getByRole('heading', { name: 'Party', level: 3 }).waitFor()
    await drawn(page.locator('.photo img'), 6)
    const found = Object.fromEntries((await items()).map(({ name, chapter }) => [name, chapter]))
    assert.deepEqual(found, {
      'p1.jpg': null,
      'p2.jpg': null,
      'p3.jpg': 'Ceremony',
      'p4.jpg': 'Ceremony',
      'p5.jpg': 'Party',
      'p6.jpg': 'Party',
    })
    await assertAccessible(page, 'gallery with chapters')
  })

  await step('photos are put in order by keyboard, by dragging and by name', async () => {
    await page.getByRole('button', { name: 'Order' }).click()
    await page.getByRole('menuitem', { name: 'By file name' }).click()
    await until(async () => (await names()).join() === 'p1.jpg,p2.jpg,p3.jpg,p4.jpg,p5.jpg,p6.jpg', { what: 'the order by name' })
    await menu('p2.jpg', 'Move to the beginning')
    await until(async () => (await names())[0] === 'p2.jpg', { what: 'the photo in front' })
    const tile = (name: string) => page.locator('.photo', { has: page.getByRole('img', { name }) })
    await until(async () => (await page.locator('.photo img').first().getAttribute('alt')) === 'p2.jpg', { what: 'the page' })
    const inFront = async (order: string) => {
      await until(async () => (await names()).join().startsWith(order), { what: `the order ${order}` })
      const first = () => page.locator('.photo img').first().getAttribute('alt')
      await until(async () => order.startsWith((await first()) ?? '?'), { what: 'the page' })
    }
    await menu('p1.jpg', 'One place earlier')
    await inFront('p1.jpg,p2.jpg,')
    await menu('p1.jpg', 'One place later')
    await inFront('p2.jpg,p1.jpg,p3.jpg')
    // the first of a chapter stays in it
    await page.getByRole('button', { name: 'More for p3.jpg' }).press('Enter')
    await page.getByRole('menuitem', { name: 'One place later' }).waitFor()
    assert.equal(await page.getByRole('menuitem', { name: 'One place earlier' }).count(), 0)
    await page.keyboard.press('Escape')
    await tile('p4.jpg').dragTo(tile('p3.jpg'))
    await until(async () => (await names()).join() === 'p2.jpg,p1.jpg,p4.jpg,p3.jpg,p5.jpg,p6.jpg', { what: 'the dragged photo' })
  })

  await step('a photo is looked at, and the focus goes back to its menu', async () => {
    await menu('p1.jpg', 'Look at it')
    await drawn(page.getByRole('dialog').getByRole('img', { name: 'p1.jpg' }), 1, 300)
    await assertAccessible(page, 'one photo in the studio')
    await page.keyboard.press('Escape')
    const opener = page.getByRole('button', { name: 'More for p1.jpg' })
    await until(() => opener.evaluate((own) => own === own.ownerDocument.activeElement), { what: 'the focus at the menu' })
  })

  await step('the cover keeps its eye', async () => {
    await menu('p1.jpg', 'Use as cover')
    const slider = page.getByRole('slider', { name: 'From the left' })
    await slider.waitFor()
    await assertAccessible(page, 'cover')
    await slider.fill('20')
    await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click()
    await page.locator('.photo-marks').getByText('Cover').waitFor()
    const { body } = await ida.ask<Gallery>(`/api/galleries/${slug}`)
    const cover = (await items()).find((item) => item.name === 'p1.jpg')!
    assert.deepEqual([body.cover_item, body.cover_x, body.cover_y], [cover.id, 0.2, 0.5])
  })

  await step('chosen photos go under a chapter together, and are hidden together', async () => {
    await page.getByRole('button', { name: 'Choose photos' }).click()
    await page.getByRole('checkbox', { name: 'Choose p2.jpg' }).check()
    await page.getByRole('checkbox', { name: 'Choose p3.jpg' }).click({ modifiers: ['Shift'] })
    await page.getByText('4 photos chosen').waitFor()
    await page.getByRole('button', { name: 'Choose all' }).click()
    await page.getByText('6 photos chosen').waitFor()
    await page.getByRole('checkbox', { name: 'Choose p2.jpg' }).click()
    await page.getByRole('checkbox', { name: 'Choose p3.jpg' }).click({ modifiers: ['Shift'] })
    await page.getByText('2 photos chosen').waitFor()
    for (const name of ['p5.jpg', 'p6.jpg']) await page.getByRole('checkbox', { name: `Choose ${name}` }).uncheck()
    for (const name of ['p5.jpg', 'p6.jpg']) await page.getByRole('checkbox', { name: `Choose ${name}` }).check()
    await page.getByText('2 photos chosen').waitFor()
    await assertAccessible(page, 'photos chosen')
    await page.getByRole('button', { name: 'Chapter…' }).click()
    await page.getByLabel('Chapter', { exact: true }).fill('Dance')
    await assertAccessible(page, 'chapter dialog')
    await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click()
    await page.getByRole('heading', { name: 'Dance', level: 3 }).waitFor()
    await menu('p6.jpg', 'Hide from guests')
    await page.locator('.photo-marks').getByText('Hidden').waitFor()
    await assertAccessible(page, 'a hidden photo')
  })

  await step('a file with a known name is asked about once, and a new version takes the place of the old one', async () => {
    const before = (await items()).find((item) => item.name === 'p3.jpg')!
    const retouched = path.join(installation.dir, 'retouched', 'p3.jpg')
    mkdirSync(path.dirname(retouched))
    copyFileSync(photos[6]!.path, retouched)
    await choose(page, 'Choose files', [retouched])
    await page.getByRole('heading', { name: '1 file has a name that is here already' }).waitFor()
    await assertAccessible(page, 'same names')
    await page.getByRole('button', { name: 'New versions' }).click()
    await until(async () => (await items()).find((item) => item.id === before.id)!.asset_id !== before.asset_id, {
      what: 'the new version',
    })
    assert.equal((await items()).length, 6)
    assert.equal((await items()).find((item) => item.id === before.id)!.chapter, 'Ceremony')
  })

  await step('guests see the order, chapters and cover, the date, and not the hidden photo', async () => {
    await page.getByLabel('Date', { exact: true }).fill('2026-06-14')
    await page.getByLabel('Kind', { exact: true }).fill('Wedding')
    await page.getByLabel('Customer’s mail address').fill('customer@example.com')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Saved').waitFor()
    const said = (await ida.ask<Gallery>(`/api/galleries/${slug}`)).body
    assert.deepEqual([said.event_date, said.event_type, said.customer_email], ['2026-06-14', 'Wedding', 'customer@example.com'])
    await page.getByRole('button', { name: 'Publish' }).click()
    await page.getByRole('status').filter({ hasText: 'The gallery is open to its guests.' }).waitFor()
    await readyArchive(ida, slug)
    const { body } = await guest(installation.url).ask<GuestGallery>(`/api/g/${slug}`)
    assert.deepEqual(
      body.items.map((item) => [item.name, item.chapter]),
      [
        ['p2.jpg', null],
        ['p1.jpg', null],
        ['p4.jpg', 'Ceremony'],
        ['p3.jpg', 'Ceremony'],
        ['p5.jpg', 'Dance'],
      ],
    )
    assert.deepEqual([body.photos, body.cover?.x, body.event_date], [5, 0.2, '2026-06-14'])
    const archive = page.locator('section', { has: page.getByRole('heading', { name: 'ZIP archive' }) })
    await archive.getByText('5 files').waitFor()
  })

  await step('a watermark of words is made, and guests see it and get screen size alone', async () => {
    await page.getByRole('link', { name: 'Settings', exact: true }).click()
    await page.getByRole('link', { name: 'Watermark', exact: true }).click()
    await page.getByLabel('Text', { exact: true }).fill('Ida Photo')
    await page.getByLabel('Position').selectOption('centre')
    await page.getByRole('slider', { name: 'Strength' }).fill('90')
    await page.locator('.marked-photo image').waitFor()
    await assertAccessible(page, 'watermark')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Galleries that show it are drawn anew').waitFor()
    await page.goto(`${installation.url}/galleries/${slug}`)
    await page.getByRole('radio', { name: 'On photos they look at' }).click()
    await page.getByRole('img', { name: 'p1.jpg as guests see it' }).waitFor()
    await page.getByRole('radio', { name: 'Originals' }).focus()
    await page.keyboard.press('ArrowDown')
    await page.getByText('still receive the originals').waitFor()
    await assertAccessible(page, 'what guests get')
    const seen = async () => (await guest(installation.url).ask<GuestGallery>(`/api/g/${slug}`)).body
    const isDrawn = async () => (await seen()).items.every((item) => item.preview?.includes('mark='))
    await until(isDrawn, { what: 'the watermark in every photo', every: 200 })
    assert.deepEqual((await seen()).download_sizes, ['screen'])
    // what a guest saves of one photo is that size, too
    const mara = await visitor(browser)
    const [first] = (await seen()).items
    await mara.page.goto(`${installation.url}/g/${slug}/p/${first!.id}`)
    const begun = mara.page.waitForEvent('download')
    await mara.page.getByRole('button', { name: /^Save this file/ }).click()
    const saved = path.join(installation.dir, 'screen.jpg')
    await (await begun).saveAs(saved)
    const bytes = readFileSync(saved)
    assert.equal(bytes.subarray(0, 3).toString('hex'), 'ffd8ff')
    assert.notEqual(bytes.length, first!.size, 'it is not the original')
    mara.assertQuiet()
    await mara.context.close()
  })

  await step('what guests say can be hidden and shown again', async () => {
    const [item] = await items()
    const said = { method: 'POST', body: { text: 'Lovely light', name: 'Aunt Rosa' } }
    assert.equal((await guest(installation.url).ask(`/api/g/${slug}/items/${item!.id}/comments`, said)).status, 201)
    await page.reload()
    await page.getByText('Lovely light').waitFor()
    await page.getByRole('button', { name: 'Hide what Aunt Rosa said' }).click()
    await page.getByRole('button', { name: 'Show what Aunt Rosa said' }).waitFor()
    await assertAccessible(page, 'gallery with feedback')
    await page.getByRole('button', { name: 'Export' }).click()
    const begun = page.waitForEvent('download')
    await page.getByRole('menuitem', { name: 'Table (CSV)' }).click()
    assert.match((await begun).suggestedFilename(), /\.csv$/)
  })

  await step('it is archived from its own page, and the page says so', async () => {
    await page.getByRole('button', { name: 'More for Mara & Jonas' }).click()
    await page.getByRole('menuitem', { name: 'Archive gallery' }).click()
    await page.getByRole('button', { name: 'Archive', exact: true }).click()
    await page.getByText('Done: 1 gallery').waitFor()
    await page.getByRole('dialog').getByRole('button', { name: 'Close' }).last().click()
    await page.getByRole('heading', { name: 'This gallery is archived' }).waitFor()
    await assertAccessible(page, 'an archived gallery')
    await page.getByRole('link', { name: 'To the archive' }).click()
    await page.getByText('Mara & Jonas').first().waitFor()
    // hidden photos are kept
    await page.getByRole('link', { name: 'Download p6.jpg' }).waitFor()
  })
  person.assertQuiet()
})
