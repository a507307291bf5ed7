/**
 * Archived, restored and archived again, a gallery is what it was (P5): every row and every column, and the second archive is the
 * first one byte for byte. Random galleries on the real database and a store in memory; KEEPSAKE_IDENTITIES says how many. And
 * whatever a store does to any one entry of the archive, it is noticed before an original goes (P3); and to one of so many
 * originals (KEEPSAKE_SCRUBBED), it is found although the look at them is stopped again and again (P10).
 */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, test } from 'node:test'
import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { sql } from 'kysely'
import { days, hours } from '../../src/base/clock.ts'
import { newId } from '../../src/base/id.ts'
import { insertAssets } from '../../src/data/assets.ts'
import { insertGallery } from '../../src/data/galleries.ts'
import { insertItems } from '../../src/data/items.ts'
import { takeBackSaid } from '../../src/data/said.ts'
import { installationId } from '../../src/data/settings.ts'
import type { Asset, Kind } from '../../src/domain/asset.ts'
import { assetKey } from '../../src/domain/asset.ts'
import { feedbackKinds } from '../../src/domain/feedback.ts'
import { freshGallery } from '../../src/domain/gallery.ts'
import { build } from '../../src/features/archives/build.ts'
import { hydrate } from '../../src/features/archives/hydrate.ts'
import { purge } from '../../src/features/archives/purge.ts'
import { restore } from '../../src/features/archives/restore.ts'
import { retire } from '../../src/features/archives/retire.ts'
import { scrub } from '../../src/features/archives/scrub.ts'
import { verify } from '../../src/features/archives/verify.ts'
import { collect } from '../../src/features/operations/collect.ts'
import { type MemoryStorage, memoryStorage } from '../../src/ports/storage/memory.ts'
import { readRange } from '../../src/ports/storage/samples.ts'
import { setClock, type TestWorld, testWorld } from '../world.ts'

const runs = Number(process.env.KEEPSAKE_IDENTITIES ?? 100)
const clock = setClock()
const signal = new AbortController().signal
let world: TestWorld
before(async () => {
  const storage = memoryStorage({ clock })
  world = await testWorld({ storage, clock })
  await storage.identify(await installationId(world.deps.db, newId(clock.now())))
})
after(() => world.close())

const name = fc.oneof(
  fc.constantFrom('IMG_1.jpg', 'img_1.JPG', '../../etc/passwd', 'CON', 'a\u0301.jpg', '\u00e1.jpg', 'über "1";\n.mp4', '=1+1.jpg', '', '…'),
  fc.string({ unit: 'grapheme', maxLength: 30 }),
)
const file = fc.record({
  name,
  // few values: the same bytes in two items
  seed: fc.integer({ min: 0, max: 12 }),
  size: fc.integer({ min: 1, max: 400 }),
  kind: fc.constantFrom<Kind>('photo', 'photo', 'photo', 'video', 'track'),
  chapter: fc.option(fc.constantFrom('Church', 'Party', '夜')),
  hidden: fc.boolean(),
  capturedAt: fc.option(fc.constant('2026-05-01T12:00:00')),
  remarks: fc.array(
    fc.record({
      kind: fc.constantFrom(...feedbackKinds),
      guest: fc.constantFrom('guest a', 'guest b', 'guest c'),
      rating: fc.integer({ min: 1, max: 5 }),
      text: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 80 }),
      named: fc.option(fc.constantFrom('Mia', 'Ömer', '"; drop table')),
      hidden: fc.boolean(),
    }),
    { maxLength: 4 },
  ),
})
const galleries = fc.record({
  files: fc.array(file, { minLength: 1, maxLength: 8 }),
  naming: fc.constantFrom('original', 'numbered', 'id'),
  locale: fc.constantFrom('en', 'de', 'ru'),
})
const content = (seed: number, size: number) => createHash('shake256', { outputLength: size }).update(String(seed)).digest()
type Drawn = typeof galleries extends fc.Arbitrary<infer T> ? T : never
const mimes = { photo: 'image/jpeg', video: 'video/mp4', track: 'audio/mpeg' } as const
const postgres = (text: string) => text.toWellFormed().replaceAll('\0', '')

