/** Somebody without a mouse: walks by Tab, and sees at every stop where they are. */
import assert from 'node:assert/strict'
import type { Locator, Page } from 'playwright-core'

// a page of ours has no more stops than that before what it is for
const most = 60

/** Tabs on (or back) until the focus is at `target`; every stop on the way can be seen. */
export async function tabTo(page: Page, target: Locator, { back = false } = {}): Promise<void> {
  await target.waitFor()
  const seen: string[] = []
  for (let n = 0; n < most; n++) {
    if (await target.evaluate((one) => one === one.ownerDocument.activeElement)) return
    await page.keyboard.press(back ? 'Shift+Tab' : 'Tab')
    const stop = await page.evaluate<Stop | null>(stopped)
    if (!stop) continue
    assert.ok(stop.marked, `the focus at ${stop.name} cannot be seen`)
    assert.ok(stop.inSight, `the focus at ${stop.name} is outside of the window`)
    seen.push(stop.name)
  }
  assert.fail(`the focus never came to ${target}; it was at ${seen.join(' > ')}`)
}

/** Goes there by Tab and presses it. */
export async function press(page: Page, target: Locator): Promise<void> {
  await tabTo(page, target)
  await page.keyboard.press('Enter')
}

/** Goes there by Tab and writes. */
export async function write(page: Page, target: Locator, text: string): Promise<void> {
  await tabTo(page, target)
  await page.keyboard.type(text)
}

interface Stop {
  name: string
  marked: boolean
  inSight: boolean
}

/** Where the focus is; null: at the page as a whole. */
const stopped = `(() => {
  const one = document.activeElement
  if (!one || one === document.body || one.localName === 'iframe') return null
  const { outlineStyle, outlineWidth } = getComputedStyle(one)
  const box = one.getBoundingClientRect()
  return {
    name: (one.getAttribute('aria-label') || one.textContent || one.name || one.localName).trim().slice(0, 40),
    marked: one.matches(':focus-visible') && outlineStyle !== 'none' && parseFloat(outlineWidth) >= 1,
    inSight: box.width > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
  }
})()`
