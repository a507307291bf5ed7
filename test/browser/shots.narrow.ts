/** The states of the pages for guests that have little to show, on the narrowest phone, in the languages with the longest words. */
import type { Gallery, GalleryInput } from '../../sdk/src/wire.ts'
import { createGallery, guest, publish, readyArchive, setUp } from '../journeys/people.ts'
import { photos, sendPhotos } from '../journeys/sending.ts'
import type { Stage, State } from './shots.state.ts'

export async function narrowStates({ installation }: Stage): Promise<State[]> {
  const service = await installation.start()
  const ida = await setUp(installation, service)
  const sent = await photos(3, 40_000)
  const make = async (input: GalleryInput): Promise<Gallery> => {
    const gallery = await createGallery(ida, { event_date: '2026-06-14', ...input })
    await sendPhotos(installation, ida, gallery.id, sent)
    await publish(ida, gallery.id)
    await readyArchive(ida, gallery.id)
    return gallery
  }
  const all: State[] = []
  for (const { locale, title } of [
    { locale: 'de', title: 'Sommerfest der Landschaftsgärtnerei Oberndorfer' },
    { locale: 'ru', title: 'Выпускной вечер Ивановых-Преображенских' },
  ] as const) {
    const as = { viewport: { width: 320, height: 700 }, locale: `${locale}-${locale.toUpperCase()}` }
    const state = (name: string, path: string, then?: State['open']): State => ({
      name: `${locale}-${name}`,
      as,
      async open(page) {
        await page.goto(installation.url + path)
        await then?.(page)
        await page.waitForLoadState('networkidle')
      },
    })
    const secret = await make({ title, locale, password: 'pale blue' })
    const wrong = { method: 'POST', body: { password: 'pale green' } }
    const look = await make({ title: `${title} 2`, locale, download_enabled: false, feedback_enabled: true })
    const ended = await make({ title: `${title} 3`, locale })
    await installation.sql("update galleries set expires_at = now() - interval '2 hours' where id = $1", [ended.id])
    all.push(
      state('locked', `/g/${secret.slug}`),
      state('limited', `/g/${secret.slug}`, async (page) => {
        for (let n = 0; n < 6; n++) await guest(installation.url).ask(`/api/g/${secret.slug}/unlock`, wrong)
        await page.locator('input[type=password]').fill('pale green')
        await page.keyboard.press('Enter')
        await page.getByRole('alert').waitFor()
      }),
      state('look-only', `/g/${look.slug}`, (page) => page.locator('.wall img').first().waitFor()),
      state('look-only-below', `/g/${look.slug}`, async (page) => {
        await page.locator('.wall img').first().waitFor()
        await page.mouse.wheel(0, 3000)
      }),
      state('expired', `/g/${ended.slug}`),
      state('not-found', '/g/nobody-knows'),
    )
  }
  return all
}
