/** Every state of the pages for guests, in a real browser over the real service: reached, quiet, and no barrier to anybody. */
import { test } from 'node:test'
import { freshInstallation } from '../journeys/service.ts'
import { assertAccessible, openChromium, visitor } from './chromium.ts'
import { guestStates } from './shots.guest.ts'

test('every state of the pages for guests is reached, and axe finds nothing in it', { timeout: 900_000 }, async (t) => {
  const browser = await openChromium(t)
  const installation = await freshInstallation(t)
  for (const state of await guestStates({ installation, browser }))
    await t.test(state.name, async () => {
      const visit = await visitor(browser, { reducedMotion: 'reduce', ...state.as })
      // what a state is about: refused passwords, ended and withdrawn links, galleries that are not there, a line that is cut
      visit.expect(/^(401|404|409|410) \/(api\/)?[gd]\/|^ERR_FAILED/)
      await state.open(visit.page)
      await assertAccessible(visit.page, state.name, [320, 390, 1440])
      visit.assertQuiet()
      await visit.context.close()
    })
})