async function make({ files, naming, locale }: Drawn): Promise<string> {
  const { db, storage } = world.deps
  const now = clock.now()
  const id = newId(now)
  const gallery = freshGallery({ id, ownerId: world.ownerId, slug: `g-${id.slice(-12)}`, title: `G ${id}`, now })
  const assets: (Asset & { createdAt: Date })[] = []
  for (const { seed, size, name, kind, capturedAt } of files) {
    const bytes = content(seed, size)
    const assetId = newId(now)
    const storageKey = assetKey(id, assetId, 'bin')
    await storage.put(storageKey, bytes)
    assets.push({
      id: assetId,
      galleryId: id,
      itemId: newId(now),
      role: 'original',
      originalName: postgres(name),
      mime: mimes[kind],
      size: bytes.length,
      crc32: crc32(bytes),
      sha256: createHash('sha256').update(bytes).digest(),
      state: 'stored',
      storageKey,
      storageOffset: 0,
      width: null,
      height: null,
      capturedAt,
      modifiedAt: new Date(now.getTime() - seed * 1234),
      renderState: 'none',
      createdAt: now,
    })
  }
  const said = files.flatMap(({ remarks }, i) =>
    remarks.map(({ kind, guest, rating, text, named, hidden }, k) => ({
      itemId: assets[i]!.itemId,
      remark: {
        kind,
        guest,
        hidden,
        guest_name: named,
        guest_email: null,
        rating: kind === 'rating' ? rating : null,
        comment: kind === 'comment' ? postgres(text) || '.' : null,
        created_at: new Date(now.getTime() + i * 10 + k),
      },
    })),
  )
  await db.transaction().execute(async (tx) => {
    await insertGallery(tx, { ...gallery, naming, locale, state: 'active', publishedAt: now })
    await insertItems(
      tx,
      assets.map(({ itemId, originalName }, i) => ({
        id: itemId,
        galleryId: id,
        kind: files[i]!.kind,
        title: originalName,
        position: i,
        chapter: files[i]!.chapter,
        hidden: files[i]!.hidden,
        createdAt: now,
      })),
    )
    await insertAssets(tx, assets)
    await takeBackSaid(tx, id, said)
  })
  return id
}

/** Every row of the gallery; left out is where bytes lie, and what tells how far it is in its life. */
async function rows(id: string): Promise<unknown> {
  const one = async (table: string, without: string[]) => {
    const { rows } = await sql<{ row: unknown }>`
      select to_jsonb(t) - ${without}::text[] as row from ${sql.table(table)} t where ${sql.ref(table === 'galleries' ? 'id' : 'gallery_id')} = ${id}::uuid
      order by 1`.execute(world.deps.db)
    return rows.map(({ row }) => row)
  }
  return {
    galleries: await one('galleries', ['final_archive_id', 'final_photos', 'final_bytes']),
    items: await one('items', []),
    assets: await one('assets', ['storage_key', 'storage_offset', 'scrubbed_at']),
    feedback: await one('feedback', []),
    guests: await one('feedback_guests', []),
    clients: await one('gallery_clients', []),
  }
}

async function sums(id: string): Promise<string[]> {
  const found = await world.deps.db
    .selectFrom('assets')
    .select(['id', 'storageKey', 'storageOffset', 'size'])
    .where('galleryId', '=', id)
    .orderBy('id')
    .execute()
  return Promise.all(
    found.map(async ({ storageKey, storageOffset, size }) =>
      createHash('sha256')
        .update(await readRange(world.deps.storage, storageKey, storageOffset, storageOffset + size))
        .digest('hex'),
    ),
  )
}

const job = { signal, attempt: 1, last: true }
async function archive(id: string) {
  const asked = await retire(world.deps, id, { userId: null, source: 'manual' })
  await build(world.deps, asked.id, job)
  await verify(world.deps, asked.id, job)
  return world.deps.db.selectFrom('archives').selectAll().where('id', '=', asked.id).executeTakeFirstOrThrow()
}

