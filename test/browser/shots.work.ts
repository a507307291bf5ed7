/** The states of the pages behind the studio: sign-in, settings, failed work, webhooks, texts, activity, rescue. */
import type { BrowserContextOptions, Page } from 'playwright-core'
import type { Gallery, NewUser, NewWebhook } from '../../sdk/src/wire.ts'
import { createGallery, publish, setUp } from '../journeys/people.ts'
import { cookiesOf, type Stage, type State } from './shots.state.ts'

export async function workStates({ installation }: Stage): Promise<State[]> {
  const service = await installation.start()
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
    state('rescue-lost-none', '/rescue?show=lost'),
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
    state('keys', '/settings/keys'),
    state('people', '/settings/people'),
    state('installation', '/settings/installation'),
    state('health', '/settings/health'),
  ]
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
