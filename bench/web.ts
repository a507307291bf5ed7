/** The page of a gallery on a slow phone (390 px, 1.6 Mbit/s, 150 ms, a processor four times slower), in a real Chromium. */
import { execFileSync } from 'node:child_process'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Browser, chromium, type Page } from 'playwright-core'
import { args, program } from '../test/browser/chromium.ts'
import type { Options } from './build.ts'
import { capture, median } from './measure.ts'
import { figure, printLoad, printTable, target } from './report.ts'
import { startService } from './service.ts'

const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true }
const line = { offline: false, latency: 150, downloadThroughput: 1.6e6 / 8, uploadThroughput: 750e3 / 8 }
const galleries = [2000, 10_000]

interface Seen {
  lcp: number
  cls: number
  /** compressed, KB, of all scripts of a page that nobody has touched yet */
  js: number
  /** until the first photo of the wall has its picture, ms */
  photos: number
  nodes: number
  /** the longest frame while scrolling to the end, ms, and how long all of it took */
  frame: number
  scroll: number
  /** the dearest frame of the page's thread while scrolling, processor ms of a machine that is not throttled, four times */
  task: number
}

export async function benchWeb({ scratch, runs }: Options): Promise<void> {
  execFileSync(process.execPath, [path.join(import.meta.dirname, '../web/build.ts')], { stdio: 'inherit' })
  const data = path.join(scratch, 'web')
  const wishes = galleries.map((count) => `photos-${count}=${count}`)
  const { code, stderr } = await capture([
    'env',
    `KEEPSAKE_DATA=${data}`,
    process.execPath,
    path.join(import.meta.dirname, 'seed-web.ts'),
    ...wishes,
  ])
  if (code !== 0) throw new Error(stderr)
  const service = await startService(data, 'web')
  const browser = await chromium.launch({ executablePath: program, args: args.split(' ') })
  try {
    const rows: string[][] = []
    for (const count of galleries) {
      const seen: Seen[] = []
      for (let n = 0; n < runs; n++) seen.push(await visit(browser, `${service.url}/g/photos-${count}`))
      const of = (name: keyof Seen) => median(seen.map((one) => one[name]))
      const most = (name: keyof Seen) => Math.max(...seen.map((one) => one[name]))
      rows.push([
        String(count),
        figure(of('lcp') / 1000),
        of('cls').toFixed(4),
        figure(of('js')),
        figure(of('photos') / 1000),
        most('nodes').toFixed(0),
        most('frame').toFixed(0),
        most('task').toFixed(0),
        figure(of('scroll') / 1000),
      ])
      target({ what: `guest page of ${count} photos, LCP`, limit: 2, value: of('lcp') / 1000, unit: 's' })
      target({ what: `guest page of ${count} photos, CLS`, limit: 0.02, value: of('cls') })
      target({ what: `guest page of ${count} photos, JavaScript before the first view`, limit: 30, value: of('js'), unit: 'KB' })
      target({ what: `guest page of ${count} photos, DOM nodes`, limit: 600, value: most('nodes') })
      target({
        what: `guest page of ${count} photos, longest frame while scrolling to the end`,
        limit: 250,
        value: most('frame'),
        unit: 'ms',
        note: 'on a machine with other work it tells of that, the next line does not',
      })
      target({ what: `guest page of ${count} photos, processor of the dearest frame × 4`, limit: 250, value: most('task'), unit: 'ms' })
      printLoad(`after ${count} photos`)
    }
    printTable(
      `Guest page on a slow phone, ${runs} runs each: medians, of nodes and frames the worst`,
      ['photos', 'LCP s', 'CLS', 'JS KB', 'first photos s', 'DOM nodes', 'longest frame ms', 'dearest frame, CPU ms × 4', 'scrolled in s'],
      rows,
    )
  } finally {
    await browser.close()
    await service.stop()
  }
}

