/** A download in a real Chromium by somebody who presses Resume whenever the browser has given up by itself. */
import { existsSync, mkdirSync, readdirSync, renameSync, statSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { chromium } from 'playwright-core'
import { until } from '../journeys/service.ts'
import { args, program } from './chromium.ts'

/** Opens the link, goes on until a file of that size is there, and answers its path. */
export async function downloadInChromium(link: string, folder: string, size: number): Promise<string> {
  const downloadsPath = path.join(folder, 'downloads')
  mkdirSync(downloadsPath, { recursive: true })
  const profile = path.join(folder, 'profile')
  const context = await chromium.launchPersistentContext(profile, { executablePath: program, args: args.split(' '), downloadsPath })
  try {
    const page = await context.newPage()
    const begun = page.waitForEvent('download')
    // an address that becomes a download is a page that was not shown
    await page.goto(link).catch(() => undefined)
    await begun
    const list = await context.newPage()
    await list.goto('chrome://downloads')
    const item = list.locator('downloads-item').first()
    await item.waitFor()
    const whole = await until(
      async () => {
        const files = readdirSync(downloadsPath).map((name) => path.join(downloadsPath, name))
        // it gets its name when it has ended
        const ended = files.find((file) => existsSync(file) && !file.endsWith('.crdownload') && statSync(file).size === size)
        if (ended) return ended
        // five breaks it mends by itself; then it says that it failed
        if (await item.getByText(/^Failed/).isVisible()) {
          // while one looks it may have gone on after all
          const press = { timeout: 1000 }
          await item
            .locator('#more-actions')
            .click(press)
            .catch(() => undefined)
          await item
            .locator('#pause-or-resume')
            .click(press)
            .catch(() => undefined)
        }
        await sleep(100)
        return undefined
      },
      { what: 'the end of the download in Chromium', ms: 1_200_000 },
    )
    // what lies in its folder goes with the browser
    const kept = path.join(folder, 'large.zip')
    renameSync(whole, kept)
    return kept
  } finally {
    await context.close()
  }
}
