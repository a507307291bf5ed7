/** Galleries end and come back in a browser: many archived at once, looked into, restored, deleted for good. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, rmSync, truncateSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import type { Gallery } from '../../sdk/src/wire.ts'
import { createGallery, publish, readyArchive, setUp } from '../journeys/people.ts'
import { photos, sendPhotos } from '../journeys/sending.ts'
import { freshInstallation, type Installation, until } from '../journeys/service.ts'
import { assertAccessible, assertSpoken, openChromium, stepsOf, visitor } from './chromium.ts'
import { signInByHand } from './studio.ts'

test('a photographer archives several galleries, looks into one, restores it and deletes another', { timeout: 600_000 }, async (t) => {
  const step = stepsOf(t)
  const browser = await openChromium(t)
  const installation = await freshInstallation(t)
  const ida = await setUp(installation, await installation.start())
  const sent = await photos(4, 40_000)
  const galleries: Gallery[] = []
  for (const title of ['Mara & Jonas', 'Okafor family', 'Halle 7', 'Nora']) {
    const event_type = title === 'Mara & Jonas' ? 'Wedding' : 'Family'
    const gallery = await createGallery(ida, { title, event_date: '2026-05-02', event_type })
    await sendPhotos(installation, ida, gallery.id, sent)
    galleries.push(gallery)
  }
  const [mara, okafor, halle, nora] = galleries as [Gallery, Gallery, Gallery, Gallery]
  for (const { id } of [mara, okafor, nora]) {
    await publish(ida, id)
    await readyArchive(ida, id)
  }
  const person = await visitor(browser)
  const { page } = person
  const row = (title: string) => page.getByRole('row').filter({ hasText: title })
  const stateOf = async (slug: string) => (await ida.ask<Gallery>(`/api/galleries/${slug}`)).body.state

  await step('the list is sorted and searched by the server, and its address says how', async () => {
    person.expect(/^401 \/api\/session/)
    await signInByHand(page, `${installation.url}/galleries`)
    await row('Halle 7').waitFor()
    await assertAccessible(page, 'galleries')
    await assertSpoken(page, 'galleries')
    await page.getByRole('button', { name: 'Gallery', exact: true }).click()
    await page.waitForURL(/sort=title/)
    const titles = () => page.getByRole('table').getByRole('link').allInnerTexts()
    await until(async () => (await titles())[0] === 'Halle 7' || (await titles())[0] === 'Okafor family', { what: 'the order' })
    await page.getByLabel('Search galleries').fill('okafor')
    await page.waitForURL(/q=okafor/)
    await row('Mara & Jonas').waitFor({ state: 'detached' })
    await page.reload()
    await row('Okafor family').waitFor()
    assert.deepEqual(await titles(), ['Okafor family'])
    await page.getByLabel('Search galleries').fill('nobody')
    await page.getByText('Nothing matches “nobody”').waitFor()
    await assertAccessible(page, 'galleries, nothing found')
    await assertSpoken(page, 'galleries, nothing found')
    await page.getByLabel('Search galleries').fill('')
    await row('Mara & Jonas').waitFor()
    await page.getByRole('button', { name: /^Drafts/ }).click()
    await row('Mara & Jonas').waitFor({ state: 'detached' })
    assert.deepEqual(await titles(), ['Halle 7'])
    await page.goBack()
    await row('Mara & Jonas').waitFor()
  })

  await step('several are archived at once, however often one clicks, and each says what became of it', async () => {
    for (const title of ['Mara & Jonas', 'Okafor family', 'Nora']) await row(title).getByRole('checkbox').check()
    await page.getByText('3 chosen').waitFor()
    await assertAccessible(page, 'galleries chosen')
    await assertSpoken(page, 'galleries chosen')
    await page.getByRole('button', { name: 'Archive selected' }).click()
    await page.getByRole('heading', { name: 'Archive 3 galleries?' }).waitFor()
    await assertAccessible(page, 'archive dialog')
    await assertSpoken(page, 'archive dialog')
    // elsewhere meanwhile: one that fails stops no other
    await page.request.delete(`${installation.url}/api/galleries/${nora.id}`)
    await page.getByRole('button', { name: 'Archive', exact: true }).dblclick()
    await page.getByText('Not done: 1 gallery').waitFor()
    assert.equal(await page.locator('.results .ok').count(), 2)
    await page.locator('.results .bad', { hasText: 'Nora' }).waitFor()
    await assertAccessible(page, 'results')
    await assertSpoken(page, 'results')
    await page.getByRole('dialog').getByRole('button', { name: 'Close' }).last().click()
    await until(async () => (await stateOf(mara.slug)) === 'archived' && (await stateOf(okafor.slug)) === 'archived', {
      what: 'both archived',
      ms: 60_000,
    })
    await row('Mara & Jonas').getByText('Archived').waitFor()
  })

  await step('the Archives page has both with their totals, and a search of its own', async () => {
    await page.getByRole('link', { name: 'Archives' }).click()
    await page.getByText('2 archived galleries · 8 photos').waitFor()
    for (const title of ['Mara & Jonas', 'Okafor family'])
      await row(title)
        .getByText(/^Verified/)
        .waitFor()
    await assertAccessible(page, 'archives')
    await assertSpoken(page, 'archives')
    await page.getByLabel('Kind').fill('wed')
    await page.waitForURL(/type=wed/)
    await row('Okafor family').waitFor({ state: 'detached' })
    await page.getByText('1 archived gallery · 4 photos').waitFor()
    await page.getByLabel('Kind').fill('school')
    await page.getByText('No archived gallery of the kind “school”').waitFor()
    await page.getByLabel('Kind').fill('')
    await row('Okafor family').waitFor()
  })

  await step('both come back at once, with one new end and a result for each, and are archived once more', async () => {
    // a list that is a moment older than the archiving still names small pictures that went with it
    person.expect(/^404 \/media\/[\w-]+\/thumbnail$/)
    for (const title of ['Mara & Jonas', 'Okafor family']) await row(title).getByRole('checkbox').check()
    await page.getByRole('button', { name: 'Restore selected' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('heading', { name: 'Restore 2 galleries' }).waitFor()
    await dialog.getByLabel('Open until').fill('2099-12-31')
    await assertAccessible(page, 'restore of two')
    await dialog.getByRole('button', { name: 'Restore', exact: true }).dblclick()
    await dialog.getByText('Restored: 2 galleries').waitFor()
    await assertAccessible(page, 'results of a restore of two')
    await dialog.getByRole('button', { name: 'Close' }).last().click()
    await page.getByText('No archived galleries yet').waitFor()
    for (const { id } of [mara, okafor]) {
      const { body } = await ida.ask<Gallery>(`/api/galleries/${id}`)
      assert.deepEqual([body.state, body.expires_at?.slice(0, 4)], ['active', '2099'])
      assert.equal((await ida.ask(`/api/galleries/${id}/retire`, { method: 'POST' })).status, 202)
    }
    for (const { slug } of [mara, okafor])
      await until(async () => (await stateOf(slug)) === 'archived', { what: 'archived once more', ms: 120_000 })
    await page.reload()
    await page.getByText('2 archived galleries · 8 photos').waitFor()
  })

  await step('one photo comes out of the archive as it was uploaded', async () => {
    await page.getByRole('link', { name: 'Mara & Jonas' }).click()
    await page.getByRole('heading', { name: 'Verifications' }).waitFor()
    const photo = page.getByRole('link', { name: /^Download .*\.jpg/ }).first()
    await photo.waitFor()
    await assertAccessible(page, 'one archive')
    await assertSpoken(page, 'one archive')
    const begun = page.waitForEvent('download')
    await photo.click()
    const file = path.join(installation.dir, 'photo.jpg')
    await (await begun).saveAs(file)
    const sums = sent.map(({ bytes }) => createHash('sha256').update(bytes).digest('hex'))
    assert.ok(sums.includes(createHash('sha256').update(readFileSync(file)).digest('hex')))
  })

  await step('a restore is looked at first, then done, and the gallery is open', async () => {
    await page.getByRole('button', { name: 'Restore' }).click()
    await page.getByRole('button', { name: 'Check first' }).click()
    await page.getByText('4 photos would come back').waitFor()
    assert.equal(await stateOf(mara.slug), 'archived')
    await assertAccessible(page, 'restore, looked at')
    await assertSpoken(page, 'restore, looked at')
    await page.getByLabel('Open until').fill('2099-12-31')
    await page.getByRole('dialog').getByRole('button', { name: 'Restore' }).click()
    await page.getByText('The gallery is open with 4 photos.').waitFor()
    await page.getByText('All originals stand on their own again.').waitFor()
    await assertAccessible(page, 'restored')
    await assertSpoken(page, 'restored')
    const open = (await ida.ask<Gallery>(`/api/galleries/${mara.slug}`)).body
    assert.deepEqual([open.state, open.expires_at?.slice(0, 4)], ['active', '2099'])
    await page.getByRole('link', { name: 'To the gallery' }).click()
    await page.getByRole('heading', { name: 'Photos' }).waitFor()
    // back to what is no archive any more, and forward again
    await page.goBack()
    await page.getByText('not archived', { exact: false }).first().waitFor()
    await page.goForward()
    await page.getByRole('heading', { name: 'Photos' }).waitFor()
  })

  await step('deleted for good only when its name is typed', async () => {
    await page.getByRole('link', { name: 'Archives' }).click()
    await page.getByRole('button', { name: 'More for Okafor family' }).click()
    await page.getByRole('menuitem', { name: 'Look inside' }).waitFor()
    await assertAccessible(page, 'menu of an archive')
    await page.getByRole('menuitem', { name: 'Delete…' }).click()
    const button = page.getByRole('button', { name: 'Delete for good' })
    assert.ok(await button.isDisabled())
    await page.getByLabel('Type okafor-family to confirm').fill('okafor')
    assert.ok(await button.isDisabled())
    await assertAccessible(page, 'delete dialog')
    await page.getByLabel('Type okafor-family to confirm').fill('okafor-family')
    await button.click()
    await page.getByText('No archived galleries yet').waitFor()
    await assertAccessible(page, 'no archives')
    assert.equal((await ida.ask(`/api/galleries/${okafor.slug}`)).status, 404)
  })

  await step('of an archive that was cut short the lost photo is named first, and all others come back', async () => {
    person.expect(/^409 \/api\/galleries\/[\w-]+\/restore/)
    await publish(ida, halle.id)
    await readyArchive(ida, halle.id)
    assert.equal((await ida.ask(`/api/galleries/${halle.id}/retire`, { method: 'POST' })).status, 202)
    await until(async () => (await stateOf(halle.slug)) === 'archived', { what: 'the last one archived', ms: 120_000 })
    const lost = await damage(installation, halle.id)
    // the work begins when we let it, so that there is something to see
    await installation.sql('create table gate (id int)')
    await installation.sql(`create function wait() returns trigger language plpgsql as
      $$ begin while not exists (select from gate) loop perform pg_sleep(0.1); end loop; return new; end $$`)
    await installation.sql(`create trigger wait before update on salvages for each row
      when (old.status = 'queued' and new.status = 'processing') execute function wait()`)
    await page.goto(`${installation.url}/archives/${halle.slug}`)
    await page.getByRole('button', { name: 'Restore' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('button', { name: 'Check first' }).click()
    await dialog.getByRole('alert').waitFor()
    await assertAccessible(page, 'a damaged archive')
    await assertSpoken(page, 'a damaged archive')
    await dialog.getByRole('button', { name: 'See what is whole' }).click()
    const reading = dialog.getByRole('progressbar', { name: /^Every photo is read/ })
    await reading.waitFor()
    await assertAccessible(page, 'a salvage at work')
    await assertSpoken(page, 'a salvage at work')
    await installation.sql('insert into gate values (1)')
    await dialog.getByText('3 photos would come back').waitFor()
    assert.deepEqual(await dialog.locator('.failures').getByRole('listitem').allInnerTexts(), [lost])
    await assertAccessible(page, 'what is whole')
    await assertSpoken(page, 'what is whole')
    assert.equal(await stateOf(halle.slug), 'archived', 'it was only looked at')
    await installation.sql('delete from gate')
    await dialog.getByRole('button', { name: 'Restore what is whole' }).click()
    await reading.waitFor()
    // it goes on without the page, and the page finds it again
    await page.reload()
    await page.getByRole('button', { name: 'Restore' }).click()
    await reading.waitFor()
    await installation.sql('insert into gate values (2)')
    await dialog.getByText('The gallery is open with 3 photos.').waitFor()
    assert.deepEqual(await dialog.locator('.failures').getByRole('listitem').allInnerTexts(), [lost])
    await assertAccessible(page, 'salvaged')
    await assertSpoken(page, 'salvaged')
    await dialog.getByRole('link', { name: 'To the gallery' }).click()
    await page.getByRole('heading', { name: 'Photos' }).waitFor()
    await page.getByRole('link', { name: 'Archives' }).click()
    await page.getByText('No archived galleries yet').waitFor()
  })

  await step('what cannot be had says why, with the number of the request and a way on', async () => {
    person.expect(/^503 \/api\/admin\/archives/)
    const problem = { type: 'about:blank', title: 'Keepsake is busy: try again.', status: 503, code: 'unavailable', request_id: 'r-77' }
    await page.route('**/api/admin/archives*', (route) =>
      route.fulfill({ status: 503, contentType: 'application/problem+json', body: JSON.stringify(problem) }),
    )
    await page.reload()
    await page.getByText('Keepsake is busy: try again.').waitFor()
    await page.getByText('Request r-77').waitFor()
    await assertAccessible(page, 'archives that cannot be had')
    await page.unroute('**/api/admin/archives*')
    await page.getByRole('button', { name: 'Retry' }).click()
    await page.getByText('No archived galleries yet').waitFor()
  })
  person.assertQuiet()
})

/** The only whole copy of a gallery is cut in its last photo; answers the name of that. */
async function damage(installation: Installation, gallery: string): Promise<string> {
  const [last] = await installation.sql(
    `select storage_key, storage_offset, original_name from assets where gallery_id = $1 order by storage_offset desc limit 1`,
    [gallery],
  )
  const folder = path.join(installation.dir, 'storage/objects')
  const final = path.join(folder, String(last!.storage_key))
  const own = path.join(folder, 'galleries', gallery)
  for (const entry of readdirSync(own, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name)
    if (entry.isFile() && file !== final) rmSync(file)
  }
  truncateSync(final, Number(last!.storage_offset) + 1000)
  return String(last!.original_name)
}
