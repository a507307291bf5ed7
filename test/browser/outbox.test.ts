/** A photographer without a mouse delivers; one of the clients has a mailbox that does not exist: what the outbox says, and the way back. */
import assert from 'node:assert/strict'
import path from 'node:path'
import { test } from 'node:test'
import type { Locator } from 'playwright-core'
import { password } from '../journeys/people.ts'
import { freshInstallation, until } from '../journeys/service.ts'
import { makePhotos } from '../pictures.ts'
import { postOffice } from '../post-office.ts'
import { assertAccessible, openChromium, patience, stepsOf, visitor } from './chromium.ts'
import { press, tabTo, write } from './keys.ts'

test('a gallery is delivered by keyboard alone; a letter that came back is shown, allowed again and sent again', {
  timeout: 300_000,
}, async (t) => {
  const office = await postOffice()
  t.after(() => office.close())
  office.dead.add('mara@exmaple.com')
  const browser = await openChromium(t)
  const installation = await freshInstallation(t, { SMTP_URL: office.url, EMAIL_FROM: 'Keepsake <photos@example.com>' })
  const step = stepsOf(t)
  const service = await installation.start()
  const address = await until(() => service.setUpUrl, { what: 'the address for the first account' })
  const home = new URL(address).origin
  const person = await visitor(browser)
  const { page } = person
  const folder = path.join(installation.dir, 'photos')
  const files = await makePhotos(folder, { count: 2 })
  const button = (name: string) => page.getByRole('button', { name, exact: true })
  let gallery = ''

  await step('without a mouse: from the address of the set-up to a published gallery and its letter', async () => {
    // the only answer of the visit that refuses: nobody is signed in yet
    person.expect(/^401 \/api\/session/)
    await page.goto(address)
    await write(page, page.getByLabel('Your name'), 'Ida Photo')
    await write(page, page.getByLabel('E-mail'), 'ida@example.com')
    await write(page, page.getByLabel('Password'), password)
    await page.keyboard.press('Enter')
    await page.getByText('A file was written, read back and deleted.').waitFor()
    await press(page, button('Begin'))
    await page.getByRole('heading', { name: 'Overview' }).waitFor()
    // the first stop of a page that was just opened leads past the way between pages
    await page.reload()
    await page.getByRole('heading', { name: 'Overview' }).waitFor()
    await page.keyboard.press('Tab')
    assert.ok(await has(button('Skip to the page')))
    await page.keyboard.press('Enter')
    assert.equal(await page.evaluate('document.activeElement.localName'), 'main')
    await tabTo(page, page.getByRole('link', { name: 'Galleries', exact: true }), { back: true })
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Galleries', exact: true }).waitFor()
    await until(() => page.evaluate<boolean>(`document.activeElement.localName === 'main'`), { what: 'the focus in the new page' })

    // a dialog that is left gives the focus back to what opened it
    await press(page, button('New gallery').first())
    await page.getByLabel('Title').waitFor()
    await page.keyboard.press('Escape')
    await until(() => has(button('New gallery').first()), { what: 'the focus at the button' })
    await page.keyboard.press('Enter')
    await write(page, page.getByLabel('Title'), 'Mara & Jonas')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Mara & Jonas', level: 1 }).waitFor()
    gallery = new URL(page.url()).pathname.split('/').at(-1)!

    const opened = page.waitForEvent('filechooser')
    await press(page, button('Choose files'))
    await (await opened).setFiles(files.map((file) => file.path))
    await page.getByRole('heading', { name: 'Uploaded', exact: true }).waitFor()
    for (const email of ['jonas@example.com', 'mara@exmaple.com']) {
      await write(page, page.getByLabel('E-mail'), email)
      await page.keyboard.press('Enter')
      await page.getByText(email, { exact: true }).waitFor()
    }
    await tabTo(page, button('Publish'), { back: true })
    await page.keyboard.press('Enter')
    await page.getByText('Verified').first().waitFor()
    await until(() => office.taken.some((one) => one.to === 'jonas@example.com'), { what: 'the letter', ms: patience })

    await tabTo(page, page.getByRole('link', { name: 'Outbox' }), { back: true })
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Outbox', level: 1 }).waitFor()
    const letter = page.getByRole('button', { name: /^jonas@example\.com/ })
    await press(page, letter)
    await page.locator('dialog pre').waitFor()
    await page.keyboard.press('Escape')
    await until(() => has(letter), { what: 'the focus at the letter' })
  })

  await step('the outbox says which letter failed and why, and that its address gets no more', async () => {
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
    await page.goto(`${home}/galleries/${gallery}`)
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

const has = (target: Locator) => target.evaluate((one) => one === one.ownerDocument.activeElement)
