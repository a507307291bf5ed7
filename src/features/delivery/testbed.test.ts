/** The bed of the tests of letters: a world whose letters go to a real SMTP server, and galleries that are published in it. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { photoBytes } from '../../../test/pictures.ts'
import { type Office, postOffice } from '../../../test/post-office.ts'
import { type TestWorld, testSettings, testWorld } from '../../../test/world.ts'
import { findArchive, listVersions } from '../../data/archives.ts'
import { findGallery } from '../../data/galleries.ts'
import type { Letter } from '../../data/letters.ts'
import type { Archive } from '../../domain/archive.ts'
import type { Gallery } from '../../domain/gallery.ts'
import { smtpMail } from '../../ports/mail/smtp.ts'
import { publish, rebuild } from '../archives/publish.ts'
import { addClient } from '../galleries/clients.ts'
import { createGallery } from '../galleries/edit.ts'
import { importFolder } from '../uploads/import.ts'

/** The world works on everything but letters: those are announced and sent by hand, to see every try. */
export async function letterWorld(settings = testSettings): Promise<{ world: TestWorld; office: Office; close: () => Promise<void> }> {
  const office = await postOffice()
  const world = await testWorld({ mail: smtpMail({ url: office.url, from: 'Keepsake <photos@example.com>' }), settings })
  await world.work({ 'delivery.announce': async () => {}, 'delivery.send': async () => {} })
  const close = async () => {
    await world.close()
    await office.close()
  }
  return { world, office, close }
}

let count = 0
/** A folder with one more photo, brought into the gallery. */
export async function addPhoto(world: TestWorld, gallery: Gallery, name = `${count}.jpg`): Promise<Buffer> {
  const folder = mkdtempSync('/tmp/keepsake-letters-')
  const bytes = await photoBytes(++count + 5000, { width: 60, height: 40 })
  writeFileSync(path.join(folder, name), bytes)
  assert.equal((await importFolder(world.deps, (await findGallery(world.deps.db, gallery.id))!, folder)).imported, 1)
  rmSync(folder, { recursive: true })
  return bytes
}

/** A verified archive of a gallery that was published to these clients; nobody has been told yet. */
export async function published(
  world: TestWorld,
  clients: string[],
  change: { notifyNewVersions?: boolean; title?: string; photos?: number } = {},
): Promise<{ gallery: Gallery; archive: Archive }> {
  const { title = `Mara & "Jonas" <${++count}>`, photos = 1, ...rest } = change
  const gallery = await createGallery(world.deps, world.ownerId, { title, change: rest })
  for (let n = 0; n < photos; n++) await addPhoto(world, gallery)
  for (const email of clients) await addClient(world.deps, gallery.id, email, null)
  const { archive } = await publish(world.deps, gallery.id, { userId: null, source: 'publish' })
  return { gallery: (await findGallery(world.deps.db, gallery.id))!, archive: await ready(world, archive.id) }
}

/** The gallery's content has changed: the next version is made by itself, and verified. */
export async function nextVersion(world: TestWorld, gallery: Gallery): Promise<Archive> {
  await rebuild(world.deps, gallery.id)
  const [newest] = await listVersions(world.deps.db, gallery.id)
  return ready(world, newest!.id)
}

const ready = (world: TestWorld, id: string) =>
  world.until(async () => {
    const archive = await findArchive(world.deps.db, id)
    return archive?.status === 'ready' && archive
  }, `archive ${id}`)

/** All letters of a gallery, the oldest first; those of one moment by kind and recipient. */
export const lettersOf = (world: TestWorld, gallery: Gallery): Promise<Letter[]> =>
  world.deps.db
    .selectFrom('letters')
    .selectAll()
    .where('galleryId', '=', gallery.id)
    .orderBy('createdAt')
    .orderBy('kind')
    .orderBy('recipient')
    .execute()

export const job = (last = false) => ({ signal: new AbortController().signal, attempt: 1, last })