test(`${runs} random galleries are what they were`, { timeout: 1_800_000 }, async (t) => {
  let photos = 0
  await fc.assert(
    fc.asyncProperty(galleries, async (drawn) => {
      const id = await make(drawn)
      const [was, bytes] = [await rows(id), await sums(id)]
      const first = await archive(id)
      assert.equal(first.status, 'ready')
      clock.advance(days(8))
      await purge(world.deps, id, signal)
      await collect(world.deps)
      assert.deepEqual(await sums(id), bytes)
      await restore(world.deps, id, { expiresAt: null })
      await hydrate(world.deps, id, signal)
      clock.advance(hours(25))
      await collect(world.deps)
      assert.deepEqual(await rows(id), was)
      assert.deepEqual(await sums(id), bytes)
      const second = await archive(id)
      assert.deepEqual([second.planHash, second.checksum, second.imagesHash], [first.planHash, first.checksum, first.imagesHash])
      photos += bytes.length
    }),
    { numRuns: runs, seed: Number(process.env.KEEPSAKE_SEED ?? Date.now()) },
  )
  t.diagnostic(`${photos} files in ${runs} galleries`)
})

type Stretch = { at: number; size: number }
/** What a store may do to a file between its writing and the look at it, within one entry. */
const faults: Record<string, (bytes: Buffer, entry: Stretch, next: Stretch) => Buffer | null> = {
  'one bit is another one': (bytes, { at, size }) => {
    bytes[at + (size >> 1)]! ^= 1
    return bytes
  },
  'it ends there': (bytes, { at, size }) => bytes.subarray(0, at + size - 1),
  'it is gone': () => null,
  'what lay there before came back': (bytes, { at, size }) => bytes.fill(0, at, at + size),
  'the bytes of another photo lie there': (bytes, { at, size }, next) => {
    bytes.copyWithin(at, next.at, next.at + size)
    return bytes
  },
}
const count = 50

test(`${count * Object.keys(faults).length} faults, of every kind in every entry: no archive is called sound, and no original goes (P3)`, async (t) => {
  const { db } = world.deps
  const storage = world.deps.storage as MemoryStorage
  const files = Array.from({ length: count }, (_, seed): Drawn['files'][number] => {
    return { name: `${seed}.jpg`, seed, size: 300, kind: 'photo', chapter: null, hidden: false, capturedAt: null, remarks: [] }
  })
  const id = await make({ files, naming: 'original', locale: 'en' })
  const bytes = await sums(id)
  const gone: string[] = []
  storage.faults.before = (what, key) => {
    if (what === 'unlink' && key.includes(`${id}/assets/`)) gone.push(key)
  }
  t.after(() => {
    storage.faults.before = undefined
  })
  const replace = async (key: string, by: Buffer | null) => {
    if (await storage.size(key)) storage.lose(key)
    if (by) await storage.put(key, by)
  }
  const rowOf = (archiveId: string) => db.selectFrom('archives').selectAll().where('id', '=', archiveId).executeTakeFirstOrThrow()
  const stateOf = async () => (await db.selectFrom('galleries').select('state').where('id', '=', id).executeTakeFirstOrThrow()).state
  const entriesIn = (zip: Buffer) => files.map(({ seed, size }): Stretch => ({ at: zip.indexOf(content(seed, size)), size }))

  const asked = await retire(world.deps, id, { userId: null, source: 'manual' })
  await build(world.deps, asked.id, job)
  const built = await rowOf(asked.id)
  const key = built.storageKey!
  const whole = await readRange(storage, key, 0, built.fileSizeBytes)
  const entries = entriesIn(whole)
  assert.ok(entries.every(({ at }) => at > 0))
  for (const [what, fault] of Object.entries(faults))
    for (const [i, entry] of entries.entries()) {
      await replace(key, fault(Buffer.from(whole), entry, entries[(i + 1) % count]!))
      await verify(world.deps, asked.id, job)
      assert.deepEqual([(await rowOf(asked.id)).status, await stateOf()], ['queued', 'archiving'], `photo ${i}: ${what}`)
      // as if it had not been looked at
      await sql`update archives set status = 'verifying', storage_key = ${key}, attempts = ${built.attempts} where id = ${asked.id}`.execute(
        db,
      )
      await sql`delete from garbage where key = ${key}`.execute(db)
    }
  await replace(key, whole)
  await verify(world.deps, asked.id, job)
  assert.deepEqual([(await rowOf(asked.id)).status, await stateOf()], ['ready', 'archived'], 'the control: nothing else was wrong with it')

  // and again when their time is over: whatever became of the archive since, they are there
  for (const [n, [what, fault]] of Object.entries(faults).entries()) {
    const final = n ? await archive(id) : await rowOf(asked.id)
    clock.advance(days(8))
    const file = await readRange(storage, final.storageKey!, 0, final.fileSizeBytes)
    const [entry, next] = [entriesIn(file)[7 * n]!, entriesIn(file)[7 * n + 1]!]
    await replace(final.storageKey!, fault(file, entry, next))
    await purge(world.deps, id, signal)
    clock.advance(days(2))
    await collect(world.deps)
    assert.deepEqual([await stateOf(), await sums(id)], ['active', bytes], what)
  }
  assert.deepEqual(gone, [])
  await archive(id)
  clock.advance(days(8))
  await purge(world.deps, id, signal)
  await collect(world.deps)
  assert.equal(gone.length, count, 'the control: they go when it is sound')
})

