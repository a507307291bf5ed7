import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import sharp from 'sharp'
import { makePhotos } from '../../../test/pictures.ts'

const dir = mkdtempSync(join(tmpdir(), 'keepsake-test-'))
after(() => rmSync(dir, { recursive: true, force: true }))

test('made photos are valid, distinct, of the wanted size and the same for the same seed', async () => {
  const made = await makePhotos(join(dir, 'a'), { count: 12, minBytes: 1_000_000, maxBytes: 2_000_000, gps: true })
  assert.equal(new Set(made.map((photo) => photo.sha256)).size, 12)
  for (const photo of made) {
    const bytes = readFileSync(photo.path)
    assert.ok(photo.size === bytes.length && photo.size >= 1_000_000 && photo.size <= 2_000_100, `${photo.size}`)
    await sharp(bytes, { failOn: 'warning' }).stats()
  }
  const again = await makePhotos(join(dir, 'b'), { count: 12, minBytes: 1_000_000, maxBytes: 2_000_000, gps: true })
  assert.deepEqual(
    again.map((photo) => photo.sha256),
    made.map((photo) => photo.sha256),
  )
  const unpadded = await makePhotos(join(dir, 'c'), { count: 8 })
  assert.equal(new Set(unpadded.map((photo) => photo.sha256)).size, 8)
})
