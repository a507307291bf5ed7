import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { sha256 } from '../../../test/journeys/sending.ts'
import { type RetiredWorld, stores } from '../../../test/retired.ts'
import { days, hours } from '../../base/clock.ts'
import { listStored } from '../../data/assets.ts'
import { findGallery } from '../../data/galleries.ts'
import type { Storage } from '../../ports/storage/port.ts'
import { readRange } from '../../ports/storage/samples.ts'
import { reconcile } from '../operations/reconcile.ts'
import { hydrate } from './hydrate.ts'
import { restore } from './restore.ts'

const go = new AbortController().signal

/** Its process dies at the n-th call, before it or when it has happened: from then on the store hears nothing of it. */
function dying(storage: Storage, at: number, happens: boolean): Storage {
  let calls = 0
  const dead = () => Promise.reject(new Error('killed'))
  return new Proxy(storage, {
    get(target, name) {
      const value = target[name as keyof Storage]
      if (typeof value !== 'function') return value
      return async (...args: unknown[]) => {
        calls++
        if (calls > at || (calls === at && !happens)) return dead()
        const answer = await (value as (...args: unknown[]) => Promise<unknown>).apply(target, args)
        return calls === at ? dead() : answer
      }
    },
  })
}

for (const store of await stores())
  describe(`taking originals out ${store.name}`, { skip: store.skip }, () => {
    let world: RetiredWorld
    before(async () => {
      world = await store.world()
    })
    after(() => world.close())

    test('killed at twenty points it goes on, every photo can be read all the while, the archive is never touched, and nothing is left over', async () => {
      const { gallery, sent } = await world.published(5)
      const { id } = gallery
      for (let at = 1; at <= 20; at++) {
        const final = await world.archived(id)
        await world.purged(id)
        await restore(world.deps, id, { expiresAt: null })
        await assert.rejects(restore(world.deps, id, { expiresAt: null }), { code: 'not_archived' })
        const storage = dying(world.deps.storage, at, at % 2 === 0)
        await hydrate({ ...world.deps, storage }, id, go).catch((error: unknown) => assert.match(String(error), /killed/))
        assert.deepEqual(await world.sums(id), sent, `killed at ${at}`)
        await hydrate(world.deps, id, go)
        assert.deepEqual(await world.sums(id), sent)
        const now = await listStored(world.deps.db, id)
        assert.ok(now.every(({ state, storageOffset }) => state === 'stored' && storageOffset === 0))
        assert.equal((await findGallery(world.deps.db, id))!.hydrating, false)
        assert.equal(sha256(await readRange(world.deps.storage, final.storageKey!, 0, final.fileSizeBytes)), final.checksum)
      }
      world.clock.advance(days(1) + hours(1))
      await reconcile(world.deps)
      assert.equal((await world.keys(`galleries/${id}/assets/`)).length, 5)
    })
  })
