/** Enters photos of a folder into a gallery of a data folder as imports leave them: `<gallery> <folder> <previews: wait|none> [most]`. */
import { createHash } from 'node:crypto'
import { linkSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { crc32 } from 'node:zlib'
import { loadConfig } from '../src/app/config.ts'
import { newId } from '../src/base/id.ts'
import { withWorld } from '../src/cli/world.ts'
import { bumpContent, findGallery } from '../src/data/galleries.ts'
import { assetKey } from '../src/domain/asset.ts'

// An import syncs every file and row by itself, which for 20,000 takes minutes that tell nothing about archives.
const [slug, folder, previews, most = 'Infinity'] = process.argv.slice(2) as [string, string, string, string?]
const objects = path.join(loadConfig().dataDir, 'storage/objects')
const names = readdirSync(folder).sort().slice(0, Number(most))

await withWorld(async ({ deps: { db, queue, clock } }) => {
  const gallery = (await findGallery(db, slug))!
  const now = clock.now()
  for (let at = 0; at < names.length; at += 1000) {
    const rows = names.slice(at, at + 1000).map((name, i) => enter(gallery.id, name, at + i, now))
    await db.transaction().execute(async (tx) => {
      await tx.insertInto('items').values(rows.map(({ item }) => item)).execute() // biome-ignore format: one thought
      await tx.insertInto('assets').values(rows.map(({ asset }) => asset)).execute() // biome-ignore format: one thought
      if (previews === 'wait') for (const { asset } of rows) await queue.send(tx, { name: 'asset.render', payload: { assetId: asset.id } })
      await bumpContent(tx, gallery.id)
    })
  }
})

function enter(galleryId: string, name: string, position: number, createdAt: Date) {
  const id = newId(createdAt)
  const itemId = newId(createdAt)
  const storageKey = assetKey(galleryId, id, 'jpg')
  const bytes = readFileSync(path.join(folder, name))
  const file = path.join(objects, storageKey)
  mkdirSync(path.dirname(file), { recursive: true })
  linkSync(path.join(folder, name), file)
  return {
    item: { id: itemId, galleryId, kind: 'photo' as const, title: name, position, createdAt },
    asset: {
      id,
      galleryId,
      itemId,
      role: 'original' as const,
      originalName: name,
      mime: 'image/jpeg',
      size: bytes.length,
      crc32: crc32(bytes),
      sha256: createHash('sha256').update(bytes).digest(),
      state: 'stored' as const,
      storageKey,
      storageOffset: 0,
      width: null,
      height: null,
      capturedAt: null,
      modifiedAt: createdAt,
      renderState: previews === 'wait' ? ('waiting' as const) : ('none' as const),
      createdAt,
    },
  }
}
