/** A real Chromium, people at it who have never been here, and what their pages complain about. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import type { TestContext } from 'node:test'
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Locator, type Page } from 'playwright-core'
import { root, until } from '../journeys/service.ts'

export const program = '/usr/bin/chromium'
export const args =
  '--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync'

/** How long a step on a page may take: far more than it does, for machines that are busy with other things. */
export const patience = 60_000

export interface Visitor {
  context: BrowserContext
  page: Page
  /** What the visit brings about on purpose and a browser reports as an error: answers, as `401 /api/g/mara`, or its words. */
  expect(complaints: RegExp): void
  /** No page of the visit wrote anything else into its console: no error, no breach of our content policy. */
  assertQuiet(): void
}

/** Builds the web app as `npm start` does, and opens a Chromium with a fresh profile that ends with the test. */
export async function openChromium(t: TestContext): Promise<Browser> {
  if (!existsSync(program)) throw new Error('These tests need Chromium: install the Debian package chromium (apt-get install chromium).')
  execFileSync(process.execPath, [path.join(root, 'web/build.ts')], { stdio: 'inherit' })
  const browser = await chromium.launch({ executablePath: program, args: args.split(' ') })
  t.after(() => browser.close())
  return browser
}

/** Somebody with a browser of their own: no cookies, nothing remembered. */
export async function visitor(browser: Browser, options: BrowserContextOptions = {}): Promise<Visitor> {
  const context = await browser.newContext({ locale: 'en-GB', viewport: { width: 1440, height: 900 }, ...options })
  context.setDefaultTimeout(patience)
  const heard: { text: string; answer?: string }[] = []
  const expected: RegExp[] = []
  context.on('console', (message) => {
    if (!['error', 'warning'].includes(message.type())) return
    const text = message.text()
    const status = /the server responded with a status of (\d+)/.exec(text)?.[1] ?? /net::(ERR_\w+)/.exec(text)?.[1]
    const { url } = message.location()
    heard.push({ text: `${text} (${url})`, answer: status && `${status} ${URL.parse(url)?.pathname}` })
  })
  context.on('weberror', (error) => heard.push({ text: String(error.error().stack) }))
  return {
    context,
    page: await context.newPage(),
    expect: (complaints) => void expected.push(complaints),
    assertQuiet() {
      const wrong = heard.filter(({ text, answer }) => !expected.some((pattern) => pattern.test(answer ?? text)))
      assert.deepEqual(
        wrong.map(({ text }) => text),
        [],
      )
    },
  }
}

/** Waits until so many of the pictures have been drawn, each at least so wide. */
export async function drawn(pictures: Locator, count: number, width = 1): Promise<void> {
  const wide = () => pictures.evaluateAll((all, width) => all.filter((picture) => picture.naturalWidth >= width).length, width)
  await until(async () => (await wide()) === count, { what: `${count} pictures`, ms: patience, every: 50 })
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** On a phone: what is pressed is 44 px high and wide at least. */
const tooSmall = `[...document.querySelectorAll('.button, .chip, .tab, .menu-item, .yarl__button, .stars button, .heart, select, summary')]
  .filter((one) => one.checkVisibility({ visibilityProperty: true }))
  .map((one) => ({ one, box: one.getBoundingClientRect() }))
  .filter(({ box }) => box.width > 2 && (box.width < 43.5 || box.height < 43.5))
  .map(({ one, box }) => (one.ariaLabel || one.textContent).trim().slice(0, 30) + ' ' + Math.round(box.width) + ' x ' + Math.round(box.height))`

/** The rules that look at colours: all that another theme can change. */
const ofColours = ['color-contrast', 'link-in-text-block']

/** No page is a barrier: axe finds nothing, in both themes, on a phone and on a desktop; and no page is wider than its window. */
export async function assertAccessible(page: Page, what: string, widths = [390, 1440]): Promise<void> {
  const before = page.viewportSize()
  const found: string[] = []
  // by way of the debugger: our content policy would refuse a script in the page
  if (!(await page.evaluate<boolean>('"axe" in window'))) await page.evaluate(`${axe}; undefined`)
  for (const width of widths) {
    await page.setViewportSize({ width, height: width < 640 ? 844 : 900 })
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      const { violations } = await page.evaluate<AxeResult>(`(async () => {
        const ending = document.getAnimations().filter((a) => a.effect.getComputedTiming().endTime !== Infinity)
        await Promise.all(ending.map((a) => a.finished.catch(() => {})))
        return axe.run(document, { resultTypes: ['violations']${colorScheme === 'dark' ? `, runOnly: ${JSON.stringify(ofColours)}` : ''} })
      })()`)
      for (const { id, help, nodes } of violations)
        found.push(`${what}, ${width} px, ${colorScheme}: ${id} (${help}) at ${nodes.map((node) => node.target.join(' ')).join('; ')}`)
      if (await page.evaluate<boolean>('document.documentElement.scrollWidth > innerWidth'))
        found.push(`${what}, ${width} px: the page is wider than its window`)
    }
    if (width < 640)
      for (const small of await page.evaluate<string[]>(tooSmall)) found.push(`${what}, ${width} px: too small for a thumb: ${small}`)
  }
  await page.emulateMedia({ colorScheme: null, reducedMotion: null })
  if (before) await page.setViewportSize(before)
  assert.deepEqual(found, [])
}