async function visit(browser: Browser, address: string): Promise<Seen> {
  const context = await browser.newContext(phone)
  context.setDefaultTimeout(120_000)
  const page = await context.newPage()
  const session = await context.newCDPSession(page)
  await session.send('Network.enable')
  await session.send('Network.emulateNetworkConditions', line)
  await session.send('Emulation.setCPUThrottlingRate', { rate: 4 })
  let js = 0
  const scripts = new Set<string>()
  session.on('Network.responseReceived', ({ requestId, type }) => type === 'Script' && scripts.add(requestId))
  session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    if (scripts.has(requestId)) js += encodedDataLength
  })
  await page.addInitScript(watch)
  await page.goto(address, { waitUntil: 'commit' })
  while (!(await page.evaluate<number>('window.seen.photos'))) await sleep(50)
  await page.waitForLoadState('networkidle')
  // the first photos do not wait for all of it
  const loaded = js / 1000
  // scrolling is about the processor; the line has had its turn
  await session.send('Network.emulateNetworkConditions', { ...line, latency: 0, downloadThroughput: -1, uploadThroughput: -1 })
  const scrolled = await scrollToEnd(page)
  // once more from the top: on a machine with other work only processor time tells
  await session.send('Emulation.setCPUThrottlingRate', { rate: 1 })
  await page.evaluate('scrollTo(0, 0)')
  await sleep(500)
  await browser.startTracing(page, { categories: ['toplevel', 'devtools.timeline', '__metadata'] })
  await scrollToEnd(page)
  const task = 4 * dearestFrame(await browser.stopTracing())
  const found = await page.evaluate<Pick<Seen, 'lcp' | 'cls' | 'photos'>>('window.seen')
  await context.close()
  return { ...found, js: loaded, ...scrolled, task }
}

/** Processor ms of the dearest frame: all that a page's thread does from one frame to the next. */
function dearestFrame(trace: Buffer): number {
  type Event = { name: string; pid: number; tid: number; ts: number; tdur?: number; args?: { name?: string } }
  const { traceEvents } = JSON.parse(trace.toString()) as { traceEvents: Event[] }
  const mains = new Set(
    traceEvents.filter((e) => e.name === 'thread_name' && e.args?.name === 'CrRendererMain').map((e) => `${e.pid} ${e.tid}`),
  )
  const own = traceEvents.filter((e) => mains.has(`${e.pid} ${e.tid}`)).sort((a, b) => a.ts - b.ts)
  const frames = [0]
  for (const { name, tdur } of own) {
    if (name === 'ThreadControllerImpl::RunTask') frames[frames.length - 1]! += (tdur ?? 0) / 1000
    if (name === 'FireAnimationFrame') frames.push(0)
  }
  return Math.max(...frames)
}

/** In the page from its beginning. */
const watch = `
window.seen = { lcp: 0, cls: 0, photos: 0 }
document.addEventListener('load', ({ target }) => { if (target.closest?.('.wall')) window.seen.photos ||= performance.now() }, true)
new PerformanceObserver((list) => { for (const entry of list.getEntries()) window.seen.lcp = entry.startTime }).observe({ type: 'largest-contentful-paint', buffered: true })
new PerformanceObserver((list) => { for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.seen.cls += entry.value }).observe({ type: 'layout-shift', buffered: true })
`

/** As fast as a thumb that flings: two and a half screens a frame. */
async function scrollToEnd(page: Page): Promise<Pick<Seen, 'nodes' | 'frame' | 'scroll'>> {
  return page.evaluate<Pick<Seen, 'nodes' | 'frame' | 'scroll'>>(`new Promise((done) => {
    let last = performance.now()
    const began = last
    let frame = 0
    let nodes = 0
    let n = 0
    const step = (now) => {
      frame = Math.max(frame, now - last)
      last = now
      if (n++ % 10 === 0) nodes = Math.max(nodes, document.querySelectorAll('*').length)
      if (scrollY + innerHeight >= document.documentElement.scrollHeight - 2) return done({ frame, nodes, scroll: now - began })
      scrollBy(0, innerHeight * 2.5)
      requestAnimationFrame(step)
    }
    requestAnimationFrame((now) => { last = now; requestAnimationFrame(step) })
  })`)
}
