/** The outbox of a photographer one of whose clients has a mailbox that does not exist: what they see, and the way back. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createGallery, password, publish, readyArchive, setUp } from '../journeys/people.ts'
import { photos, sendPhotos } from '../journeys/sending.ts'
import { freshInstallation, until } from '../journeys/service.ts'
import { postOffice } from '../post-office.ts'
import { assertAccessible, openChromium, stepsOf, visitor } from './chromium.ts'

test('a letter that came back is shown, allowed again and sent again', { timeout: 300_000 }, async (t) => {
  const office = await postOffice()
  t.after(() => office.close())
  office.dead.add('mara@exmaple.com')
  const browser = await openChromium(t)
  const installation = await freshInstallation(t, { SMTP_URL: office.url, EMAIL_FROM: 'Keepsake <photos@example.com>' })
  const step = stepsOf(t)
  const ida = await setUp(installation, await installation.start())
  const gallery = await createGallery(ida, { title: 'Mara & Jonas' })
  await sendPhotos(installation, ida, gallery.id, await photos(2, 30_000))
  await ida.ask(`/api/galleries/${gallery.id}/clients`, { method: 'POST', body: { email: 'mara@exmaple.com' } })
  await publish(ida, gallery.id)
  await readyArchive(ida, gallery.id)
  const person = await visitor(browser)
  const { page } = person

  await step('the outbox says which letter failed and why, and that its address gets no more', async () => {
    // the only answer of the visit that refuses: nobody is signed in yet
    person.expect(/^401 \/api\/session/)
    await page.goto(`${installation.url}/outbox`)
    await page.getByLabel('E-mail').fill('ida@example.com')
    await page.getByLabel('Password').fill(password)
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await page.getByRole('link', { name: 'Outbox' }).click()
    await page.getByText('Letter came back').waitFor()
    await page.getByRole('heading', { name: 'Addresses that get no letters' }).waitFor()
    await page.getByText('550 5.1.1 no such user', { exact: true }).waitFor()
    await assertAccessible(page, 'outbox with a dead address')
  })

  await step('sending again is refused with a sentence until letters are allowed again', async () => {
    person.expect(/^409 \/api\/letters/)
    await page.getByRole('button', { name: /^mara@exmaple\.com/ }).click()
    await page.getByRole('button', { name: 'Send again' }).click()
    await page.getByText('allow letters to it again in the outbox first').waitFor()
    await assertAccessible(page, 'letter that may not be sent')
    await page.getByRole('button', { name: 'Close' }).click()
    office.dead.clear()
    await page.getByRole('button', { name: 'Allow letters again' }).click()
    await page.getByRole('heading', { name: 'Addresses that get no letters' }).waitFor({ state: 'detached' })
    await page.getByRole('button', { name: /^mara@exmaple\.com/ }).click()
    await page.getByRole('button', { name: 'Send again' }).click()
    await page.getByText('A new letter is on its way').waitFor()
    await until(() => office.taken.some((one) => one.to === 'mara@exmaple.com'), { what: 'the letter' })
  })

  await step('new versions are told only when the gallery says so', async () => {
    await page.getByRole('button', { name: 'Close' }).click()
    await page.goto(`${installation.url}/galleries/${gallery.slug}`)
    const tick = page.getByLabel('Tell clients about new versions')
    assert.equal(await tick.isChecked(), false)
    await tick.check()
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Saved').waitFor()
    await page.reload()
    assert.equal(await tick.isChecked(), true)
    await assertAccessible(page, 'gallery')
  })
  person.assertQuiet()
})
