/** A state of a page is looked at: by axe in both themes on phone and desktop, and in three languages; with SHOTS a picture of each is kept. */
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import type { Page } from 'playwright-core'
import { assertAccessible, assertSpoken } from './chromium.ts'

/** `SHOTS` names the folder of the pictures. */
export async function lookAt(page: Page, name: string): Promise<void> {
  await page.evaluate('document.fonts.ready')
  if (process.env.SHOTS) await shoot(page, name, process.env.SHOTS)
  await assertAccessible(page, name)
  await assertSpoken(page, name)
}

async function shoot(page: Page, name: string, folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true })
  const before = page.viewportSize()
  for (const [what, width, height, colorScheme] of [
    ['desktop', 1440, 900, 'light'],
    ['phone-dark', 390, 844, 'dark'],
  ] as const) {
    await page.setViewportSize({ width, height })
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    await page.screenshot({ path: path.join(folder, `${name}-${what}.jpg`), type: 'jpeg', quality: 80, fullPage: true })
  }
  await page.emulateMedia({ colorScheme: null, reducedMotion: null })
  if (before) await page.setViewportSize(before)
}
