/** The states of the pages for photographers: the overview, galleries, the editor of one, archives. */
import type { BrowserContextOptions, Page } from 'playwright-core'
import sharp from 'sharp'
import type { Gallery, GalleryInput, Item, MarkProgress } from '../../sdk/src/wire.ts'
import { drawnPhoto } from '../drawn.ts'
import { allOf, createGallery, guest, type Person, publish, readyArchive, setUp } from '../journeys/people.ts'
import { type Photo, sendPhotos, sha256 } from '../journeys/sending.ts'
import { until } from '../journeys/service.ts'
import { cookiesOf, type Stage, type State } from './shots.state.ts'

export async function studioStates({ installation }: Stage): Promise<State[]> {
  const service = await installation.start()
  const ida = await setUp(installation, service)
  const { url } = installation
  const files: Photo[] = await Promise.all(
    Array.from({ length: 14 }, async (_, n) => {
      const bytes = await drawnPhoto(n)
      return { name: `DSC_${4100 + n}.jpg`, bytes, sha256: sha256(bytes) }
    }),
  )
  const make = async (input: GalleryInput, count: number): Promise<Gallery> => {
    const gallery = await createGallery(ida, { event_date: '2026-06-14', ...input })
    await sendPhotos(installation, ida, gallery.id, files.slice(0, count))
    const done = async () => (await itemsOf(ida, gallery.id)).every((item) => item.render_state === 'done')
    await until(done, { what: 'pictures', every: 300 })
    return gallery
  }
  const published = async (input: GalleryInput, count: number): Promise<Gallery> => {
    const gallery = await make(input, count)
    await publish(ida, gallery.id)
    await readyArchive(ida, gallery.id)
    return gallery
  }
  const archived = async (title: string, count: number, event_type: string): Promise<Gallery> => {
    const gallery = await published({ title, event_type }, count)
    await ida.ask(`/api/galleries/${gallery.id}/retire`, { method: 'POST', body: {} })
    const isArchived = async () => (await ida.ask<Gallery>(`/api/galleries/${gallery.id}`)).body.state === 'archived'
    await until(isArchived, { what: 'the archive', ms: 60_000, every: 200 })
    return gallery
  }
  const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString()

  const mara = await published({ title: 'Mara & Jonas', expires_at: inDays(180) }, files.length)
  const ids = (await itemsOf(ida, mara.id)).map(({ id }) => id)
  const mark = (items: string[], change: object) =>
    ida.ask(`/api/galleries/${mara.id}/items`, { method: 'PATCH', body: { items, ...change } })
  await mark(ids.slice(4, 9), { chapter: 'Ceremony' })
  await mark(ids.slice(9), { chapter: 'Party' })
  await mark(ids.slice(6, 7), { hidden: true })
  await ida.ask(`/api/galleries/${mara.id}`, { method: 'PATCH', body: { cover_item: ids[0], cover_x: 0.3, cover_y: 0.4 } })
  const rosa = { text: 'Lovely light', name: 'Aunt Rosa' }
  await guest(url).ask(`/api/g/${mara.slug}/items/${ids[1]}/comments`, { method: 'POST', body: rosa })
  await sendMark(ida)
  await ida.ask('/api/watermark', { method: 'PATCH', body: { position: 'centre', scale: 0.5, opacity: 0.7 } })
  const proofs = await published({ title: 'Okafor proofs', watermark: 'view', download_size: 'screen' }, 3)
  const isMarked = async () => !(await ida.ask<MarkProgress>(`/api/galleries/${proofs.id}/watermark`)).body.drawing
  await until(isMarked, { what: 'the watermark', every: 300 })
  const proof = (await itemsOf(ida, proofs.id))[1]!
  await published({ title: 'Baby Noor, first year', expires_at: inDays(5.5) }, 4)
  const school = await make({ title: 'Иванова выпускной 2026' }, 3)
  const ended = await published({ title: 'Sato housewarming', expires_at: inDays(3) }, 3)
  await installation.sql("update galleries set expires_at = now() - interval '2 hours', state = 'expired' where id = $1", [ended.id])
  const empty = await createGallery(ida, { title: 'Weingut Adler harvest' })
  const trouble = await published({ title: 'Halle 7 opening night' }, 2)
  await installation.sql(`update galleries set archive_error = 'original_missing' where id = $1`, [trouble.id])
  const okafor = await archived('Okafor family', 6, 'Family')
  await archived('Lindqvist Engineering summer party with a long name', 2, 'Company')
  const packing = await published({ title: 'Chen graduation' }, 5)
  await installation.sql(
    `update archives set status = 'processing', processed_bytes = file_size_bytes * 0.63, processed_photos = 3, eta_seconds = 150,
       checksum = null, verified_at = null, completed_at = null, progress_at = now() + interval '1 day' where gallery_id = $1`,
    [packing.id],
  )

  const as: BrowserContextOptions = { storageState: { cookies: cookiesOf(ida, url), origins: [] } }
  const state = (name: string, path: string, then: (page: Page) => Promise<unknown>): State => ({
    name,
    as,
    async open(page) {
      await page.goto(url + path)
      await then(page)
    },
  })
  const press = (page: Page, name: string | RegExp) => page.getByRole('button', { name }).first().click()
  const text = (page: Page, words: string | RegExp) => page.getByText(words).first().waitFor()
  const pick = async (page: Page, name: RegExp, choice: string) => {
    await page.getByRole('button', { name }).first().focus()
    await page.keyboard.press('Enter')
    await page.getByRole('menuitem', { name: choice }).click()
  }
  const chosen = async (page: Page) => {
    await page.getByRole('checkbox', { name: 'Choose: Mara & Jonas' }).check()
    await page.getByRole('checkbox', { name: 'Choose: Baby Noor, first year' }).check()
  }
  /** Photos on their way over a line on which nothing arrives. */
  const sending = async (page: Page) => {
    await page.route('**/api/uploads**', () => {})
    const some = files.slice(0, 5).map(({ name, bytes }) => ({ name, mimeType: 'image/jpeg', buffer: Buffer.from(bytes) }))
    await page.locator('input[data-pick=files]').setInputFiles(some)
  }
  const editor = `/galleries/${mara.slug}`
  return [
    state('overview', '/', (page) => text(page, 'Ends soon')),
    state('galleries', '/galleries', (page) => text(page, 'Mara & Jonas')),
    state('galleries-nothing-found', '/galleries?q=nobody', (page) => text(page, /Nothing matches/)),
    state('galleries-chosen', '/galleries', chosen),
    state('galleries-archive', '/galleries', async (page) => {
      await chosen(page)
      await press(page, 'Archive selected')
      await text(page, /^Archive 2/)
    }),
    state('gallery-empty', `/galleries/${empty.slug}`, (page) => text(page, 'No photos yet')),
    state('gallery-uploading', `/galleries/${empty.slug}`, async (page) => {
      await sending(page)
      await text(page, 'Uploading')
    }),
    state('gallery-paused', `/galleries/${empty.slug}`, async (page) => {
      await sending(page)
      await press(page, 'Pause')
      await text(page, 'Paused')
    }),
    state('gallery-ended', `/galleries/${ended.slug}`, (page) => text(page, 'The guest page is closed')),
    state('page-did-not-come', '/galleries', async (page) => {
      await text(page, 'Mara & Jonas')
      await page.route('**/assets/RescuePage-*.js', (route) => route.abort())
      await page.getByRole('link', { name: 'Rescue' }).click()
      await text(page, 'This page could not be loaded')
    }),
    state('gallery-create', '/galleries', async (page) => {
      await press(page, 'New gallery')
      await page.getByLabel('Title').waitFor()
    }),
    state('gallery', editor, (page) => text(page, 'Ceremony')),
    state('gallery-published', `/galleries/${school.slug}`, async (page) => {
      await press(page, 'Publish')
      await text(page, 'The gallery is open to its guests.')
    }),
    state('gallery-menu', editor, async (page) => {
      await page
        .getByRole('button', { name: /^More for DSC/ })
        .first()
        .focus()
      await page.keyboard.press('Enter')
      await page.getByRole('menuitem').first().waitFor()
    }),
    state('gallery-choosing', editor, async (page) => {
      await press(page, 'Choose photos')
      for (const n of [0, 1])
        await page
          .getByRole('checkbox', { name: /^Choose DSC/ })
          .nth(n)
          .check()
    }),
    state('gallery-cover', editor, (page) => pick(page, /^More for DSC/, 'Use as cover')),
    state('gallery-chapter', editor, (page) => pick(page, /^More for DSC/, 'Chapter…')),
    state('gallery-watermark', `/galleries/${proofs.slug}`, async (page) => {
      const card = page.getByRole('heading', { name: 'What guests get' })
      await card.waitFor()
      await page.locator('.marked-photo').waitFor()
      await page.waitForLoadState('networkidle')
      await card.evaluate((head) => (head as { scrollIntoView(): void }).scrollIntoView())
    }),
    state('watermark', '/settings/watermark', (page) => page.locator('.marked-photo image').first().waitFor()),
    { ...state('guest-watermark', `/g/${proofs.slug}/p/${proof.id}`, (page) => page.waitForLoadState('networkidle')), as: {} },
    state('gallery-packing', `/galleries/${packing.slug}`, (page) => text(page, 'Packing')),
    state('gallery-trouble', `/galleries/${trouble.slug}`, (page) => text(page, /Archiving failed/)),
    state('gallery-archived', `/galleries/${okafor.slug}`, (page) => text(page, 'This gallery is archived')),
    state('archives', '/archives', (page) => text(page, 'Okafor family')),
    state('archives-failed', '/archives', async (page) => {
      const problem = { type: 'about:blank', title: 'Keepsake is busy: try again.', status: 503, code: 'unavailable', request_id: 'r-77' }
      const body = JSON.stringify(problem)
      await page.route('**/api/admin/archives*', (route) => route.fulfill({ status: 503, contentType: 'application/problem+json', body }))
      await page.reload()
      await text(page, 'Request r-77')
    }),
    state('archive', `/archives/${okafor.slug}`, (page) => text(page, 'Verifications')),
    state('archive-restore', `/archives/${okafor.slug}`, async (page) => {
      await press(page, 'Restore')
      await press(page, 'Check first')
      await text(page, /would come back/)
    }),
    state('archive-delete', `/archives/${okafor.slug}`, (page) => press(page, 'Delete…')),
  ]
}

/** As a photographer would have it: a name in white with a shadow. */
async function sendMark(person: Person): Promise<void> {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="900" height="200"><g font-family="serif" font-size="150" text-anchor="middle">
    <text x="453" y="143" fill="#000" fill-opacity="0.4">Ida Photo</text><text x="450" y="140" fill="#fff">Ida Photo</text></g></svg>`
  const body = new Uint8Array(await sharp(Buffer.from(svg)).png().toBuffer())
  const headers = { ...person.headers(), 'content-type': 'image/png' }
  await fetch(person.address('/api/watermark/image?text=Ida%20Photo'), { method: 'PUT', headers, body })
}

const itemsOf = (person: Person, gallery: string) => allOf<Item>(person, `/api/galleries/${gallery}/items`)

/** The cookies of somebody who is signed in, for a browser. */
