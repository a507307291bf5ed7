/** The pages of work behind the studio, by somebody who has never been here: set-up, settings, failed work, webhooks, texts, rescue. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Gallery, Item, Page, Track } from '../../sdk/src/wire.ts'
import { codeOf } from '../codes.ts'
import { guest, password } from '../journeys/people.ts'
import { freshInstallation, until } from '../journeys/service.ts'
import { mp3 } from '../media.ts'
import { otherSignIn } from '../oidc.ts'
import { postOffice } from '../post-office.ts'
import { openChromium, patience, speak, stepsOf, visitor } from './chromium.ts'
import { lookAt } from './look.ts'

test('whoever runs Keepsake finds everything they need to', { timeout: 600_000 }, async (t) => {
  const [office, other] = await Promise.all([postOffice(), otherSignIn()])
  t.after(() => Promise.all([office.close(), other.close()]))
  const browser = await openChromium(t)
  const installation = await freshInstallation(t, {
    SMTP_URL: office.url,
    EMAIL_FROM: 'Keepsake <photos@example.com>',
    OIDC_ISSUER: other.issuer,
    OIDC_CLIENT_ID: other.clientId,
    OIDC_CLIENT_SECRET: other.clientSecret,
    OIDC_NAME: 'Halden',
  })
  const service = await installation.start()
  const step = stepsOf(t)
  const person = await visitor(browser)
  const { page } = person
  // links in letters, the other sign-in and cookies all know the service by this name
  const home = new URL(await until(() => service.setUpUrl, { what: 'the address for the first account' })).origin
  const go = (path: string) => page.goto(`${home}${path}`)
  let gallery: Gallery
  let secret = ''
  let backup = ''

  await step('a set-up asks for an account, looks at storage, address and letters, and begins with a sample gallery', async () => {
    person.expect(/^401 \/api\/session/)
    await page.goto(service.setUpUrl!)
    await page.getByLabel('Your name').waitFor()
    await lookAt(page, 'set-up')
    await page.getByLabel('Your name').fill('Ida Photo')
    await page.getByLabel('E-mail').fill('ida@example.com')
    await page.getByLabel('Password').fill(password)
    await page.getByRole('button', { name: 'Create account' }).click()
    await page.getByText('A file was written, read back and deleted.').waitFor()
    await page.getByText('Only this machine can open that address.').waitFor()
    await page.getByRole('button', { name: 'Send a test letter' }).click()
    await page.getByText('has taken a letter to ida@example.com').waitFor()
    assert.equal(office.taken.at(-1)?.to, 'ida@example.com')
    await lookAt(page, 'set-up-checks')
    await page.getByRole('button', { name: 'Begin with a sample gallery' }).click()
    await page.getByRole('heading', { name: 'A look around', level: 1 }).waitFor()
  })

  await step('a code of the phone is asked for besides the password, once it is switched on', async () => {
    await go('/settings')
    await page.getByLabel('Your name').fill('Studio Halden')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('link', { name: 'Studio Halden' }).waitFor()
    await page.getByRole('button', { name: 'Set up' }).click()
    await page.getByLabel('Your password').fill(password)
    await page.getByRole('button', { name: 'Set up' }).click()
    await page.getByRole('heading', { name: 'Keep these codes' }).waitFor()
    secret = (await page.locator('.secret').innerText()).replaceAll(' ', '')
    backup = (await page.locator('.codes li').first().innerText()).trim()
    await lookAt(page, 'settings-second-factor')
    person.expect(/^422 \/api\/account\/second-factor\/confirm/)
    await page.getByLabel('The code your app shows now').fill('000000')
    await page.getByRole('button', { name: 'Switch on' }).click()
    await page.getByText('That code is wrong or too old').waitFor()
    await page.getByLabel('The code your app shows now').fill(codeOf(secret))
    await page.getByRole('button', { name: 'Switch on' }).click()
    await page.getByText('The second factor is on.').waitFor()
    await lookAt(page, 'settings-account')
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByRole('link', { name: 'Sign in with Halden' }).waitFor()
    await lookAt(page, 'sign-in')
    await page.getByLabel('E-mail').fill('ida@example.com')
    await page.getByLabel('Password').fill(password)
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await page.getByLabel('Code').waitFor()
    await lookAt(page, 'sign-in-code')
    await page.getByRole('button', { name: 'Use a backup code' }).click()
    await page.getByLabel('Backup code').fill(backup)
    await page.getByRole('button', { name: 'Go on' }).click()
    await page.getByRole('heading', { name: 'Overview', exact: true }).waitFor()
  })

  await step('a passkey is made in the settings and opens the studio by itself, until it is removed', async () => {
    const device = await page.context().newCDPSession(page)
    await device.send('WebAuthn.enable')
    await device.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    })
    // what a browser offers at a field, the virtual authenticator takes before anybody has pressed a button
    await page.addInitScript('PublicKeyCredential.isConditionalMediationAvailable = async () => false')
    await go('/settings')
    const add = page.getByRole('button', { name: 'Add a passkey' })
    const make = async () => {
      await add.click()
      await page.getByLabel('Where it is kept').fill('This notebook')
      await page.getByLabel('Your password').fill(password)
      await page.getByRole('button', { name: 'Go on' }).click()
    }
    await make()
    await page.getByText('The passkey is added').waitFor()
    await lookAt(page, 'settings-passkeys')
    await make()
    await page.getByText('This device holds a passkey of yours already.').waitFor()
    await page.getByRole('button', { name: 'Close' }).click()
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click()
    await page.getByRole('heading', { name: 'Overview', exact: true }).waitFor()
    await go('/settings')
    await page.getByText('This notebook').waitFor()
    await page.getByText(/· used/).waitFor()
    await page.getByRole('button', { name: 'Remove This notebook' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click()
    await page.getByText('This notebook').waitFor({ state: 'detached' })
    await device.send('WebAuthn.disable')
  })

  await step('somebody who was invited chooses a password and sees nothing that is for admins', async () => {
    await go('/settings/people')
    await page.getByRole('button', { name: 'Invite somebody' }).click()
    await page.getByLabel('Name').fill('Jonas')
    await page.getByLabel('E-mail').fill('jonas@example.com')
    await lookAt(page, 'people-invite')
    await page.getByRole('button', { name: 'Invite', exact: true }).click()
    await page.getByText('A letter is on its way to jonas@example.com').waitFor()
    const url = (await page.locator('.secret').innerText()).trim()
    await page.getByRole('button', { name: 'Close' }).click()
    const jonas = await visitor(browser)
    await jonas.page.goto(url)
    await jonas.page.getByRole('heading', { name: 'Welcome, Jonas' }).waitFor()
    await lookAt(jonas.page, 'invitation')
    await jonas.page.getByLabel('Password').fill(password)
    await jonas.page.getByRole('button', { name: 'Choose this password' }).click()
    await jonas.page.getByRole('heading', { name: 'Overview', exact: true }).waitFor()
    assert.equal(await jonas.page.getByRole('link', { name: 'Guest texts' }).count(), 0)
    jonas.expect(/^403 /)
    await jonas.page.goto(`${home}/settings/people`)
    await jonas.page.getByRole('heading', { name: 'You may not see this' }).waitFor()
    await lookAt(jonas.page, 'no-permission')
    jonas.expect(/^410 \/api\/invitations/)
    await jonas.page.goto(url)
    await jonas.page.getByText('This invitation was used or has ended').waitFor()
    await lookAt(jonas.page, 'invitation-ended')
    jonas.assertQuiet()
    await jonas.context.close()
    await page.reload()
    await page.getByText('jonas@example.com').waitFor()
    await lookAt(page, 'people')
    await page.getByRole('button', { name: 'Jonas' }).click()
    await page.getByRole('menuitem', { name: 'Switch off' }).click()
    await page.getByRole('button', { name: 'Switch off' }).click()
    await page.getByText('Switched off').waitFor()
  })

  await step('another sign-in opens the account with the same address', async () => {
    Object.assign(other.person, { sub: 'ida', email: 'ida@example.com', email_verified: true })
    const ida = await visitor(browser)
    ida.expect(/^401 \/api\/session/)
    await ida.page.goto(`${home}/jobs`)
    await ida.page.getByRole('link', { name: 'Sign in with Halden' }).click()
    await ida.page.getByRole('heading', { name: 'Jobs', level: 1 }).waitFor()
    assert.equal(new URL(ida.page.url()).pathname, '/jobs')
    ida.assertQuiet()
    await ida.context.close()
  })

  await step('a key is shown once and revoked', async () => {
    await go('/settings/keys')
    await page.getByRole('heading', { name: 'No keys yet' }).waitFor()
    await lookAt(page, 'keys-none')
    await page.getByRole('button', { name: 'New key' }).first().click()
    await page.getByLabel('What it is for').fill('Backup')
    await page.getByRole('button', { name: 'Make key' }).click()
    const key = (await page.locator('.secret').innerText()).trim()
    await lookAt(page, 'key-made')
    const program = guest(installation.url, { authorization: `Bearer ${key}` })
    gallery = (await program.ask<{ rows: Gallery[] }>('/api/galleries')).body.rows[0]!
    assert.equal(gallery.title, 'A look around')
    await page.getByRole('button', { name: 'Close' }).click()
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await page.getByRole('table').getByText('Backup').waitFor()
    await lookAt(page, 'keys')
    await page.getByRole('button', { name: 'Revoke' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click()
    await page.getByText(/^revoked/).waitFor()
    assert.equal((await program.ask('/api/galleries')).status, 401)
  })

  await step('installation and health say what is there and what is not well', async () => {
    await go('/settings/installation')
    await page.getByText('They come from Keepsake <photos@example.com>.').waitFor()
    await lookAt(page, 'installation')
    await go('/settings/health')
    await page.getByText(/^PostgreSQL/).waitFor()
    await lookAt(page, 'health')
  })

  await step('a webhook is made, tested, and its messages are shown and sent again', async () => {
    await go('/webhooks')
    await page.getByRole('heading', { name: 'No webhooks yet' }).waitFor()
    await lookAt(page, 'webhooks-none')
    await page.getByRole('button', { name: 'New webhook' }).first().click()
    await page.getByLabel('Address').fill('http://127.0.0.1/hook')
    person.expect(/^422 \/api\/webhooks/)
    await page.getByRole('button', { name: 'Make webhook' }).click()
    await page.getByText('Give the http or https address of a public server').waitFor()
    await lookAt(page, 'webhook-refused')
    await speak(page, 'de')
    await page.getByText('Geben Sie die http- oder https-Adresse eines öffentlichen Servers an').waitFor()
    await page.getByText('Sie ist nicht öffentlich.').waitFor()
    await speak(page, 'en')
    await page.getByLabel('Address').fill('https://hooks.invalid/keepsake')
    await page.getByRole('button', { name: 'Make webhook' }).click()
    await page.getByRole('heading', { name: 'Its secret' }).waitFor()
    await page.getByRole('button', { name: 'Close' }).click()
    await lookAt(page, 'webhooks')
    await page.getByRole('link', { name: 'https://hooks.invalid/keepsake' }).click()
    await page.getByRole('heading', { name: 'hooks.invalid', level: 1 }).waitFor()
    await page.getByRole('button', { name: 'Send a test' }).click()
    await page.getByText('The test did not get through:').waitFor()
    await page.getByRole('button', { name: 'webhook.test' }).waitFor()
    await lookAt(page, 'webhook')
  })

  await step('what has failed stands in one list with its reason, and all of it is tried again', async () => {
    await go('/jobs')
    await page.getByRole('heading', { name: 'Nothing has failed' }).waitFor()
    await lookAt(page, 'jobs-none')
    await installation.sql(
      `insert into webhook_deliveries (id, webhook_id, gallery_id, type, dedupe_key, body, status, attempts, next_at, answer_status, error, created_at)
       select gen_random_uuid(), w.id, g.id, 'archive.ready', 'once', '{"type":"archive.ready","timestamp":"2026-01-01T00:00:00Z","data":{}}', 'failed', 9, now(), 500, 'it answered 500', now()
       from webhooks w, galleries g where g.id = $1`,
      [gallery.id],
    )
    await page.reload()
    await page.getByText('it answered 500').waitFor()
    await lookAt(page, 'jobs')
    await page.getByRole('button', { name: 'Retry all' }).click()
    await page.getByText('1 job is tried again.').waitFor()
    await page.getByRole('heading', { name: 'Nothing has failed' }).waitFor()
    await lookAt(page, 'jobs-retried')
    await installation.sql(`update webhook_deliveries set status = 'failed', attempts = 9 where dedupe_key = 'once'`)
    await go('/webhooks')
    await page.getByRole('link', { name: 'https://hooks.invalid/keepsake' }).click()
    const message = page.getByRole('row', { name: /archive.ready/ })
    await message.getByRole('button', { name: 'Send again' }).click()
    // it waits for its turn, or has had it: either way it is on its way again
    await message.getByText('Failed').waitFor({ state: 'detached' })
  })

  await step('the text for guests of an ended gallery is written and seen beside it, tags as text', async () => {
    await go('/pages')
    const text = page.getByLabel('Text (Markdown)')
    await text.fill('# It is over\n\nWrite to [us](mailto:ida@example.com). <script>alert(1)</script>')
    await page.getByRole('heading', { name: 'It is over' }).waitFor()
    await page.getByText('<script>alert(1)</script>', { exact: false }).nth(1).waitFor()
    await lookAt(page, 'pages-unsaved')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Saved. Guests read it from now on.').waitFor()
    await page.getByRole('button', { name: 'Back to Keepsake’s words' }).click()
    await page.getByText('Keepsake’s words', { exact: true }).waitFor()
    assert.ok(!(await text.inputValue()).includes('It is over'))
    await lookAt(page, 'pages')
  })

  await step('what has happened is written down, and the bell tells what is new', async () => {
    await page.request.post(`${home}/api/galleries/${gallery.id}/publish`, { data: {} })
    await installation.sql(
      `insert into notifications (id, user_id, kind, gallery_id, created_at)
       select gen_random_uuid(), owner_id, 'gallery_expired', id, now() from galleries where id = $1`,
      [gallery.id],
    )
    await go('/activity')
    await page.getByText('Published').waitFor()
    await lookAt(page, 'activity')
    await page.getByRole('button', { name: 'Notifications, 1 unread' }).click()
    await page.getByText('The gallery has ended').waitFor()
    await lookAt(page, 'bell')
    await page.getByRole('button', { name: /The gallery has ended/ }).click()
    await page.getByRole('heading', { name: 'A look around', level: 1 }).waitFor()
    await page.getByRole('button', { name: 'Notifications', exact: true }).waitFor()
  })

  await step('the rescue shows what is saved, what waits and how long it has', async () => {
    // a file that is no sound is brought by hand, and refused
    person.expect(/^415 \/api\/tracks\//)
    await go('/rescue')
    await page.getByRole('heading', { name: 'No tracks yet' }).waitFor()
    await lookAt(page, 'rescue-none')
    const day = 24 * 3600_000
    const at = (days: number) => new Date(Date.now() + days * day).toISOString()
    const tracks = [0.4, 1.3, 1.6, 3, 3.2, 4, 8, 8.5, 12, 13].map((days, n) => ({
      provider: n % 2 ? 'suno' : 'mureka',
      provider_ref: `ref-${n}`,
      title: ['Midnight Ferry (take 3)', 'Слова на ветру', 'Glass Harbour', 'Intro loop 110 bpm'][n % 4],
      audio_url: `https://media.invalid/${n}.mp3`,
      expires_at: at(days),
    }))
    assert.equal((await page.request.post(`${home}/api/tracks`, { data: { tracks } })).status(), 201)
    await page.reload()
    await page.getByRole('heading', { name: 'Days left at the provider' }).waitFor()
    await page.getByRole('button', { name: 'Midnight Ferry (take 3)' }).first().waitFor()
    await lookAt(page, 'rescue')
    await page.getByRole('button', { name: 'Midnight Ferry (take 3)' }).first().click()
    await page.getByText('Not tried yet.').waitFor()
    await lookAt(page, 'rescue-track')
    // its owner has the file: junk is refused with a reason, the song is kept
    const sound = page.getByLabel('Choose the sound')
    await sound.setInputFiles({ name: 'page.mp3', mimeType: 'audio/mpeg', buffer: Buffer.from('<!doctype html><title>Sorry</title>') })
    await page.getByRole('alert').waitFor()
    await sound.setInputFiles({ name: 'song.mp3', mimeType: 'audio/mpeg', buffer: mp3({ frames: 400 }) })
    await page.getByText('Sound: saved').waitFor()
    await sound.waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Close' }).click()
    await page.getByLabel('Search tracks').fill('glass')
    await page.getByRole('button', { name: 'Midnight Ferry (take 3)' }).first().waitFor({ state: 'detached' })
    assert.equal(await page.getByRole('button', { name: 'Glass Harbour' }).count(), 2)
    // what came of it is read further down: a run tries three times
    await page.getByRole('button', { name: 'Try now' }).first().click()
  })

  await step('tracks go into a gallery; what was left out says why and is tried again', async () => {
    person.expect(/^422 \/api\/tracks/)
    // one by hand, without a mouse
    await page.getByRole('button', { name: 'Add track' }).focus()
    await page.keyboard.press('Enter')
    await page.getByLabel('Address of the sound').waitFor()
    await page.keyboard.type('suno.example/9.mp3')
    await page.keyboard.press('Enter')
    await page.getByText('Give an address that begins with https:// or http://.').waitFor()
    await lookAt(page, 'track-add')
    const addressed = async (url: string) => {
      await page.getByLabel('Address of the sound').focus()
      await page.keyboard.press('Control+A')
      await page.keyboard.type(url)
      await page.keyboard.press('Enter')
    }
    await addressed('http://10.0.0.1/9.mp3')
    await page.getByRole('dialog').getByRole('alert').waitFor()
    await page.getByLabel('Title').fill('Harbour at dawn')
    await addressed('https://media.invalid/dawn.mp3')
    await page.getByText('“Harbour at dawn” is added.', { exact: false }).waitFor()
    assert.equal(await page.evaluate('document.activeElement.textContent'), 'Add track', 'the focus is where it was before the dialog')

    // the service looks for what is due once a minute, and may have been at this track when the button was pressed
    await page.getByText(/^(1 could not be saved: Glass Harbour|Nothing was due)/).waitFor()
    let wanted: Track[] = []
    await until(
      async () => {
        const { rows } = (await (await page.request.get(`${home}/api/tracks?limit=200`)).json()) as Page<Track>
        wanted = rows.filter(({ title }) => title === 'Glass Harbour' || title === 'Harbour at dawn')
        return wanted.every(({ state }) => state !== 'rescuing')
      },
      { what: 'the end of the try', ms: patience, every: 200 },
    )
    assert.equal(wanted.length, 3)
    for (const [n, { id }] of wanted.entries()) {
      const headers = { 'content-type': 'application/octet-stream' }
      const sent = await page.request.put(`${home}/api/tracks/${id}/media/audio`, { headers, data: mp3({ frames: 400, seed: n + 2 }) })
      assert.equal(sent.status(), 200)
    }
    const [sum] = await installation.sql(
      `update assets a set sha256 = decode(repeat('00', 32), 'hex') from assets was where a.item_id = $1 and was.id = a.id returning encode(was.sha256, 'hex') as sha256`,
      [wanted[0]!.id],
    )
    await go('/rescue?show=saved&q=harbour')
    for (const { title } of wanted) await page.getByRole('button', { name: title }).first().waitFor()
    const boxes = page.getByRole('checkbox', { name: /^Choose: / })
    await until(async () => (await boxes.count()) === 3, { what: 'three saved tracks', ms: patience })
    for (const n of [0, 1, 2]) await boxes.nth(n).check()
    await page.locator('.chosen').getByRole('button', { name: 'Add to a gallery' }).press('Enter')
    await page.getByRole('heading', { name: 'Add 3 tracks to a gallery' }).waitFor()
    await page.keyboard.type('nobody')
    await page.getByText('No open gallery is called so.').waitFor()
    await page.keyboard.press('Control+A')
    await page.keyboard.type('look')
    const radio = page.getByRole('radio', { name: 'A look around' })
    await radio.waitFor()
    await lookAt(page, 'tracks-into-gallery')
    await radio.press(' ')
    await page.keyboard.press('Enter')
    await page.getByText('1 track did not get into').waitFor()
    await page.getByText(`${wanted[0]!.title}: Our copy is damaged.`).waitFor()
    await page.reload()
    await page.getByText('1 track did not get into').waitFor()
    await page.getByText('2 tracks are now in').waitFor()
    await lookAt(page, 'tracks-left-out')
    await installation.sql(`update assets set sha256 = decode($2, 'hex') where item_id = $1`, [wanted[0]!.id, sum!.sha256])
    // the page of the gallery says the same, and its photos come in by themselves
    await page.getByRole('alert').getByRole('link', { name: 'A look around' }).first().click()
    await page.getByRole('heading', { name: 'A look around', level: 1 }).waitFor()
    await page.getByText(`${wanted[0]!.title}: Our copy is damaged.`).waitFor()
    await page.getByRole('button', { name: 'Retry' }).press('Enter')
    await page.getByText('3 tracks are now in').waitFor()
    await page.locator('.photo-none').nth(2).waitFor()
    const { rows: items } = (await (await page.request.get(`${home}/api/galleries/${gallery.id}/items?limit=1000`)).json()) as Page<Item>
    assert.equal(items.filter(({ kind }) => kind === 'track').length, 3)
  })

  await step('how far tracks are on their way is told as it happens, also after a reload', async () => {
    const id = '01900000-0000-7000-8000-00000000beef'
    // at work for somebody who takes a long time over the last one
    await installation.sql(
      `insert into placements (id, gallery_id, owner_id, created_at, touched_at)
       select $1, id, owner_id, now(), now() + interval '1 day' from galleries where id = $2`,
      [id, gallery.id],
    )
    await installation.sql(
      `insert into placement_tracks (placement_id, position, item_id, outcome)
       select $1, n, item_id, case when n < 3 then 'duplicate' end
       from (select item_id, row_number() over (order by item_id) as n from rescues where archived_at is not null limit 3) t`,
      [id],
    )
    const bar = page.getByRole('progressbar', { name: 'Adding 3 tracks to A look around' })
    for (const path of [`/galleries/${gallery.slug}`, '/rescue']) {
      await go(path)
      await bar.waitFor()
      assert.equal(await bar.getAttribute('aria-valuenow'), '66')
    }
    await lookAt(page, 'tracks-on-their-way')
    await installation.sql(`update placement_tracks set outcome = 'duplicate' where placement_id = $1`, [id])
    await until(async () => (await bar.getAttribute('aria-valuenow')) === '100', { what: 'the last one', ms: patience })
    await installation.sql('update placements set ended_at = now() where id = $1', [id])
    await page.getByText('3 tracks were already in').waitFor()
  })

  await step('whoever prefers German or Russian is spoken to so from the beginning', async () => {
    const cookies = await person.context.cookies()
    for (const [locale, path, title] of [
      ['de-DE', '/rescue', 'Rettung'],
      ['ru-RU', '/settings/people', 'Настройки'],
    ] as const) {
      const reader = await visitor(browser, { locale })
      await reader.context.addCookies(cookies)
      await reader.page.goto(`${home}${path}`)
      await reader.page.getByRole('heading', { name: title, level: 1 }).waitFor()
      reader.assertQuiet()
      await reader.context.close()
    }
  })
  person.assertQuiet()
})