/**
 * A page of the studio in three languages, from 320 px on: it has room for them, and no word is missing. What axe looks at does not
 * change with the language; so this is done in the same page, which takes up another language where it stands.
 */
export async function assertSpoken(page: Page, what: string): Promise<void> {
  const before = page.viewportSize()
  const found: string[] = []
  for (const language of ['de', 'ru', 'en']) {
    await speak(page, language)
    for (const width of language === 'en' ? [320] : [320, 390, 1440]) {
      await page.setViewportSize({ width, height: width < 640 ? 844 : 900 })
      for (const fault of await page.evaluate<string[]>(faultsOfText)) found.push(`${what}, ${width} px, ${language}: ${fault}`)
    }
  }
  if (before) await page.setViewportSize(before)
  assert.deepEqual(found, [])
}

/** The page takes up another language, as when somebody chooses it in their browser. */
export async function speak(page: Page, language: string): Promise<void> {
  await page.evaluate(`Object.defineProperty(navigator, 'languages', { value: ['${language}'], configurable: true })
    dispatchEvent(new Event('languagechange'))`)
  const spoken = () => page.evaluate<string>('document.documentElement.lang')
  await until(async () => (await spoken()) === language, { what: `the words of ${language}`, ms: patience, every: 20 })
}

/** What stands beyond the window, and words that were meant for programs. */
const faultsOfText = `(() => {
  const found = []
  if (document.documentElement.scrollWidth > innerWidth) {
    const beyond = [...document.body.querySelectorAll('*')].filter((one) => one.getBoundingClientRect().right > innerWidth + 1)
    found.push('the page is wider than its window by ' + (beyond.at(-1)?.className || beyond.at(-1)?.tagName))
  }
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  while (texts.nextNode()) {
    const { data, parentElement } = texts.currentNode
    if (parentElement.closest('code, pre, textarea, script, style, .secret, [contenteditable]')) continue
    const raw = /\\b(undefined|NaN)\\b|\\[object |\\b[a-z]{2,}_[a-z_]{2,}\\b/.exec(data)
    if (raw) found.push('it says ' + raw[0] + ' in “' + data.slice(0, 60) + '”')
  }
  return found
})()`

interface AxeResult {
  violations: { id: string; help: string; nodes: { target: string[] }[] }[]
}

/** Runs steps in their order; after one that failed the others cannot be judged. */
export function stepsOf(t: TestContext): (name: string, work: () => Promise<void>) => Promise<void> {
  let broken = false
  return async (name, work) => {
    await t.test(name, { skip: broken && 'an earlier step failed' }, async () => {
      broken = true
      await work()
      broken = false
    })
  }
}
