/** No byte that somebody uploads runs on our origin: opened in a real browser in every way that an address can be opened. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { DetailedError } from 'tus-js-client'
import type { Item } from '../../sdk/src/wire.ts'
import { allOf, createGallery, publish, readyArchive, signIn } from '../journeys/people.ts'
import { type Photo, sendPhoto, sha256 } from '../journeys/sending.ts'
import { freshInstallation, until } from '../journeys/service.ts'
import { photoBytes } from '../pictures.ts'
import { drawn, openChromium, visitor } from './chromium.ts'
import { setUpByHand } from './studio.ts'

const script = 'globalThis.ran?.(location.href)'
const page = `<script>${script}</script><img src=x onerror="${script}">`
const html = `<!doctype html><title>page</title>${page}`
const svg = `<svg xmlns="http://www.w3.org/2000/svg" onload="${script}"><script>${script}</script></svg>`
const hostileName = `"><img src=x onerror="${script}">.jpg`

test('no uploaded byte runs on our origin', { timeout: 600_000 }, async (t) => {
  const browser = await openChromium(t)
  const installation = await freshInstallation(t)
  const ida = await visitor(browser)
  const ran: string[] = []
  // every page and frame of this browser can call it, whatever policy it has
  await ida.context.exposeBinding('ran', (_source, where: string) => void ran.push(where))
  const service = await installation.start()
  await setUpByHand(ida.page, service)
  const address = new URL(ida.page.url()).origin
  const person = await signIn(installation)
  const gallery = await createGallery(person, { title: `<script>${script}</script> & Jonas` })
  const jpeg = await photoBytes(3, { width: 640, height: 400 })

  await t.test('pages and drawings are refused, whatever their names say', async () => {
    const refused = [html, svg, `<?xml version="1.0"?>${svg}`, `\ufeff${html}`, `GIF8;${html}`, `ID3${html}`, `RIFF${html}`]
    for (const [n, text] of refused.entries()) {
      const sending = sendPhoto(installation, person, gallery.id, fileOf(`${n}.jpg`, text))
      await assert.rejects(sending, (error) => error instanceof DetailedError && error.originalResponse?.getStatus() === 415, text)
    }
  })

  // true pictures and sounds, as far as any program can tell, that are pages or scripts as well
  const kept = [
    fileOf(hostileName, Buffer.concat([jpeg.subarray(0, 2), comment(html), jpeg.subarray(2), Buffer.from(html)])),
    fileOf('tail.html', Buffer.concat([jpeg, Buffer.from(html)])),
    fileOf('drawing.svg', Buffer.concat([jpeg, Buffer.from(svg)])),
    fileOf('script.gif', Buffer.from(`GIF89a=\n1;${script};/*${'\0'.repeat(32)}*/`, 'latin1')),
    fileOf('song.mp3', song(html)),
  ]
  const addresses: string[] = []

  await t.test('control: these very bytes do run where a server is careless', async () => {
    const careless = await carelessServer(t, kept)
    const tab = await ida.context.newPage()
    for (const n of kept.keys()) {
      ran.length = 0
      await tab.goto(`${careless}/${n}`)
      await until(() => ran.length > 0, { what: `the script in ${kept[n]!.name}` })
    }
    await tab.close()
    ran.length = 0
  })

  await t.test('what is a picture and a page at once is kept, and saved instead of opened', async () => {
    for (const file of kept) await sendPhoto(installation, person, gallery.id, file)
    const items = await allOf<Item>(person, `/api/galleries/${gallery.id}/items`)
    assert.equal(items.length, kept.length)
    addresses.push(...items.map((item) => `${address}/media/${item.asset_id}/original`))
    for (const [n, url] of addresses.entries()) {
      const tab = await ida.context.newPage()
      const begun = tab.waitForEvent('download')
      await tab.goto(url).catch(() => {})
      assert.equal(sha256(readFileSync(await (await begun).path())), kept[n]!.sha256)
      assert.equal(tab.url(), 'about:blank', 'the tab has not gone there')
      await tab.close()
    }
    assert.deepEqual(ran, [])
  })

  await t.test('inside our own pages it is a picture at most', async () => {
    const shown = await ida.page.evaluate<number>(`(${insertEverywhere})(${JSON.stringify(addresses)})`)
    assert.ok(shown >= 3, 'as pictures they are shown')
    assert.deepEqual(ran, [])
    // control: with a careless answer each of those ways that can run something does
    await ida.context.route('**/media/*/original', async (route) => {
      const contentType = route.request().resourceType() === 'script' ? 'text/javascript' : 'text/html'
      await route.fulfill({ contentType, body: await (await route.fetch()).body() })
    })
    await ida.page.evaluate(`(${insertEverywhere})(${JSON.stringify(addresses)})`)
    await until(() => ran.length > 0, { what: 'the script' })
    await ida.context.unrouteAll()
    ran.length = 0
  })

  await t.test('names and titles are words on every page, and never markup', async () => {
    await publish(person, gallery.id)
    await readyArchive(person, gallery.id)
    await ida.page.goto(`${address}/galleries/${gallery.slug}`)
    await drawn(ida.page.getByRole('img', { name: hostileName }), 1)
    await ida.page.goto(`${address}/g/${gallery.slug}`)
    await ida.page.getByRole('heading', { name: gallery.title, level: 1 }).waitFor()
    await ida.page.getByRole('link', { name: hostileName }).first().click()
    await drawn(ida.page.getByRole('dialog').getByRole('img', { name: hostileName }), 1)
    const items = await allOf<Item>(person, `/api/galleries/${gallery.id}/items`)
    for (const { preview } of items) if (preview) await ida.page.goto(address + preview)
    assert.deepEqual(ran, [])
    const turned = await createGallery(person, { title: 'Turned \u202eround' })
    await ida.page.goto(`${address}/galleries`)
    const link = `a[href="/galleries/${turned.slug}"]`
    await ida.page.locator(link).first().waitFor()
    const direction = await ida.page.evaluate<string>(`getComputedStyle(document.querySelector('${link}')).unicodeBidi`)
    assert.equal(direction, 'isolate', 'what stands beside it is not turned')
  })
})

function fileOf(name: string, content: string | Buffer): Photo {
  const bytes = Buffer.from(content as Buffer)
  return { name, bytes, sha256: sha256(bytes) }
}

/** A comment of a JPEG (ITU-T T.81 B.2.4.5). */
function comment(text: string): Buffer {
  const head = Buffer.from([0xff, 0xfe, 0, 0])
  head.writeUInt16BE(text.length + 2, 2)
  return Buffer.concat([head, Buffer.from(text)])
}

/** An MP3 of one silent frame, with a text where its title should be (ID3v2.4, 3.1: lengths have seven bits a byte). */
function song(text: string): Buffer {
  const head = Buffer.from([0x49, 0x44, 0x33, 4, 0, 0, 0, 0, text.length >> 7, text.length & 127])
  const frame = Buffer.alloc(417)
  frame.writeUInt32BE(0xfffb9064)
  return Buffer.concat([head, Buffer.from(text), frame, frame])
}

/** Says of every file that it is a page; of a script, that it is one, in a page that asks for it. */
async function carelessServer(t: TestContext, files: Photo[]): Promise<string> {
  const server = createServer((request, response) => {
    const [, n, asScript] = request.url!.split('/')
    const file = files[Number(n)]
    if (!file) return response.writeHead(404).end()
    if (asScript) return response.writeHead(200, { 'content-type': 'text/javascript' }).end(file.bytes)
    response.writeHead(200, { 'content-type': 'text/html; charset=latin1' })
    response.end(file.name.startsWith('script') ? `<!doctype html><script src="/${n}/script"></script>` : file.bytes)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** In the page: brings every address in by every way there is; answers how many were drawn as pictures. */
const insertEverywhere = `async (addresses) => {
  const ways = { img: 'src', iframe: 'src', embed: 'src', object: 'data', script: 'src', audio: 'src', video: 'src', link: 'href' }
  let shown = 0
  const settled = (element) => new Promise((done) => {
    element.onload = element.onerror = done
    // pictures always tell; not every other way does
    setTimeout(done, element.tagName === 'IMG' ? 60000 : 2000)
  })
  await Promise.all(addresses.flatMap((address) => [
    ...Object.entries(ways).map(async ([tag, name]) => {
      const element = document.createElement(tag)
      if (tag === 'link') element.rel = 'stylesheet'
      element[name] = address
      document.body.append(element)
      await settled(element)
      if (tag === 'img' && element.naturalWidth > 0) shown++
    }),
    import(address).catch(() => {}),
    navigator.serviceWorker?.register(address).catch(() => {}),
    settled(new Worker(address)),
    settled(new Worker(address, { type: 'module' })),
  ]))
  return shown
}`
