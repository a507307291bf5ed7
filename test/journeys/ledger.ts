/** What the service has acknowledged of uploads, and whether it kept its word. */
import assert from 'node:assert/strict'
import type { Item } from '../../sdk/src/wire.ts'
import { allOf, type Person } from './people.ts'
import { type Photo, type sendPhoto, sha256 } from './sending.ts'

const sideBySide = 12

/** What the service has promised, and where it broke that. */
export interface Ledger {
  /** acknowledged offset of each upload */
  offsets: Map<string, number>
  acknowledgements: number
  done: Photo[]
  broken: string[]
}

export const freshLedger = (): Ledger => ({ offsets: new Map(), acknowledgements: 0, done: [], broken: [] })

/** Writes down every acknowledgement, and that a later answer takes none of them back. */
export function noting(ledger: Ledger): Parameters<typeof sendPhoto>[4] {
  const { offsets, broken } = ledger
  return {
    onAfterResponse(request, response) {
      const address = request.getURL()
      const status = response.getStatus()
      const offset = Number(response.getHeader('Upload-Offset'))
      if (status === 201 || status === 204) ledger.acknowledgements += 1
      if (request.getMethod() === 'PATCH' && status === 204) offsets.set(address, offset)
      if (request.getMethod() === 'POST' && status === 201) offsets.set(new URL(response.getHeader('Location')!, address).href, offset || 0)
      if (request.getMethod() !== 'HEAD' || status === 423 || status >= 500) return
      const promised = offsets.get(address) ?? 0
      if (status !== 200 || offset < promised)
        broken.push(`${address}: ${promised} bytes were acknowledged, now HEAD says ${status} ${offset}`)
    },
  }
}

/** Every photo is there once, with its bytes. */
export async function allArrived(ida: Person, gallery: string, sent: Photo[]): Promise<void> {
  const items = new Map((await allOf<Item>(ida, `/api/galleries/${gallery}/items`)).map((item) => [item.name, item]))
  assert.deepEqual([...items.keys()].sort(), sent.map((photo) => photo.name).sort())
  const waiting = [...sent]
  const compare = async () => {
    for (let photo = waiting.pop(); photo; photo = waiting.pop()) {
      const answer = await fetch(originalOf(ida, items.get(photo.name)!))
      assert.equal(answer.status, 200, photo.name)
      assert.equal(sha256(Buffer.from(await answer.arrayBuffer())), photo.sha256, photo.name)
    }
  }
  await Promise.all(Array.from({ length: sideBySide }, compare))
}

const originalOf = (ida: Person, { asset_id }: Item) => new Request(ida.address(`/media/${asset_id}/original`), { headers: ida.headers() })
