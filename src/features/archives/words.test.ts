/** The words that callers of 000 and 001 compare: statuses and messages, one case for each (STA-01, STA-04, DB-06). */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { photoBytes } from '../../../test/pictures.ts'
import { type TestWorld, testWorld } from '../../../test/world.ts'
import { findGallery } from '../../data/galleries.ts'
import { type Archive, type ArchiveWord, zipStatus } from '../../domain/archive.ts'
import { createGallery } from '../galleries/edit.ts'
import { importFolder } from '../uploads/import.ts'
import { askDownload } from './ask.ts'
import { archiveStatus } from './status.ts'

let world: TestWorld
let folder: string
before(async () => {
  // no worker: every state stays as it is set
  world = await testWorld()
  folder = mkdtempSync('/tmp/keepsake-words-')
  writeFileSync(path.join(folder, 'a.jpg'), await photoBytes(1, { width: 60, height: 40 }))
})
after(async () => {
  await world.close()
  rmSync(folder, { recursive: true })
})

const texts = {
  generating: 'Your download is being prepared. This may take a few minutes for large albums.',
  retrying: 'Retrying download preparation. Please check back shortly.',
  started: 'Preparing your download. This may take a few minutes.',
  pending: 'Your download is being prepared.',
}
interface Case {
  /** the archive as it stands; undefined: there is none */
  is?: Partial<Archive>
  /** its names are others since */
  changed?: boolean
  word: ArchiveWord
  zip: ReturnType<typeof zipStatus>
  download: 'ready' | 'generating' | 'pending' | 'error'
  message: string | undefined
}
const ready = { status: 'ready', storageKey: 'x', checksum: 'x' } as const
const cases: Record<string, Case> = {
  'no archive yet': { word: 'none', zip: 'not_started', download: 'pending', message: texts.started },
  queued: { is: { status: 'queued' }, word: 'pending', zip: 'pending', download: 'pending', message: texts.pending },
  'being built': { is: { status: 'processing' }, word: 'processing', zip: 'generating', download: 'generating', message: texts.generating },
  'being verified': {
    is: { status: 'verifying' },
    word: 'processing',
    zip: 'generating',
    download: 'generating',
    message: texts.generating,
  },
  ready: { is: ready, word: 'ready', zip: 'ready', download: 'ready', message: undefined },
  'ready, but its content is another one now': {
    is: ready,
    changed: true,
    word: 'outdated',
    zip: 'pending',
    download: 'pending',
    message: texts.started,
  },
  'failed a moment ago': {
    is: { status: 'failed' },
    word: 'failed',
    zip: 'error',
    download: 'error',
    message: 'The download could not be prepared. Press Retry, or ask the photographer.',
  },
  'failed two minutes ago': {
    is: { status: 'failed', completedAt: new Date('2026-06-06T09:58:00Z') },
    word: 'failed',
    zip: 'error',
    download: 'pending',
    message: texts.retrying,
  },
}

for (const [name, { is, changed, word, zip, download, message }] of Object.entries(cases))
  test(`an archive that is ${name}: ${word}, ${zip}, ${download}`, async () => {
    const made = await createGallery(world.deps, world.ownerId, { title: name })
    await importFolder(world.deps, made, folder)
    const gallery = (await findGallery(world.deps.db, made.id))!
    if (is) {
      await askDownload(world.deps, gallery)
      const now = world.clock.now()
      const key = `galleries/${gallery.id}/archives/1-1.zip`
      const bytes = Buffer.from('a zip')
      if (is.status === 'ready') await world.deps.storage.put(key, bytes)
      const facts = is.status === 'ready' ? { storageKey: key, fileSizeBytes: bytes.length, verifiedAt: now } : {}
      await world.deps.db
        .updateTable('archives')
        .set({ completedAt: now, ...(is as object), ...facts })
        .where('galleryId', '=', gallery.id)
        .execute()
    }
    if (changed) await world.deps.db.updateTable('galleries').set({ naming: 'numbered' }).where('id', '=', gallery.id).execute()
    const today = (await findGallery(world.deps.db, gallery.id))!
    const found = await archiveStatus(world.deps.db, today)
    assert.deepEqual([found.status, zipStatus(found.status)], [word, zip])
    const answer = await askDownload(world.deps, today)
    assert.deepEqual([answer.album_id, answer.status, answer.message, answer.file_count], [gallery.slug, download, message, 1])
    // while it is prepared the link works as well; only a failure has none
    assert.equal(answer.download_url === null, download === 'error')
    assert.equal(answer.expires_in > 0, download !== 'error')
    assert.deepEqual(
      Object.keys(answer)
        .filter((key) => key !== 'message')
        .sort(),
      ['album_id', 'download_url', 'expires_in', 'file_count', 'status'],
    )
  })

test('content that moved on and came back is ready at once, and nothing is said of preparing', async () => {
  const gallery = await createGallery(world.deps, world.ownerId, { title: 'Back again' })
  await importFolder(world.deps, gallery, folder)
  await askDownload(world.deps, gallery)
  const storageKey = `galleries/${gallery.id}/archives/1-1.zip`
  await world.deps.storage.put(storageKey, Buffer.from('a zip'))
  const facts = { status: 'ready', storageKey, fileSizeBytes: 5, checksum: 'x', verifiedAt: world.clock.now() } as const
  await world.deps.db.updateTable('archives').set(facts).where('galleryId', '=', gallery.id).execute()
  await world.deps.db.updateTable('galleries').set({ contentVersion: 99 }).where('id', '=', gallery.id).execute()
  const { status, message } = await askDownload(world.deps, gallery)
  assert.deepEqual([status, message], ['ready', undefined])
})

test('asking again for what is being prepared starts nothing more (IDM-04)', async () => {
  const gallery = await createGallery(world.deps, world.ownerId, { title: 'Many ask' })
  await importFolder(world.deps, gallery, folder)
  const answers = await Promise.all(Array.from({ length: 20 }, () => askDownload(world.deps, gallery)))
  assert.equal(answers.filter(({ message }) => message === texts.started).length, 1)
  assert.equal(answers.filter(({ message }) => message === texts.pending).length, 19)
  assert.equal(new Set(answers.map(({ download_url }) => download_url)).size, 1, 'and they share one link')
  assert.equal((await world.deps.db.selectFrom('archives').select('id').where('galleryId', '=', gallery.id).execute()).length, 1)
})
