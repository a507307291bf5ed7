/** The SDK against the real service: the functions of 000 by their names and answers, uploads that break off, and every route it knows. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import type { Item, NewApiKey, Uploaded } from '../../sdk/src/index.ts'
import { createClient, type Keepsake, KeepsakeError } from '../../sdk/src/index.ts'
import { fileResumeStore, get, openFile } from '../../sdk/src/node.ts'
import { routes } from '../../sdk/src/routes.ts'
import { allOf, type Person, setUp } from './people.ts'
import { sha256Of } from './programs.ts'
import { faultyLine } from './proxy.ts'
import { type Photo, photos } from './sending.ts'
import { freshInstallation, type Installation, type Service, until } from './service.ts'

const mb = 1_000_000

interface Standing {
  installation: Installation
  service: Service
  ida: Person
  key: string
  keepsake: Keepsake
}

async function withKey(t: TestContext): Promise<Standing> {
  const installation = await freshInstallation(t)
  const service = await installation.start()
  const ida = await setUp(installation, service)
  const asked = { name: 'sdk', scopes: ['galleries:read', 'galleries:write'] }
  const { body } = await ida.ask<NewApiKey>('/api/keys', { method: 'POST', body: asked })
  return { installation, service, ida, key: body.key, keepsake: createClient({ url: installation.url, key: body.key }) }
}

const blobOf = ({ name, bytes }: Photo) => new File([new Uint8Array(bytes)], name, { lastModified: 1_780_000_000_000 })

test('the functions of 000 do and answer what they did there', { timeout: 300_000 }, async (t) => {
  const { installation, ida, keepsake } = await withKey(t)

  await t.test('every route that the SDK calls is in the OpenAPI document', async () => {
    const { body } = await ida.ask<{ paths: Record<string, Record<string, unknown>> }>('/api/openapi.json')
    const unknown = Object.values(routes).filter((route) => {
      const [method, address] = route.split(' ') as [string, string]
      // HEAD, and the parts of an upload, stand there under the same names
      return !body.paths[address]?.[method.toLowerCase()]
    })
    assert.deepEqual(unknown, [])
  })

  const gallery = await keepsake.createGallery({ title: 'Mara & Jonas' })
  const taken = keepsake.createGallery({ title: 'Another', slug: gallery.slug })
  await assert.rejects(taken, (error) => error instanceof KeepsakeError && error.code === 'slug_taken' && error.status === 409)
  assert.match((await keepsake.createArchive(gallery.id)).error!, /no photos yet/)
  assert.equal((await keepsake.getArchiveStatus(gallery.id)).status, 'none')
  for (const photo of await photos(3, mb)) await keepsake.uploadFile(gallery.id, blobOf(photo), { sha256: true })

  await t.test('as the pages of 000 call them', async () => {
    const told: string[] = []
    const toast = {
      error: (text?: string) => void told.push(`error: ${text}`),
      success: (text?: string) => void told.push(`success: ${text}`),
      info: (text?: string) => void told.push(`info: ${text}`),
    }
    const window = { location: { href: '' } }
    const { createArchive, getDownloadAllUrl, addGalleryClient } = keepsake

    // Trigger archive on publish
    async function handlePublish(galleryId: string) {
      const result = await createArchive(galleryId)
      if (result.error) {
        toast.error(result.error)
        return
      }
      toast.success(result.message)
    }

    // Download button
    async function handleDownloadAll(galleryId: string) {
      const result = await getDownloadAllUrl(galleryId)
      if (result.error) {
        toast.error(result.error)
        return
      }
      if (result.pending) {
        toast.info(result.message)
        return
      }
      if (result.downloadUrl) {
        window.location.href = result.downloadUrl
      }
    }

    async function handleAddClient(galleryId: string, email: string) {
      const result = await addGalleryClient(galleryId, email, 'Client Name')
      if (result.success) {
        toast.success('Client added')
      }
    }

    await handlePublish(gallery.id)
    await handleDownloadAll(gallery.id)
    assert.equal(told.shift(), 'success: The archive is being created.')
    assert.match(told.shift()!, /^info: (Your download is being prepared|Preparing your download)/)
    const seen: string[] = []
    for await (const { status } of keepsake.watchArchive(gallery.id)) seen.push(status)
    assert.equal(seen.at(-1), 'ready')
    await handleDownloadAll(gallery.id)
    assert.match(window.location.href, /\/d\/[\w-]+$/)
    await handleAddClient(gallery.id, 'mara@example.com')
    await handlePublish('00000000-0000-4000-8000-000000000000')
    assert.deepEqual(told, ['success: Client added', 'error: There is nothing here: check the address.'])
  })

  await t.test('the archive, its clients and its letters', async () => {
    assert.deepEqual(await keepsake.createArchive(gallery.id), { message: 'The archive is ready.' })
    const found = await keepsake.getArchiveStatus(gallery.id)
    assert.equal(found.status, 'ready')
    const { clients } = await keepsake.getGalleryClients(gallery.id)
    assert.deepEqual(
      clients!.map(({ email, name }) => [email, name]),
      [['mara@example.com', 'Client Name']],
    )
    const foreign = await keepsake.resendArchiveEmail(gallery.id, gallery.id, 'jonas@example.com')
    assert.equal(foreign.cause!.code, 'not_found')
    assert.match((await keepsake.addGalleryClient(gallery.id, 'nobody')).error!, /e-mail address/)
    assert.deepEqual(await keepsake.removeGalleryClient(gallery.id, clients![0]!.id), { success: true })
    assert.deepEqual((await keepsake.getGalleryClients(gallery.id)).clients, [])
    assert.match((await keepsake.regenerateArchive(gallery.id)).message!, /anew/)
    const versions: string[] = []
    for await (const { archive } of keepsake.watchArchive(gallery.id)) versions.push(`${archive!.version} ${archive!.status}`)
    assert.equal(versions.at(-1), '2 ready')
    const again = await keepsake.getArchiveStatus(gallery.id)
    assert.equal(again.archive!.version, 2)
    const sent = await keepsake.resendArchiveEmail(gallery.id, again.archive!.id, 'jonas@example.com')
    assert.deepEqual([sent.success, sent.letter!.kind, sent.letter!.recipient], [true, 'archive_ready', 'jonas@example.com'])
    const { downloadUrl } = await keepsake.getDownloadAllUrl(gallery.id)
    const got = await get(downloadUrl!, { out: path.join(installation.dir, 'got') })
    assert.equal(await sha256Of(got.file), again.archive!.checksum)
  })

  await t.test('a service that is away is an error, not a throw', async () => {
    const nobody = createClient({ url: 'http://127.0.0.1:9', key: 'ks_x' })
    assert.equal((await nobody.createArchive(gallery.id)).cause!.code, 'unreachable')
    const stranger = createClient({ url: installation.url, key: 'ks_x' })
    assert.equal((await stranger.getDownloadAllUrl(gallery.id)).cause!.code, 'sign_in_required')
    assert.equal((await stranger.createArchive(gallery.id)).cause!.status, 401)
  })
})

test('an upload that breaks off goes on where it stopped', { timeout: 300_000 }, async (t) => {
  const standing = await withKey(t)
  const { installation, ida, key } = standing
  const line = await faultyLine(t, installation.url)
  const keepsake = createClient({ url: line.url, key })
  const { id } = await keepsake.createGallery({ title: 'Broken off' })
  const [first, second, third] = (await photos(3, 20 * mb)) as [Photo, Photo, Photo]
  const file = path.join(installation.dir, first.name)
  writeFileSync(file, first.bytes)
  const store = fileResumeStore(path.join(installation.dir, 'uploads.json'))
  const chunkBytes = 2 * mb

  await t.test('aborted in its middle and begun again by another program', async () => {
    const stop = new AbortController()
    const opened = await openFile(file)
    const sent: number[] = []
    const onProgress = (bytes: number) => {
      sent.push(bytes)
      if (bytes >= 8 * mb) stop.abort()
    }
    await assert.rejects(keepsake.uploadFile(id, opened, { store, chunkBytes, onProgress, signal: stop.signal }), { name: 'AbortError' })
    const later: number[] = []
    const done = await keepsake.uploadFile(id, opened, { store, chunkBytes, onProgress: (bytes) => later.push(bytes) })
    await opened.close()
    assert.deepEqual(done, { result: 'stored', sha256: null })
    assert.ok(later[0]! >= 8 * mb, 'nothing is sent twice')
    assert.deepEqual([later.at(-1), sent[0]], [20 * mb, 0])
    await holds(ida, id, [first])
  })

  await t.test('killed and started again, the service goes on with it', async () => {
    let killed: Promise<void> | undefined
    const onProgress = (bytes: number) => {
      if (bytes < 8 * mb || killed) return
      killed = standing.service.kill().then(async () => {
        standing.service = await installation.start()
      })
    }
    const done = await keepsake.uploadFile(id, blobOf(second), { chunkBytes, onProgress, sha256: true })
    await killed
    assert.deepEqual(done, { result: 'stored', sha256: second.sha256 })
    await holds(ida, id, [first, second])
  })

  await t.test('refused for a while, and what is there already is no second photo', async () => {
    line.refuse = { status: 503, times: 3, retryAfter: '1' }
    assert.equal((await keepsake.uploadFile(id, blobOf(second))).result, 'duplicate')
    await holds(ida, id, [first, second])
  })

  await t.test('what is announced and what is sent must be the same', async () => {
    const wrong: Promise<Uploaded> = keepsake.uploadFile(id, blobOf(third), { sha256: second.sha256 })
    await assert.rejects(wrong, (error) => error instanceof KeepsakeError && error.code === 'checksum_mismatch')
    const text = new File(['no picture'], 'a.txt')
    await assert.rejects(keepsake.uploadFile(id, text), (error) => error instanceof KeepsakeError && error.code === 'media_type')
    await holds(ida, id, [first, second])
  })

  await t.test('an upload that the service has forgotten begins anew', async () => {
    const stop = new AbortController()
    const onProgress = (bytes: number) => bytes >= 4 * mb && stop.abort()
    await assert.rejects(keepsake.uploadFile(id, blobOf(third), { store, chunkBytes, onProgress, signal: stop.signal }))
    await installation.sql('delete from uploads')
    assert.equal((await keepsake.uploadFile(id, blobOf(third), { store, chunkBytes })).result, 'stored')
    await holds(ida, id, [first, second, third])
  })
})

/** The gallery holds these photos and no other, byte for byte. */
async function holds(ida: Person, gallery: string, expected: Photo[]): Promise<void> {
  const items = await until(async () => allOf<Item>(ida, `/api/galleries/${gallery}/items`), { what: 'the items' })
  const bytes = await Promise.all(
    items.map(async ({ asset_id }) => {
      const answer = await fetch(ida.address(`/media/${asset_id}/original`), { headers: ida.headers() })
      return Buffer.from(await answer.arrayBuffer())
    }),
  )
  const found = items.map(({ name }, i) => [
    name,
    bytes[i]!.equals(expected.find((photo) => photo.name === name)?.bytes ?? Buffer.alloc(0)),
  ])
  assert.deepEqual(found.sort(), expected.map(({ name }) => [name, true]).sort())
}
