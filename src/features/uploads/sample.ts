/** Fills a gallery with drawn pictures, to look around with before there are photos: each goes the way of an upload. */
import { newToken } from '../../base/id.ts'
import type { Gallery } from '../../domain/gallery.ts'
import { landscapes } from '../../domain/landscapes.ts'
import { receive } from './accept.ts'
import { positionAt } from './add.ts'
import { begin } from './begin.ts'
import { recentHashes } from './hashes.ts'
import type { ImportDeps } from './import.ts'

/** Answers how many pictures came; those that are there already stay as they are. */
export async function addSample(deps: ImportDeps, gallery: Pick<Gallery, 'id' | 'ownerId' | 'state' | 'expiresAt'>): Promise<number> {
  const uploads = { ...deps, hashes: recentHashes() }
  const first = positionAt(deps.clock.now())
  let added = 0
  for (const [n, { name, svg }] of landscapes(newToken(6)).entries()) {
    const bytes = await deps.images.draw(svg)
    const upload = await begin(deps, gallery, { name, size: bytes.length, modifiedAt: deps.clock.now(), sha256: null })
    const { result } = await receive(uploads, upload.id, 0, only(bytes), { position: first + n })
    if (result === 'stored') added += 1
  }
  return added
}

async function* only(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes
}
