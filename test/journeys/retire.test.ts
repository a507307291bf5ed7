/** A gallery is archived, looked through, restored and deleted, as its photographer and its guests see it. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type {
  ArchivedPage,
  BulkArchiveResult,
  BulkRestoreResult,
  Gallery,
  Item,
  PackedFile,
  Reconciled,
  Restored,
  Restoring,
} from '../../sdk/src/wire.ts'
import { allOf, createGallery, guest, type Person, publish, readyArchive, setUp } from './people.ts'
import { photos, sendPhotos, sha256 } from './sending.ts'
import { freshInstallation, type Installation, until } from './service.ts'

async function published(installation: Installation, ida: Person, title: string, count: number) {
  const gallery = await createGallery(ida, { title })
  const sent = await photos(count, 60_000, title.length * 100)
  await sendPhotos(installation, ida, gallery.id, sent)
  await publish(ida, gallery.id)
  await readyArchive(ida, gallery.id)
  return { gallery, sent }
}

const stateOf = async (who: Person, id: string) => (await who.ask<Gallery>(`/api/galleries/${id}`)).body.state
const archived = (who: Person, id: string) =>
  until(async () => (await stateOf(who, id)) === 'archived', { what: 'the archive', ms: 60_000 })
const bytesAt = async (who: Person, path: string) =>
  Buffer.from(await (await fetch(who.address(path), { headers: who.headers() })).arrayBuffer())

async function begun(t: TestContext) {
  const installation = await freshInstallation(t)
  const ida = await setUp(installation, await installation.start())
  return { installation, ida, anybody: guest(installation.url) }
}

test('archived, looked through, restored and deleted, with a guest watching', { timeout: 300_000 }, async (t) => {
  const { installation, ida, anybody } = await begun(t)
  const { gallery, sent } = await published(installation, ida, 'Wedding', 3)
  assert.equal((await anybody.ask(`/api/g/${gallery.slug}`)).status, 200)
  await ida.ask(`/api/galleries/${gallery.id}`, { method: 'PATCH', body: { event_type: 'Church wedding' } })

  assert.equal((await ida.ask(`/api/galleries/${gallery.id}/retire`, { method: 'POST' })).status, 202)
  await archived(ida, gallery.id)
  assert.equal((await anybody.ask(`/api/g/${gallery.slug}`)).status, 404)
  const [refused] = await photos(1, 9_000, 77)
  const upload = await ida.ask('/api/uploads', {
    method: 'POST',
    headers: {
      'tus-resumable': '1.0.0',
      'upload-length': '9000',
      'upload-metadata': `gallery ${btoa(gallery.id)},filename ${btoa(refused!.name)}`,
    },
  })
  assert.equal(upload.status, 409)

  const { body: page } = await ida.ask<ArchivedPage>('/api/admin/archives?q=wed&sort=size')
  assert.deepEqual([page.rows.length, page.totals.galleries, page.totals.photos, page.next], [1, 1, 3, null])
  const archive = page.rows[0]!
  assert.equal((await ida.ask<ArchivedPage>('/api/admin/archives?q=nothing')).body.totals.galleries, 0)
  // of a kind: as it begins, in capitals or not
  for (const [kind, found] of [
    ['church', 1],
    ['Church%20Wedding', 1],
    ['wedding', 0],
    ['c%25', 0],
  ] as const) {
    const { rows, totals } = (await ida.ask<ArchivedPage>(`/api/admin/archives?type=${kind}&q=wed&sort=title`)).body
    assert.deepEqual([rows.length, totals.galleries, rows[0]?.event_type], [found, found, found ? 'Church wedding' : undefined], kind)
  }
  assert.equal(sha256(await bytesAt(ida, `/api/archives/${archive.id}/download`)), archive.checksum)

  const listed = await allOf<PackedFile>(ida, `/api/archives/${archive.id}/entries`)
  const packed = listed.filter((file) => file.asset_id)
  assert.deepEqual(packed.map((file) => file.sha256).sort(), sent.map((photo) => photo.sha256).sort())
  for (const file of listed) assert.equal(sha256(await bytesAt(ida, `/api/archives/${archive.id}/entries/${file.position}`)), file.sha256)
  assert.equal((await ida.ask(`/api/archives/${archive.id}/entries/99`)).status, 404)

  const dry = await ida.ask<Restored>(`/api/galleries/${gallery.id}/restore`, { method: 'POST', body: { dry_run: true } })
  assert.deepEqual([dry.status, dry.body.photos, dry.body.dry_run], [200, 3, true])
  assert.equal(await stateOf(ida, gallery.id), 'archived')
  const salvage = await ida.ask<Restoring>(`/api/galleries/${gallery.id}/restore`, {
    method: 'POST',
    body: { dry_run: true, salvage: true },
  })
  assert.deepEqual([salvage.status, salvage.body.restoring, salvage.body.salvage?.dry_run], [202, false, true])
  const read = await until(
    async () => {
      const { salvage } = (await ida.ask<Restoring>(`/api/galleries/${gallery.id}/restore`)).body
      return salvage?.status === 'done' && salvage
    },
    { what: 'every photo read', ms: 60_000 },
  )
  assert.deepEqual([read.percent, read.restored?.photos, read.restored?.missing], [100, 3, []])
  const unknown = { dry_run: true, archive_id: gallery.id }
  for (const more of [{}, { salvage: true }])
    assert.equal((await ida.ask(`/api/galleries/${gallery.id}/restore`, { method: 'POST', body: { ...unknown, ...more } })).status, 409)
  const fit = await ida.ask<Reconciled>('/api/admin/reconcile', { method: 'POST', body: {} })
  assert.deepEqual([fit.status, fit.body.unknown.count, fit.body.missing.count], [200, 0, 0])
  assert.equal((await anybody.ask('/api/admin/reconcile', { method: 'POST', body: {} })).status, 401)
  const begin = performance.now()
  const back = await ida.ask<Restored>(`/api/galleries/${gallery.id}/restore`, { method: 'POST', body: {} })
  t.diagnostic(`restored in ${Math.round(performance.now() - begin)} ms`)
  assert.equal(back.status, 202)
  assert.deepEqual([dry.body.expires_at, back.body.expires_at], [null, null], 'without an end, as it was')
  assert.equal((await ida.ask(`/api/galleries/${gallery.id}/restore`, { method: 'POST', body: {} })).status, 409)
  assert.equal((await anybody.ask(`/api/g/${gallery.slug}`)).status, 200)
  const shown = await allOf<Item>(ida, `/api/galleries/${gallery.id}/items`)
  const sums = await Promise.all(shown.map(async (item) => sha256(await bytesAt(ida, `/media/${item.asset_id}/original`))))
  assert.deepEqual(sums.sort(), sent.map((photo) => photo.sha256).sort())
  await until(async () => !(await ida.ask<Restoring>(`/api/galleries/${gallery.id}/restore`)).body.restoring, { what: 'the originals' })

  await ida.ask(`/api/galleries/${gallery.id}/retire`, { method: 'POST' })
  await archived(ida, gallery.id)
  const again = (await ida.ask<ArchivedPage>('/api/admin/archives')).body.rows[0]!
  assert.equal((await ida.ask(`/api/admin/archives/${again.id}`, { method: 'DELETE', body: { confirm: 'yes' } })).status, 422)
  assert.equal((await ida.ask(`/api/admin/archives/${again.id}`, { method: 'DELETE', body: { confirm: gallery.slug } })).status, 204)
  assert.equal((await ida.ask(`/api/galleries/${gallery.id}`)).status, 404)
  assert.equal((await ida.ask<ArchivedPage>('/api/admin/archives')).body.totals.galleries, 0)
})

test('a bulk run names what became of each, a foreign gallery like none, and pages of archives follow each other', {
  timeout: 300_000,
}, async (t) => {
  const { installation, ida } = await begun(t)
  const ids: string[] = []
  for (const title of ['First', 'Second gallery', 'Third']) ids.push((await published(installation, ida, title, 1)).gallery.id)
  const draft = await createGallery(ida, { title: 'Draft' })
  const asked = [...ids, draft.id, '00000000-0000-7000-8000-00000000000f', ids[0]!]
  const { status, body } = await ida.ask<{ results: BulkArchiveResult[] }>('/api/galleries/bulk-archive', {
    method: 'POST',
    body: { ids: asked },
  })
  assert.equal(status, 202)
  assert.deepEqual(
    body.results.map((one) => one.error?.code ?? one.status),
    ['archiving', 'archiving', 'archiving', 'not_retirable', 'not_found'],
  )
  for (const id of ids) await archived(ida, id)
  const titles: string[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page: ArchivedPage = (
      await ida.ask<ArchivedPage>(`/api/admin/archives?limit=1&sort=title&order=asc${cursor && `&cursor=${cursor}`}`)
    ).body
    titles.push(...page.rows.map((row) => row.title))
    assert.equal(page.totals.galleries, 3)
    cursor = page.next
  }
  assert.deepEqual(titles, ['First', 'Second gallery', 'Third'])
  assert.equal((await ida.ask('/api/admin/archives?cursor=xyz')).status, 400)
  for (const route of ['bulk-archive', 'bulk-restore'])
    assert.equal((await ida.ask(`/api/galleries/${route}`, { method: 'POST', body: { ids: [] } })).status, 400)

  const bulkRestore = (body: object) =>
    ida.ask<{ results: BulkRestoreResult[] }>('/api/galleries/bulk-restore', { method: 'POST', body: { ids: asked, ...body } })
  assert.equal((await bulkRestore({ expires_at: '2001-01-01T00:00:00Z' })).status, 400)
  const expires = '2099-12-31T23:59:59.000Z'
  const back = await bulkRestore({ expires_at: expires })
  assert.equal(back.status, 202)
  assert.deepEqual(
    back.body.results.map(({ id, status, error }) => [id, error?.code ?? status]),
    [...ids.map((id) => [id, 'restored']), [draft.id, 'not_archived'], [asked[4], 'not_found']],
  )
  for (const id of ids) {
    const { body: gallery } = await ida.ask<Gallery>(`/api/galleries/${id}`)
    assert.deepEqual([gallery.state, gallery.expires_at], ['active', expires])
  }
})