const objects = Number(process.env.KEEPSAKE_SCRUBBED ?? 300)

test(`one flipped bit in ${objects} originals is found and named; stopped twenty times, every one is read, and none twice (P10)`, async () => {
  const files = Array.from({ length: objects }, (_, seed): Drawn['files'][number] => {
    return { name: `${seed}.jpg`, seed, size: 20, kind: 'photo', chapter: null, hidden: false, capturedAt: null, remarks: [] }
  })
  const id = await make({ files, naming: 'original', locale: 'en' })
  clock.advance(days(61))
  const all = await world.deps.db.selectFrom('assets').select(['id', 'storageKey', 'originalName']).where('galleryId', '=', id).execute()
  const victim = all[Math.floor(objects * 0.7)]!
  const mine = new Set(all.map(({ storageKey }) => storageKey))
  const { storage } = world.deps
  ;(storage as MemoryStorage).corrupt(victim.storageKey, 7)
  const read: string[] = []
  let stop = new AbortController()
  const watched = {
    ...storage,
    digest: async (...args: Parameters<typeof storage.digest>) => {
      const found = await storage.digest(...args)
      if (mine.has(args[0]) && read.push(args[0]) % Math.floor(objects / 21) === 0) stop.abort()
      return found
    },
  }
  let stopped = 0
  for (let done = false; !done; ) {
    stop = new AbortController()
    done = await scrub({ ...world.deps, storage: watched }, stop.signal).then(
      () => true,
      (error: unknown) => {
        assert.ok(stop.signal.aborted, String(error))
        stopped++
        return false
      },
    )
  }
  assert.ok(stopped >= 20, `${stopped}`)
  const sound = read.filter((key) => key !== victim.storageKey)
  assert.deepEqual([sound.length, new Set(sound).size], [objects - 1, objects - 1])
  const damaged = await world.deps.db.selectFrom('assets').select('id').where('galleryId', '=', id).where('state', '<>', 'stored').execute()
  assert.deepEqual(damaged, [{ id: victim.id }])
  const letter = await world.deps.db.selectFrom('letters').select('facts').where('galleryId', '=', id).executeTakeFirstOrThrow()
  assert.deepEqual(letter.facts, { files: [victim.originalName] })
  assert.equal((await scrub(world.deps, signal)).objects, 0, 'and for sixty days there is nothing more to do')
})
