import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setClock } from '../../../test/world.ts'
import { providersInTurn } from './turns.ts'

const at = 'https://cdn.example.com/a.mp3'

test('fetches that come together begin evenly, each provider for itself', { timeout: 300_000 }, async () => {
  const providers = providersInTurn({ clock: setClock(), perSecond: 50 })
  const began = performance.now()
  const ends: number[] = []
  const turn = (name: string, url: string) => providers.turn(name, url).then(() => ends.push(performance.now() - began))
  await Promise.all(Array.from({ length: 6 }, () => turn('suno', at)))
  ends.sort((a, b) => a - b)
  for (const [n, ms] of ends.entries()) assert.ok(ms >= n * 20 - 2, `${n} after ${ms} ms`)
  // whoever waited here would wait for more than a quarter of an hour
  const slow = providersInTurn({ clock: setClock(), perSecond: 0.001 })
  await slow.turn('suno', at)
  await Promise.all([slow.turn('mureka', at), slow.turn('generic', at), slow.turn('generic', 'https://other.example.com/')])
})

test('a pause holds for everybody until its end by the clock, and a shorter one does not shorten it', async () => {
  const clock = setClock()
  const providers = providersInTurn({ clock, perSecond: 1000 })
  providers.pause('suno', at, 60_000)
  providers.pause('suno', at, 1000)
  const busy = { code: 'remote_busy', facts: { retryAfterMs: 60_000 } }
  await assert.rejects(providers.turn('suno', 'https://elsewhere.example.com/'), busy)
  await providers.turn('mureka', at)
  await providers.turn('generic', at)
  clock.advance(60_000)
  await providers.turn('suno', at)
  // of a provider that nobody knows its hosts are paused one by one
  providers.pause('generic', at, 1000)
  await assert.rejects(providers.turn('generic', at), { code: 'remote_busy' })
  await providers.turn('generic', 'https://other.example.com/')
})

test('who waits and is told to stop stops', async () => {
  const providers = providersInTurn({ clock: setClock(), perSecond: 0.01 })
  await providers.turn('suno', at)
  await assert.rejects(providers.turn('suno', at, AbortSignal.abort(new Error('home'))), /home/)
  const stop = new AbortController()
  setTimeout(() => stop.abort(new Error('later')), 20)
  await assert.rejects(providers.turn('suno', at, stop.signal), /later/)
})
