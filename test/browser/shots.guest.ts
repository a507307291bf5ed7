/** The states of the pages for guests. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { Page, Route } from 'playwright-core'
import type { Gallery, GalleryInput, Item, Letter, LetterText } from '../../sdk/src/wire.ts'
import { mintLetterToken } from '../../src/domain/letter-token.ts'
import { drawnPhoto } from '../drawn.ts'
import { allOf, createGallery, type Person, publish, readyArchive, setUp } from '../journeys/people.ts'
import { sendPhotos, sha256 } from '../journeys/sending.ts'
import { until } from '../journeys/service.ts'
import { drawn } from './chromium.ts'
import type { Stage, State } from './shots.state.ts'

export async function guestStates({ installation, long }: Stage): Promise<State[]> {
  const service = await installation.start()
  const ida = await setUp(installation, service)
  const files = await Promise.all(
    Array.from({ length: 24 }, async (_, n) => {
      const bytes = await drawnPhoto(n, long ? { long, grain: 0 } : {})
      return { name: `DSC_${4100 + n}.jpg`, bytes, sha256: sha256(bytes) }
    }),
  )
  const make = async (input: GalleryInput, count = files.length, client?: string): Promise<Gallery> => {
    const gallery = await createGallery(ida, { event_date: '2026-06-14', ...input })
    if (client) await ida.ask(`/api/galleries/${gallery.id}/clients`, { method: 'POST', body: { email: client, name: 'Mara' } })
    await sendPhotos(installation, ida, gallery.id, files.slice(0, count))
    await until(async () => (await itemsOf(ida, gallery.id)).every((item) => item.render_state === 'done'), {
      what: 'pictures',
      every: 300,
    })
    await publish(ida, gallery.id)
    await readyArchive(ida, gallery.id)
    return gallery
  }
  const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString()
  const open = await make({ title: 'Mara & Jonas', feedback_enabled: true, expires_at: inDays(180) })
  const items = await itemsOf(ida, open.id)
  for (const [n, chapter] of ['Getting ready', 'Ceremony', 'Portraits', 'Dinner', 'Party'].entries())
    await ida.ask(`/api/galleries/${open.id}/items`, {
      method: 'PATCH',
      body: { items: items.slice(n * 5, n * 5 + 5).map((item) => item.id), chapter },
    })
  const locked = await make({ title: 'Behind a password', password: 'pale blue' }, 2)
  const empty = await make({ title: 'Nothing here yet' }, 1)
  await ida.ask(`/api/galleries/${empty.id}/items/${(await itemsOf(ida, empty.id))[0]!.id}`, { method: 'DELETE' })
  const ending = await make({ title: 'Ends in nine days', expires_at: inDays(9.5) }, 8)
  const look = await make({ title: 'Only to look at', download_enabled: false }, 8)
  const ended = await make({ title: 'Has ended' }, 2)
  await installation.sql("update galleries set expires_at = now() - interval '2 hours' where id = $1", [ended.id])
  const german = await make({ title: 'Sommerfest der Gärtnerei', locale: 'de', feedback_enabled: true, expires_at: inDays(60) }, 8)
  const russian = await make({ title: 'Выпускной Ивановых', locale: 'ru', feedback_enabled: true, expires_at: inDays(60) }, 8)
  const press = (page: Page, name: RegExp | string) => page.getByRole('button', { name }).first().click()
  const archive = (set: string, gallery: Gallery) => installation.sql(`update archives set ${set} where gallery_id = $1`, [gallery.id])
  /** The page of the link in a letter about this gallery; `set` is what only time, or bad luck, would bring about. */
  const letter = async (
    name: string,
    set: (gallery: Gallery) => Promise<unknown>,
    then?: (page: Page) => Promise<unknown>,
  ): Promise<State> => {
    const gallery = await make({ title: 'Mara & Jonas' }, 6, 'mara@example.com')
    const link = await linkOf(ida, gallery)
    return {
      name: `delivery-${name}`,
      async open(page) {
        await set(gallery)
        await page.goto(link)
        await then?.(page)
      },
    }
  }
  const links = (set: string, gallery: Gallery) => installation.sql(`update links set ${set} where gallery_id = $1`, [gallery.id])
  const working = 'checksum = null, verified_at = null, completed_at = null'
  const deliveries = [
    await letter('ready', async () => {}),
    await letter('queued', (g) => archive(`status = 'queued', ${working}`, g)),
    await letter('packing', (g) =>
      archive(`status = 'processing', processed_bytes = file_size_bytes * 0.62, processed_photos = 4, eta_seconds = 150, ${working}`, g),
    ),
    await letter('verifying', (g) =>
      archive(`status = 'verifying', processed_bytes = file_size_bytes * 0.5, eta_seconds = 20, ${working}`, g),
    ),
    await letter('partial', async (g) => {
      await archive('missing_count = 2, image_count = 4', g)
      await installation.sql(
        `update archive_entries set status = 'missing' where archive_id in (select id from archives where gallery_id = $1) and path like '%DSC_410_.jpg' and path > (select max(path) from archive_entries where archive_id in (select id from archives where gallery_id = $1) and path like '%DSC_4103.jpg')`,
        [g.id],
      )
    }),
    await letter('failed', (g) =>
      archive("status = 'failed', error_code = 'storage_unreachable', completed_at = now(), verified_at = null", g),
    ),
    await letter('newer', (g) => archive('superseded_by = id', g)),
    await letter('expired', (g) => links('expires_at = now()', g)),
    await letter(
      'sent',
      (g) => links('expires_at = now()', g),
      async (page) => {
        await press(page, 'Send me a new link')
        await page.getByText('A new link is on its way').waitFor()
      },
    ),
    await letter('revoked', (g) => links('revoked_at = now()', g)),
    // what its size offers; the files are as small as the photos
    await letter(
      'parts',
      (g) => archive('file_size_bytes = 5200000000', g),
      async (page) => {
        await press(page, 'Take it in smaller files')
        await page.getByText('Your photos are ready, in smaller files').waitFor()
        await page.getByText('Check the file after the download').click()
        await page.getByText(/^[0-9a-f]{64} /).waitFor()
      },
    ),
  ]
  // whose letter it is says its link alone; which kind it is, only whether it has one
  const [anyLetter] = await allOf<Letter>(ida, '/api/letters')
  const secrets = readFileSync(path.join(installation.dir, 'token-secret'), 'utf8')
    .trim()
    .split(/[\s,]+/)
  const leave = `${installation.url}/unsubscribe/${mintLetterToken('unsubscribe', anyLetter!.id, secrets)}`
  const at = (gallery: Gallery, rest = '') => `${installation.url}/g/${gallery.slug}${rest}`
  const see = (gallery: Gallery) => async (page: Page) => {
    await page.goto(at(gallery))
    await drawn(page.locator('.cover img'), 1)
    await page.locator('.wall img').first().waitFor()
    await page.waitForLoadState('networkidle')
  }
  const act = (gallery: Gallery, then: (page: Page) => Promise<unknown>) => async (page: Page) => {
    await see(gallery)(page)
    await then(page)
    await page.waitForLoadState('networkidle')
  }
  const chosen = (page: Page) => async () => {
    await press(page, 'Select')
    for (const n of [1, 2, 4]) await page.getByRole('checkbox', { name: new RegExp(`Choose photo ${n} of`) }).click()
  }
  return [
    ...deliveries,
    { name: 'open', open: see(open) },
    { name: 'open-german', open: see(german) },
    { name: 'open-russian', open: see(russian) },
    { name: 'scrolled', open: act(open, (page) => page.mouse.wheel(0, 900)) },
    { name: 'chapter', open: act(open, (page) => press(page, 'Ceremony')) },
    { name: 'favourites-none', open: act(open, (page) => press(page, /^Favourites/)) },
    {
      name: 'favourites',
      open: act(open, async (page) => {
        for (const n of [0, 1, 2, 5]) await page.getByRole('button', { name: `Favourite: ${files[n]!.name}` }).click()
        await press(page, /^Favourites/)
      }),
    },
    {
      name: 'favourites-sent',
      open: act(open, async (page) => {
        for (const n of [0, 3]) await page.getByRole('button', { name: `Favourite: ${files[n]!.name}` }).click()
        await press(page, /^Favourites/)
        await press(page, 'Send to the photographer')
        await page.getByLabel('Your name').fill('Mara')
        await press(page, 'Send to the photographer')
        await page.getByText(/^Sent to the photographer/).waitFor()
      }),
    },
    { name: 'selecting', open: act(open, (page) => chosen(page)()) },
    { name: 'download', open: act(open, (page) => press(page, 'Download')) },
    {
      name: 'download-chosen',
      open: act(open, async (page) => {
        await chosen(page)()
        await page.getByRole('button', { name: 'Download' }).last().click()
      }),
    },
    {
      name: 'download-packing',
      open: act(open, async (page) => {
        const packing = async (route: Route) => {
          const answer = await route.fetch()
          const json = { ...(await answer.json()), status: 'processing', percent: 43, processed_photos: 10, eta_seconds: 75, parts: [] }
          await route.fulfill({ response: answer, json })
        }
        // the page asks every second, and is closed while one is on its way
        await page.route('**/exports/*', (route) => packing(route).catch(() => {}))
        await press(page, 'Download')
        await page.getByRole('radio', { name: /Screen size/ }).check()
        await page
          .getByRole('dialog')
          .getByRole('button', { name: /^Download \d/ })
          .click()
        await page.getByText(/^10 of/).waitFor()
      }),
    },
    {
      name: 'download-ready',
      open: act(open, async (page) => {
        await page.route('**/d/*', (route) => route.fulfill({ status: 204 }))
        await press(page, 'Download')
        await page.getByRole('radio', { name: /Screen size/ }).check()
        await page
          .getByRole('dialog')
          .getByRole('button', { name: /^Download/ })
          .click()
        await page.getByText('Your photos are ready.').waitFor()
      }),
    },
    {
      name: 'photo',
      open: act(open, (page) =>
        page
          .getByRole('link', { name: /Open photo 1 of/ })
          .click()
          .then(() => page.locator('.yarl__slide_image').first().waitFor()),
      ),
    },
    {
      name: 'photo-comments',
      open: async (page) => {
        await page.goto(at(open, `/p/${items[1]!.id}`))
        await press(page, 'Comments')
        await page.getByText('Nobody has said anything yet.').waitFor()
      },
    },
    { name: 'unsubscribe', open: (page) => page.goto(leave).then(() => page.getByRole('button', { name: 'No more news' }).waitFor()) },
    {
      name: 'unsubscribed',
      open: async (page) => {
        await page.goto(leave)
        await press(page, 'No more news')
        await page.getByText(/^You get no more news of/).waitFor()
      },
    },
    { name: 'ending-soon', open: see(ending) },
    { name: 'look-only', open: see(look) },
    { name: 'empty', open: (page) => page.goto(at(empty)).then(() => page.getByText('No photos yet').waitFor()) },
    { name: 'locked', open: (page) => page.goto(at(locked)) },
    {
      name: 'locked-wrong',
      open: async (page) => {
        await page.goto(at(locked))
        await page.getByLabel('Password').fill('pale green')
        await page.keyboard.press('Enter')
        await page.getByRole('alert').filter({ hasText: 'not the password' }).waitFor()
      },
    },
    { name: 'expired', open: (page) => page.goto(at(ended)) },
    { name: 'not-found', open: (page) => page.goto(`${installation.url}/g/nobody-knows`) },
    {
      name: 'offline',
      open: async (page) => {
        await page.route('**/api/g/**', (route) => route.abort())
        await page.goto(at(open))
        await page.getByRole('button', { name: 'Retry' }).waitFor()
      },
    },
  ]
}

const itemsOf = async (ida: Person, id: string) => {
  const rows = await allOf<Item>(ida, `/api/galleries/${id}/items`)
  assert.ok(rows.length < 1000)
  return rows
}

async function linkOf(ida: Person, gallery: Gallery): Promise<string> {
  const letter = await until(async () => (await allOf<Letter>(ida, '/api/letters')).find((one) => one.gallery_id === gallery.id), {
    what: 'the letter',
    every: 200,
  })
  const { body } = await ida.ask<LetterText>(`/api/letters/${letter.id}`)
  return /http:\/\/\S+\/d\/\S+/.exec(body.text)![0]
}
