/** Clients, their own links, links to pass on, and a link that has ended, as people meet them in a browser. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Link, Page as PageOf } from '../../sdk/src/wire.ts'
import { allOf, publish, readyArchive, setUp } from '../journeys/people.ts'
import { photos, sendPhotos } from '../journeys/sending.ts'
import { freshInstallation } from '../journeys/service.ts'
import { assertAccessible, openChromium, stepsOf, visitor } from './chromium.ts'

test('a photographer decides who sees and takes a gallery, and a client asks for a new link by one click', {
  timeout: 600_000,
}, async (t) => {
  const step = stepsOf(t)
  const browser = await openChromium(t)
  const installation = await freshInstallation(t)
  const service = await installation.start()
  const api = await setUp(installation, service)
  const made = await api.ask<{ id: string; slug: string; url: string }>('/api/galleries', {
    method: 'POST',
    body: { title: 'Mara & Jonas' },
  })
  const { id, slug } = made.body
  const address = new URL(made.body.url).origin
  await sendPhotos(installation, api, id, await photos(3, 60_000))
  await api.ask(`/api/galleries/${id}/clients`, { method: 'POST', body: { email: 'mara@example.com', name: 'Mara' } })
  await publish(api, id)
  await readyArchive(api, id)
  const ida = await visitor(browser, { permissions: ['clipboard-read', 'clipboard-write'] })
  const mara = await visitor(browser)
  const [studio, client] = [ida.page, mara.page]
  const copied = () => studio.evaluate<string>('navigator.clipboard.readText()')
  const links = async () => (await api.ask<PageOf<Link>>(`/api/galleries/${id}/links`)).body.rows

  await step('the client’s own link is copied in the studio and opens a gallery with a password', async () => {
    ida.expect(/^401 \/api\/session/)
    await studio.goto(`${address}/galleries/${slug}`)
    await studio.getByLabel('E-mail').fill('ida@example.com')
    await studio.getByLabel('Password').fill('a long enough password')
    await studio.getByRole('button', { name: 'Sign in', exact: true }).click()
    await studio.getByRole('button', { name: 'Sign out' }).waitFor()
    await studio.goto(`${address}/galleries/${slug}`)
    await studio.getByLabel('Password for guests').fill('pale blue')
    await studio.getByRole('button', { name: 'Save' }).click()
    await studio.getByText('Saved').waitFor()
    await studio.getByRole('button', { name: 'Copy the link of mara@example.com' }).click()
    await studio.getByText('Copied', { exact: true }).first().waitFor()
    const own = await copied()
    assert.match(own, /\/s\/[\w-]{74}$/)
    await client.goto(own)
    await client.getByText('Opened for Mara').waitFor()
    assert.equal(new URL(client.url()).pathname, `/g/${slug}`)
    await client.getByRole('button', { name: 'Download' }).waitFor()
    await assertAccessible(client, 'guest page of a client')
  })

  await step('she may only look from now on, and the page says so', async () => {
    await studio.getByRole('button', { name: 'Change mara@example.com' }).click()
    await studio.getByLabel('What they may do').selectOption('view')
    await studio.getByLabel('Access until').fill('2099-12-31')
    await assertAccessible(studio, 'changing a client')
    await studio.getByRole('dialog').getByRole('button', { name: 'Save' }).click()
    await studio.getByText('May only look · until 31 December 2099').waitFor()
    await assertAccessible(studio, 'clients and links')
    await client.reload()
    await client.getByText('You may look at these photos').waitFor()
    assert.equal(await client.getByRole('button', { name: 'Download' }).count(), 0)
    await assertAccessible(client, 'a gallery to look at')
  })

  await step('a gallery that is not public opens by a link to pass on, until that is withdrawn', async () => {
    await studio.getByLabel('Open to everybody with the address').uncheck()
    await studio.getByRole('button', { name: 'Save' }).click()
    await studio.getByText('Saved').waitFor()
    await studio.getByRole('button', { name: 'New link to pass on' }).click()
    await studio.getByText('Copy it now; it is not shown again.').waitFor()
    await studio.getByRole('button', { name: 'Copy link' }).click()
    await studio.getByText('Copied', { exact: true }).first().waitFor()
    const share = await copied()
    await assertAccessible(studio, 'a link to pass on')
    const guest = await visitor(browser)
    guest.expect(/^(401|404|410) \/(api\/)?g\//)
    await guest.page.goto(`${address}/g/${slug}`)
    await guest.page.getByRole('heading', { name: 'This gallery is no longer available.' }).waitFor()
    await guest.page.goto(share)
    await guest.page.getByRole('heading', { name: 'This gallery has a password' }).waitFor()
    await studio.getByRole('button', { name: 'Withdraw: Guest page', exact: true }).click()
    await studio.getByRole('button', { name: 'Withdraw: Guest page', exact: true }).waitFor({ state: 'detached' })
    await guest.page.reload()
    await guest.page.getByRole('heading', { name: 'Your link no longer opens this gallery' }).waitFor()
    await assertAccessible(guest.page, 'a replaced link')
    guest.assertQuiet()
    await guest.context.close()
  })

  await step('an ended link in a letter sends a new one by one click', async () => {
    const [changed] = (await api.ask<PageOf<{ id: string }>>(`/api/galleries/${id}/clients`)).body.rows
    await api.ask(`/api/galleries/${id}/clients/${changed!.id}`, { method: 'PATCH', body: { permission: 'download' } })
    const [letter] = await allOf<{ id: string }>(api, '/api/letters')
    const { body } = await api.ask<{ text: string }>(`/api/letters/${letter!.id}`)
    const link = /http:\/\/\S+\/d\/\S+/.exec(body.text)![0]
    const before = (await links()).length
    await installation.sql("update links set expires_at = now() where kind = 'email'")
    mara.expect(/^410 \/d\//)
    await client.goto(link)
    await client.getByRole('heading', { name: 'This link has ended' }).waitFor()
    await client.getByText('m•••@example.com').waitFor()
    await assertAccessible(client, 'an ended link')
    await client.getByRole('button', { name: 'Send me a new link' }).click()
    await client.getByRole('heading', { name: 'A new link is on its way' }).waitFor()
    await assertAccessible(client, 'a new link was sent')
    assert.equal((await links()).length, before + 1)
    const letters = await allOf<{ kind: string }>(api, '/api/letters')
    assert.deepEqual(
      letters.map((l) => l.kind),
      ['link_renewed', 'archive_ready'],
    )
  })

  await step('removed, she finds nothing there any more', async () => {
    mara.expect(/^(401|404|410) \/(api\/)?g\//)
    await studio.reload()
    await studio.getByRole('button', { name: 'Remove mara@example.com' }).click()
    await studio.getByRole('dialog').getByRole('button', { name: 'Remove' }).click()
    await studio.getByText('Nobody yet.').waitFor()
    await client.goto(`${address}/g/${slug}`)
    await client.getByRole('heading', { name: 'Your link no longer opens this gallery' }).waitFor()
  })

  await step('no page complained', () => {
    ida.assertQuiet()
    mara.assertQuiet()
    return Promise.resolve()
  })
})
