/** A service that is killed or told to stop in the middle of a build or a download: the work is taken up, and there is one result. */
import assert from 'node:assert/strict'
import { existsSync, statSync } from 'node:fs'
import path from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Archive, DownloadResponse } from '../../sdk/src/wire.ts'
import { allOf, archiveOf, createGallery, type Person, publish, readyArchive, setUp } from './people.ts'
import { judgeZip, run, sha256Of, soundForAll } from './programs.ts'
import { photos, sendPhotos } from './sending.ts'
import { freshInstallation, type Installation, type Service, until } from './service.ts'

const kills = Math.max(3, Math.round(Number(process.env.KEEPSAKE_KILLS ?? 5) / 5))
const mb = 1_000_000
/** 35 s, and what a busy machine adds; the slow reader alone would take three minutes. */
const inTime = 60_000

interface Standing {
  installation: Installation
  service: Service
  ida: Person
  gallery: string
}

async function galleryOf(t: TestContext, count: number, size: number): Promise<Standing> {
  const installation = await freshInstallation(t)
  const service = await installation.start()
  const ida = await setUp(installation, service)
  const { id } = await createGallery(ida, { title: 'Interrupted' })
  await sendPhotos(installation, ida, id, await photos(count, size))
  return { installation, service, ida, gallery: id }
}

async function fetched({ installation, ida, gallery }: Standing, name: string): Promise<string> {
  const { body } = await ida.ask<DownloadResponse>(`/api/galleries/${gallery}/download`)
  const file = path.join(installation.dir, name)
  assert.equal((await run('curl', ['-fsS', '-o', file, body.download_url!])).code, 0)
  return file
}

describe('interrupted', { concurrency: true, timeout: 900_000 }, () => {
  test(`killed ${kills} times during a build, each is finished within 120 s, verified, and the only one`, async (t) => {
    const standing = await galleryOf(t, 16, 8 * mb)
    const { installation, ida, gallery } = standing
    let { service } = standing
    await publish(ida, gallery)
    const first = await readyArchive(ida, gallery)
    const seen: string[] = []
    for (let n = 0; n < kills; n++) {
      await ida.ask(`/api/galleries/${gallery}/archive`, { method: 'POST', body: { force: true } })
      await sleep(Math.random() * 1000)
      seen.push((await archiveOf(ida, gallery)).archive?.status ?? 'none')
      await service.kill()
      service = await installation.start()
      const archive = await readyOf(ida, gallery, first.version + n + 1)
      // the same content has the same bytes, whoever builds it and how often
      assert.equal(archive.checksum, first.checksum)
      assert.ok(archive.verified_at)
      const versions = await allOf<Archive>(ida, `/api/galleries/${gallery}/archives`)
      assert.equal(versions.filter((v) => v.status === 'ready' && !v.superseded).length, 1)
      assert.equal(versions.length, first.version + n + 1)
    }
    const file = await fetched(standing, 'end.zip')
    assert.equal(await sha256Of(file), first.checksum)
    assert.deepEqual(await judgeZip(file), soundForAll)
    t.diagnostic(`killed while ${seen.join(', ')}`)
  })

  test('told to stop, it lets a running download end, and a build goes on after the restart', async (t) => {
    const standing = await galleryOf(t, 12, 5 * mb)
    const { installation, service, ida, gallery } = standing
    await publish(ida, gallery)
    const { checksum, version } = await readyArchive(ida, gallery)
    const link = (await ida.ask<DownloadResponse>(`/api/galleries/${gallery}/download`)).body.download_url!
    const file = path.join(installation.dir, 'short.zip')
    const running = run('curl', ['-fsS', '--limit-rate', '12M', '-o', file, link])
    await until(() => sizeOf(file) > mb, { what: 'the download' })
    await ida.ask(`/api/galleries/${gallery}/archive`, { method: 'POST', body: { force: true } })
    const stopped = await service.stop()
    assert.equal(stopped.code, 0)
    assert.ok(stopped.ms < inTime, `it took ${stopped.ms} ms`)
    assert.equal((await running).code, 0)
    assert.equal(await sha256Of(file), checksum)
    await installation.start()
    assert.equal((await readyOf(ida, gallery, version + 1)).checksum, checksum)
  })

  test('told to stop, it ends within 35 s although a reader is slow, who goes on afterwards', async (t) => {
    const standing = await galleryOf(t, 8, 5 * mb)
    const { installation, service, ida, gallery } = standing
    await publish(ida, gallery)
    const { checksum } = await readyArchive(ida, gallery)
    const link = (await ida.ask<DownloadResponse>(`/api/galleries/${gallery}/download`)).body.download_url!
    const file = path.join(installation.dir, 'slow.zip')
    const running = run('curl', ['-fsS', '--limit-rate', '200K', '-o', file, link])
    await until(() => sizeOf(file) > 100_000, { what: 'the download' })
    const stopped = await service.stop()
    assert.equal(stopped.code, 0)
    assert.ok(stopped.ms < inTime, `it took ${stopped.ms} ms`)
    assert.notEqual((await running).code, 0, 'a broken line is no success')
    await installation.start()
    const resumed = await run('curl', ['-fsS', '-C', '-', '-o', file, link])
    assert.equal(resumed.code, 0, resumed.output)
    assert.equal(await sha256Of(file), checksum)
  })
})

const sizeOf = (file: string) => (existsSync(file) ? statSync(file).size : 0)

/** That version, when it is ready. */
async function readyOf(ida: Person, gallery: string, version: number): Promise<Archive> {
  const look = async () => {
    const versions = await allOf<Archive>(ida, `/api/galleries/${gallery}/archives`)
    return versions.find((v) => v.version === version && v.status === 'ready')
  }
  return until(look, { what: `version ${version}`, ms: 120_000, every: 200 })
}
