/** Enters galleries of drawn photos with all their small pictures: `<slug>=<count>…`. Originals are rows only: no page reads them. */
import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { crc32 } from 'node:zlib'
import { loadConfig } from '../src/app/config.ts'
import { newId } from '../src/base/id.ts'
import { withWorld } from '../src/cli/world.ts'
import { assetKey, derivativeKey } from '../src/domain/asset.ts'
import { createUser } from '../src/features/accounts/users.ts'
import { createGallery } from '../src/features/galleries/edit.ts'
import type { Rendered } from '../src/ports/images/port.ts'
import { drawnPhoto } from '../test/drawn.ts'

const kinds = { preview: ['image/jpeg', 'jpg'], medium: ['image/webp', 'webp'], thumbnail: ['image/webp', 'webp'] } as const
const distinct = 24
const objects = path.join(loadConfig().dataDir, 'storage/objects')

await withWorld(async ({ deps }) => {
  const { db, clock, images } = deps
  const pictures: Rendered[] = []
  // the grain of a sensor: without it a picture weighs a tenth of what photographs do
  for (let n = 0; n < distinct; n++) pictures.push(await images.render(one(await drawnPhoto(n, { grain: 12 }))))
  const owner = await createUser(deps, { name: 'Ida Photo', email: 'ida@example.com', password: 'a long enough password', role: 'admin' })
  for (const wish of process.argv.slice(2)) {
    const [slug, count] = wish.split('=') as [string, string]
    const { id: galleryId } = await createGallery(deps, owner.id, {
      title: 'Mara & Jonas',
      slug,
      change: { eventDate: '2026-06-14', feedbackEnabled: true },
    })
    const now = clock.now()
    await db.updateTable('galleries').set({ state: 'active', publishedAt: now }).where('id', '=', galleryId).execute()
    for (let at = 0; at < Number(count); at += 500) {
      const rows = Array.from({ length: Math.min(500, Number(count) - at) }, (_, i) =>
        enter(galleryId, at + i, now, pictures[(at + i) % distinct]!),
      )
      await db.transaction().execute(async (tx) => {
        await tx.insertInto('items').values(rows.map(({ item }) => item)).execute() // biome-ignore format: one thought
        await tx.insertInto('assets').values(rows.map(({ asset }) => asset)).execute() // biome-ignore format: one thought
        await tx.insertInto('derivatives').values(rows.flatMap(({ derivatives }) => derivatives)).execute() // biome-ignore format: one thought
      })
    }
  }
})

async function* one(bytes: Uint8Array) {
  yield bytes
}

function enter(galleryId: string, position: number, createdAt: Date, made: Rendered) {
  const id = newId(createdAt)
  const itemId = newId(createdAt)
  const name = `IMG_${String(position + 1).padStart(5, '0')}.jpg`
  const derivatives = (Object.keys(kinds) as (keyof typeof kinds)[]).map((kind) => {
    const [mime, ext] = kinds[kind]
    const storageKey = derivativeKey(galleryId, id, `${kind}-bench`, ext)
    const file = path.join(objects, storageKey)
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, made[kind])
    return { assetId: id, kind, storageKey, mime, size: made[kind].length, ...made[`${kind}Size`], crc32: crc32(made[kind]), sha256: null }
  })
  return {
    derivatives,
    item: { id: itemId, galleryId, kind: 'photo' as const, title: name, position, createdAt },
    asset: {
      id,
      galleryId,
      itemId,
      role: 'original' as const,
      originalName: name,
      mime: 'image/jpeg',
      size: 8_000_000 + position,
      crc32: 1,
      sha256: createHash('sha256').update(id).digest(),
      state: 'stored' as const,
      storageKey: assetKey(galleryId, id, 'jpg'),
      storageOffset: 0,
      width: made.width,
      height: made.height,
      capturedAt: null,
      modifiedAt: createdAt,
      renderState: 'done' as const,
      createdAt,
    },
  }
}
