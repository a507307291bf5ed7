/** The process dies, or the power fails, before each effect of an upload in turn: the next request always brings it to its end. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { seconds } from '../../base/clock.ts'
import { isCode } from '../../base/errors.ts'
import type { Deps } from '../../ports/deps.ts'
import { memoryStorage } from '../../ports/storage/memory.ts'
import { receive, standing, type UploadDeps } from './accept.ts'
import { begin } from './begin.ts'
import { recentHashes } from './hashes.ts'
import { addGallery, assetsOf, type Bed, installation, openBed, picture, sha256, storedBytes } from './testbed.test.ts'

let bed: Bed
before(async () => {
  bed = await openBed()
})
after(() => bed.close())

async function* inPieces(bytes: Buffer) {
  for (let at = 0; at < bytes.length; at += 20_000) yield bytes.subarray(at, at + 20_000)
}

/** Ports that die at the n-th effect; `dead` says that it came to that. */
async function mortal(n: number, how: 'crash' | 'powerCut') {
  const storage = memoryStorage({ clock: bed.clock })
  await storage.identify(installation)
  const fate = { dead: false }
  let effects = 0
  const step = () => {
    if (fate.dead || ++effects !== n) return
    fate.dead = true
    storage[how]()
  }
  storage.faults.before = step
  const queue: Deps['queue'] = {
    ...bed.deps.queue,
    send: async (...job) => {
      await bed.deps.queue.send(...job)
      step()
      // inside the transaction: it is rolled back as by a kill
      if (fate.dead) throw new Error('killed')
    },
  }
  const dying: UploadDeps & Deps = { ...bed.deps, storage, queue, hashes: recentHashes() }
  return { fate, dying, born: (): typeof dying => ({ ...bed.deps, storage, hashes: recentHashes() }) }
}

for (const how of ['crash', 'powerCut'] as const)
  test(`${how} before every effect`, async () => {
    const bytes = await picture(600, 90_000)
    for (let n = 1; ; n++) {
      const gallery = await addGallery(bed.deps, bed.mara, { state: 'active' })
      const { fate, dying, born } = await mortal(n, how)
      let id = ''
      let acknowledged = 0
      try {
        id = (await begin(dying, gallery, { name: 'a.jpg', size: bytes.length, modifiedAt: new Date(0), sha256: null })).id
        acknowledged = (await receive(dying, id, 0, inPieces(bytes.subarray(0, 50_000)))).offset
        acknowledged = (await receive(dying, id, 50_000, inPieces(bytes.subarray(50_000)))).offset
      } catch (error) {
        if (!fate.dead) throw error
      }
      // the next process, when the lease of the dead one is over
      bed.clock.shift += seconds(11)
      const deps = born()
      if (id) {
        const { offset } = await standing(deps, id)
        assert.ok(offset >= acknowledged, `effect ${n}: ${acknowledged} was acknowledged, ${offset} is there`)
      } else id = (await begin(deps, gallery, { name: 'a.jpg', size: bytes.length, modifiedAt: new Date(0), sha256: null })).id
      const at = (await standing(deps, id)).offset
      const end = await receive(deps, id, at, inPieces(bytes.subarray(at)))
      assert.equal(end.result, 'stored', `effect ${n}`)
      const assets = await assetsOf(bed.deps.db, gallery.id)
      assert.equal(assets.length, 1, `effect ${n}`)
      assert.equal(sha256(await storedBytes(deps, assets[0]!.storageKey, assets[0]!.size)), sha256(bytes))
      if (!fate.dead) return assert.ok(n > 15, `only ${n} effects were seen`)
    }
  })

test('what was dropped or lost without its row is sent anew', async () => {
  const gallery = await addGallery(bed.deps, bed.mara)
  const deps = { ...bed.deps, hashes: recentHashes() }
  const bytes = await picture(601, 50_000)
  const upload = await begin(deps, gallery, { name: 'a.jpg', size: bytes.length, modifiedAt: new Date(0), sha256: null })
  const { id } = upload
  await receive(deps, id, 0, inPieces(bytes.subarray(0, 40_000)))
  await deps.storage.dropUpload(upload)
  await assert.rejects(receive({ ...deps, hashes: recentHashes() }, id, 40_000, inPieces(bytes.subarray(40_000))), (error) =>
    isCode(error, 'upload_unknown'),
  )
  await assert.rejects(standing(deps, id), (error) => isCode(error, 'upload_unknown'))
})
