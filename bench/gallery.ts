/** Galleries to measure with: photos made from a seed, a store that has them, and the plan of their ZIP. */
import { createHash } from 'node:crypto'
import { linkSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { crc32 } from 'node:zlib'
import { makePhotos, photoBytes } from '../test/pictures.ts'
import { type Row, storeAt } from './plan.ts'

export interface Gallery {
  /** the photos as files, for the peers */
  photos: string
  /** our store, with the same files under keys */
  store: string
  /** what the production code reads from the database */
  plan: string
  count: number
  bytes: number
}

/** Photos of 3 to 12 MB, as cameras make them. */
export async function largeGallery(dir: string, count: number): Promise<Gallery> {
  const photos = path.join(dir, 'photos')
  const made = await makePhotos(photos, { count, minBytes: 3e6, maxBytes: 12e6, width: 1600, height: 1067 })
  return enterStore(
    dir,
    photos,
    made.map(({ name }) => name),
  )
}

/** Photos of 1.5 kB: a small picture, made distinct by a comment before its scan (ITU-T T.81 B.2.4.5). */
export async function tinyGallery(dir: string, count: number): Promise<Gallery> {
  const photos = path.join(dir, 'photos')
  return enterStore(dir, photos, await tinyPhotos(photos, count))
}

export async function tinyPhotos(photos: string, count: number): Promise<string[]> {
  mkdirSync(photos, { recursive: true })
  const picture = await photoBytes(1, { width: 16, height: 12 })
  let scan = 2
  while (picture[scan + 1] !== 0xda) scan += 2 + picture.readUInt16BE(scan + 2)
  const names: string[] = []
  for (let i = 0; i < count; i++) {
    const text = Buffer.alloc(Math.max(8, 1500 - picture.length - 4), `photo ${i} `)
    const head = Buffer.from([0xff, 0xfe, 0, 0])
    head.writeUInt16BE(text.length + 2, 2)
    names.push(`IMG_${String(i + 1).padStart(5, '0')}.jpg`)
    writeFileSync(path.join(photos, names[i]!), Buffer.concat([picture.subarray(0, scan), head, text, picture.subarray(scan)]))
  }
  return names
}

/** Links every photo into a store, and writes down what an upload would have learned of it. */
async function enterStore(dir: string, photos: string, names: string[]): Promise<Gallery> {
  const store = path.join(dir, 'store')
  await storeAt(store)
  const rows = names.map((name, i): Row => {
    const key = `g/${i >> 10}/${i}`
    const file = path.join(store, 'objects', key)
    mkdirSync(path.dirname(file), { recursive: true })
    linkSync(path.join(photos, name), file)
    const bytes = readFileSync(file)
    return {
      name,
      key,
      size: bytes.length,
      crc32: crc32(bytes),
      sha256: createHash('sha256').update(bytes).digest('hex'),
      mtime: 1_780_000_000_000 + i * 2000,
    }
  })
  const plan = path.join(dir, 'plan.json')
  writeFileSync(plan, JSON.stringify(rows))
  return { photos, store, plan, count: rows.length, bytes: rows.reduce((sum, { size }) => sum + size, 0) }
}
