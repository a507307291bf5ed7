/** The states of the pages behind the studio: sign-in, settings, failed work, webhooks, texts, activity, rescue. */
import type { BrowserContextOptions, Page } from 'playwright-core'
import type { Gallery, NewUser, NewWebhook, Page as Rows, Track } from '../../sdk/src/wire.ts'
import { createGallery, type Person, publish, setUp } from '../journeys/people.ts'
import { until } from '../journeys/service.ts'
import { mp3 } from '../media.ts'
import { cookiesOf, type Stage, type State } from './shots.state.ts'

export async function workStates({ installation }: Stage): Promise<State[]> {
  const service = await installation.start()
  const home = new URL(await until(() => service.setUpUrl, { what: 'the address for the first account' })).origin
  const ida = await setUp(installation, service)
  const post = async <T>(path: string, body: object): Promise<T> => (await ida.ask<T>(path, { method: 'POST', body })).body
  const gallery = await createGallery(ida, { title: 'Mara & Jonas' })
  await post(`/api/galleries/${gallery.id}/sample`, {})
  await publish(ida, gallery.id)
  const webhook = await post<NewWebhook>('/api/webhooks', { url: 'https://hooks.invalid/keepsake' })
  await post(`/api/webhooks/${webhook.id}/test`, {})
  const invited = await post<NewUser>('/api/users', { name: 'Jonas', email: 'jonas@example.com', role: 'owner' })
  await post('/api/keys', { name: 'Backup on the NAS', scopes: ['galleries:read'] })
  await failed(installation.sql, gallery, webhook.id)
  const at = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString()
  const tracks = [0.4, 1.3, 1.6, 3, 3.2, 4, 8, 8.5, 12, 13].map((days, n) => ({
    provider: n % 2 ? 'suno' : 'mureka',
    provider_ref: `ref-${n}`,
    title: ['Midnight Ferry (take 3)', 'Слова на ветру', 'Glass Harbour', 'Intro loop 110 bpm'][n % 4],
    audio_url: `https://media.invalid/${n}.mp3`,
    expires_at: at(days),
  }))
  await post('/api/tracks', { tracks })
  await installation.sql(`update rescues set rounds = 2 where expires_at < now() + interval '1 day'`, [])

  await placed(ida, installation.sql, gallery)
  const chosen = async (page: Page) => {
    const boxes = page.getByRole('checkbox', { name: /^Choose: / })
    for (const n of [0, 1]) await boxes.nth(n).check()
  }

  const as: BrowserContextOptions = { storageState: { cookies: cookiesOf(ida, installation.url), origins: [] } }
  const state = (
    name: string,
    path: string,
    then: (page: Page) => Promise<unknown> = (page) => page.waitForLoadState('networkidle'),
  ): State => ({
    name,
    as,
    async open(page) {
      await page.goto(`${installation.url}${path}`)
      await page.getByRole('heading', { level: 1 }).waitFor()
      await then(page)
    },
  })
  return [
    { ...state('sign-in', '/sign-in'), as: {} },
    { ...state('invitation', new URL(invited.invitation!.url).pathname), as: {} },
    state('set-up-checks', '/setup/checks'),
    state('rescue', '/rescue'),
    state('rescue-track', '/rescue', async (page) => {
      await page.getByRole('button', { name: 'Midnight Ferry (take 3)' }).first().click()
      await page.waitForLoadState('networkidle')
    }),
    state('track-add', '/rescue', async (page) => {
      await page.getByRole('button', { name: 'Add track' }).click()
      await page.getByLabel('Address of the sound').fill('suno.example/9.mp3')
      await page.keyboard.press('Enter')
    }),
    state('rescue-chosen', '/rescue?show=saved', chosen),
    state('tracks-into-gallery', '/rescue?show=saved', async (page) => {
      await chosen(page)
      await page.locator('.chosen').getByRole('button', { name: 'Add to a gallery' }).click()
      await page.getByRole('radio').first().check()
    }),
    state('rescue-lost-none', '/rescue?show=lost'),
    state('gallery-tracks', `/galleries/${gallery.slug}`),
    state('jobs', '/jobs'),
    state('jobs-none', '/jobs?kind=import'),
    state('webhooks', '/webhooks'),
    state('webhook', `/webhooks/${webhook.id}`),
    state('outbox', '/outbox'),
    state('texts', '/pages'),
    state('activity', '/activity'),
    state('bell', '/activity', async (page) => {
      await page.locator('.bell').click()
      await page.locator('dialog').waitFor()
    }),
    state('settings', '/settings'),
    {
      name: 'settings-passkey',
      // passkeys belong to a name, and an address of numbers is none
      as: { storageState: { cookies: cookiesOf(ida, home), origins: [] } },
      async open(page) {
        await page.goto(`${home}/settings`)
        await page.getByRole('button', { name: 'Add a passkey' }).click()
        await page.getByLabel('Where it is kept').waitFor()
      },
    },
    state('keys', '/settings/keys'),
    state('people', '/settings/people'),
    state('installation', '/settings/installation'),
    state('health', '/settings/health'),
  ]
}

/** Tracks of which three are saved: some on their way into the gallery, one left out. */
async function placed(ida: Person, sql: Stage['installation']['sql'], gallery: Gallery): Promise<void> {
  const { rows } = (await ida.ask<Rows<Track>>('/api/tracks?sort=expires')).body
  for (const [n, { id }] of rows.slice(-3).entries()) {
    const headers = { ...ida.headers(), 'content-type': 'application/octet-stream' }
    const body = new Uint8Array(mp3({ frames: 400, seed: n }))
    await fetch(ida.address(`/api/tracks/${id}/media/audio`), { method: 'PUT', headers, body })
  }
  for (const [n, ended] of [null, 'now()'].entries()) {
    const id = `01900000-0000-7000-8000-00000000000${n}`
    await sql(
      `insert into placements (id, gallery_id, owner_id, created_at, touched_at, ended_at)
       select $1, id, owner_id, now(), now() + interval '1 day', ${ended} from galleries where id = $2`,
      [id, gallery.id],
    )
    await sql(
      `insert into placement_tracks (placement_id, position, item_id, outcome, error_code)
       select $1, n, item_id, case when n < 3 then 'added' when $2 then 'failed' end, case when n = 3 and $2 then 'source_changed' end
       from (select item_id, row_number() over (order by item_id) as n from rescues where archived_at is not null) t`,
      [id, ended !== null],
    )
  }
}

/** A message that nobody took, a letter that was refused, and something the bell tells. */
async function failed(sql: Stage['installation']['sql'], gallery: Gallery, webhook: string): Promise<void> {
  await sql(
    `insert into webhook_deliveries (id, webhook_id, gallery_id, type, dedupe_key, body, status, attempts, next_at, answer_status, error, created_at)
     values (gen_random_uuid(), $1, $2, 'archive.ready', 'once', '{"type":"archive.ready","timestamp":"2026-01-01T00:00:00Z","data":{}}', 'failed', 9, now(), 500, 'it answered 500', now())`,
    [webhook, gallery.id],
  )
  await sql(
    `insert into notifications (id, user_id, kind, gallery_id, created_at) select gen_random_uuid(), owner_id, 'gallery_expired', id, now() from galleries where id = $1`,
    [gallery.id],
  )
}
