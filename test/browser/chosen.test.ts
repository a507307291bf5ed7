/** A guest in a real browser marks photos, chooses some, and takes just those home. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import type { Item, Letter } from '../../sdk/src/wire.ts'
import { allOf, createGallery, publish, setUp } from '../journeys/people.ts'
import { run, sha256Of } from '../journeys/programs.ts'
import { sendPhotos, sha256 } from '../journeys/sending.ts'
import { freshInstallation, until } from '../journeys/service.ts'
import { makePhotos } from '../pictures.ts'
import { assertAccessible, drawn, openChromium, stepsOf, visitor } from './chromium.ts'

const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 }

test('a guest chooses photos and takes them home', { timeout: 600_000 }, async (t) => {
  const browser = await openChromium(t)
  const installation = await freshInstallation(t)
  const step = stepsOf(t)
  const ida = await setUp(installation, await installation.start())
  const gallery = await createGallery(ida, { title: 'Mara & Jonas' })
  await ida.ask(`/api/galleries/${gallery.id}/clients`, { method: 'POST', body: { email: 'mara@example.com' } })
  const made = await makePhotos(path.join(installation.dir, 'photos'), { count: 9 })
  const files = made.map(({ path: file }) => {
    const bytes = readFileSync(file)
    return { name: path.basename(file), bytes, sha256: sha256(bytes) }
  })
  await sendPhotos(installation, ida, gallery.id, files)
  await publish(ida, gallery.id)
  const items = () => allOf<Item>(ida, `/api/galleries/${gallery.id}/items`)
  await until(async () => (await items()).every((item) => item.render_state === 'done'), { what: 'the previews', every: 200 })
  const mara = await visitor(browser, phone)
  const { page } = mara
  const heart = (name: string) => page.getByRole('button', { name: `Favourite: ${name}` })

  await step('hearts stay where she has set them, also after the page is loaded again', async () => {
    await page.goto(`${installation.url}/g/${gallery.slug}`)
    await drawn(page.locator('.cover img'), 1, 300)
    for (const name of ['IMG_0002.jpg', 'IMG_0003.jpg']) {
      const taken = page.waitForResponse((answer) => answer.url().endsWith('/favorite') && answer.ok())
      await heart(name).click()
      await taken
    }
    await page.reload()
    await page.locator('.heart[aria-pressed="true"]').nth(1).waitFor()
    assert.equal(await page.locator('.heart[aria-pressed="true"]').count(), 2)
    await assertAccessible(page, 'hearts')
    // one more in another tab: who comes back to this one sees it
    const tab = await mara.context.newPage()
    await tab.goto(page.url())
    const taken = tab.waitForResponse((answer) => answer.url().endsWith('/favorite') && answer.ok())
    await tab.getByRole('button', { name: 'Favourite: IMG_0001.jpg' }).click()
    await taken
    await tab.close()
    await page.evaluate(`document.dispatchEvent(new Event('visibilitychange'))`)
    await page.locator('.heart[aria-pressed="true"]').nth(2).waitFor()
    const given = page.waitForResponse((answer) => answer.url().endsWith('/favorite') && answer.ok())
    await heart('IMG_0001.jpg').click()
    await given
  })

  await step('in choosing, a tap on a photo chooses it', async () => {
    await page.getByRole('button', { name: 'Select' }).click()
    for (const n of [1, 4]) await page.getByRole('checkbox', { name: `IMG_000${n}.jpg` }).click()
    await page.getByText('2 selected').waitFor()
    await assertAccessible(page, 'choosing')
  })

  await step('the sheet says what it will weigh, packs it, and hands over a sound ZIP of just these', async () => {
    await page.getByRole('region', { name: 'Select' }).getByRole('button', { name: 'Download' }).click()
    const sheet = page.getByRole('dialog', { name: 'Download' })
    assert.ok(await sheet.getByRole('radio', { name: /^Selected photos\s*2 photos/ }).isChecked())
    await assertAccessible(page, 'the sheet')
    await sheet.getByRole('radio', { name: /^My favourites\s*2 photos/ }).check()
    const weight = Math.round((files[1]!.bytes.length + files[2]!.bytes.length) / 1000)
    // packed before its eyes it begins by itself; the button is for who comes back
    const byItself = page.waitForEvent('download')
    await sheet.getByRole('button', { name: `Download ${weight} kB` }).click()
    await (await byItself).cancel()
    const save = sheet.getByRole('link', { name: /^Save mara-and-jonas-selection\.zip/ })
    await save.waitFor()
    await assertAccessible(page, 'the files')
    const begun = page.waitForEvent('download')
    await save.click()
    const file = path.join(installation.dir, 'saved.zip')
    await (await begun).saveAs(file)
    assert.equal((await run('unzip', ['-tq', file])).code, 0)
    await run('unzip', ['-q', file, '-d', path.join(installation.dir, 'out')])
    for (const { name, sha256 } of files.slice(1, 3))
      assert.equal(await sha256Of(path.join(installation.dir, 'out', gallery.slug, 'photos', name)), sha256)
    const { output } = await run('unzip', ['-Z1', file])
    assert.equal(output.split('\n').filter((name) => name.includes('/photos/')).length, 2)
  })

  await step('what is packed goes on behind the page, also after a reload; the file begins by itself, and a letter says so', async () => {
    await installation.sql('create table gate (id int)')
    await installation.sql(`create function wait() returns trigger language plpgsql as
      $$ begin while not exists (select from gate) loop perform pg_sleep(0.1); end loop; return new; end $$`)
    await installation.sql(`create trigger wait before update on archives for each row
      when (old.status = 'queued' and new.status = 'processing') execute function wait()`)
    const sheet = page.getByRole('dialog', { name: 'Download' })
    await sheet.getByRole('button', { name: 'Choose again' }).click()
    await sheet.getByRole('radio', { name: /^Screen size/ }).check()
    await sheet.getByText('More ways').click()
    const address = sheet.getByLabel(/^Write to me when it is packed/)
    mara.expect(/^422 \/api\/galleries\/[\w-]+\/exports/)
    await address.fill('stranger@example.com')
    await sheet.getByRole('button', { name: /^Download \d/ }).click()
    await sheet.getByRole('alert').waitFor()
    await assertAccessible(page, 'the sheet with an address', [390])
    await address.fill('mara@example.com')
    await sheet.getByRole('button', { name: /^Download \d/ }).click()
    await sheet.getByText('Preparing your download').waitFor()
    await page.keyboard.press('Escape')
    const behind = page.getByRole('region', { name: 'Download' })
    await behind.getByText('Preparing your download').waitFor()
    await assertAccessible(page, 'packing behind the page')
    await page.reload()
    await behind.getByText('Preparing your download').waitFor()
    const byItself = page.waitForEvent('download')
    await installation.sql('insert into gate values (1)')
    await (await byItself).cancel()
    await behind.getByText('Your photos are ready.').waitFor()
    await behind.getByRole('button', { name: 'Show' }).click()
    await sheet.getByRole('link', { name: /^Save mara-and-jonas/ }).waitFor()
    const letters = async () => (await allOf<Letter>(ida, '/api/letters')).map((letter) => letter.kind)
    await until(async () => (await letters()).includes('export_ready'), { what: 'the letter', every: 200 })
  })

  await step('no page wrote an error into its console', async () => mara.assertQuiet())
})
