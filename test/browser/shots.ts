/**
 * `npm run shots`: pictures of every state of every page, on a desktop and a phone, in both themes, into a folder outside of git.
 * `npm run shots -- --only guest --state lightbox --out /tmp/shots`; `--locale de-DE`, `--width 320` (a phone
 * alone). `--state` is a regular expression. Look at them; what is ugly is a fault.
 * A program's states are a table in a file of its own beside this one: a name, and the way to it.
 */
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import type { TestContext } from 'node:test'
import { parseArgs } from 'node:util'
import type { BrowserContextOptions } from 'playwright-core'
import { freshInstallation } from '../journeys/service.ts'
import { openChromium, speak, visitor } from './chromium.ts'
import { guestStates } from './shots.guest.ts'
import { narrowStates } from './shots.narrow.ts'
import type { Stage, State } from './shots.state.ts'
import { studioStates } from './shots.studio.ts'
import { workStates } from './shots.work.ts'

const programs: Record<string, (stage: Stage) => Promise<State[]>> = {
  guest: guestStates,
  narrow: narrowStates,
  studio: studioStates,
  work: workStates,
}

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    state: { type: 'string' },
    locale: { type: 'string', default: 'en-GB' },
    width: { type: 'string' },
    out: { type: 'string', default: '/tmp/keepsake-shots' },
  },
})
const sizes: Record<string, BrowserContextOptions> = {
  desktop: { viewport: { width: 1440, height: 900 } },
  phone: { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 },
}
const shown = values.width ? { phone: { ...sizes.phone, viewport: { width: Number(values.width), height: 844 } } } : sizes
/** Ways through the studio are told in English; it takes up another language where it stands. */
const isStudio = (program: string) => program === 'studio' || program === 'work'
const ends: (() => unknown)[] = []
// what tests clear away at their end, we clear away at ours
const t = { after: (end: () => unknown) => void ends.push(end) } as unknown as TestContext
try {
  const browser = await openChromium(t)
  for (const [program, statesOf] of Object.entries(programs)) {
    if (values.only && values.only !== program) continue
    const installation = await freshInstallation(t)
    mkdirSync(path.join(values.out, program), { recursive: true })
    for (const state of await statesOf({ installation, browser })) {
      if (values.state && !new RegExp(values.state).test(state.name)) continue
      for (const [size, options] of Object.entries(shown))
        for (const colorScheme of ['light', 'dark'] as const) {
          const { context, page } = await visitor(browser, {
            locale: isStudio(program) ? 'en-GB' : values.locale,
            colorScheme,
            reducedMotion: 'reduce',
            ...options,
            ...state.as,
          })
          const file = path.join(values.out, program, `${state.name}-${size}-${colorScheme}.png`)
          try {
            await state.open(page)
            if (isStudio(program) && state.as?.storageState) await speak(page, values.locale.slice(0, 2))
            await page.evaluate('document.fonts.ready')
            await page.waitForTimeout(300)
            await page.screenshot({ path: file })
            process.stdout.write(`${file}\n`)
          } catch (error) {
            process.exitCode = 1
            process.stdout.write(`${file}: ${String(error).split('\n').slice(0, 12).join('\n')}\n`)
          }
          await context.close()
        }
    }
  }
} finally {
  for (const end of ends.reverse()) await end()
}
