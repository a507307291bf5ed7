/** The sample gallery by result: pictures that another program reads, shown like any others. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import sharp from 'sharp'
import type { Gallery, Item, Page, Sampled } from '../../../sdk/src/wire.ts'
import { type Served, served } from '../../../test/served.ts'

let s: Served
before(async () => {
  s = await served()
  await s.world.work()
})
after(() => s?.close())

test('a sample gallery has twelve different pictures in three formats, with previews, and can be published', async () => {
  const { body: gallery } = await s.ida.ask<Gallery>('/api/galleries', { method: 'POST', body: { title: 'A look around' } })
  const { status, body } = await s.ida.ask<Sampled>(`/api/galleries/${gallery.id}/sample`, { method: 'POST' })
  assert.deepEqual([status, body], [200, { added: 12 }])
  const items = await s.world.until(async () => {
    const { rows } = (await s.ida.ask<Page<Item>>(`/api/galleries/${gallery.id}/items`)).body
    return rows.every((item) => item.render_state === 'done') && rows
  }, 'the previews')
  assert.deepEqual(items.map(({ name }) => name).slice(0, 2), ['evening-01.jpg', 'evening-02.jpg'])
  assert.deepEqual([...new Set(items.map(({ width, height }) => `${width}×${height}`))], ['2400×1600', '1600×2400', '2400×1350'])
  const answer = await fetch(`${s.url}${items[0]!.preview}`, { headers: s.ida.headers() })
  const { channels, entropy } = await sharp(Buffer.from(await answer.arrayBuffer())).stats()
  assert.ok(channels.every(({ stdev }) => stdev > 10) && entropy > 4, 'it is a picture, not a plain colour')
  assert.equal((await s.ida.ask(`/api/galleries/${gallery.id}/publish`, { method: 'POST', body: {} })).status, 202)
})
