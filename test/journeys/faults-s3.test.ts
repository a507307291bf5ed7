/**
 * Faults of the store, one a round, while galleries are uploaded, published, built, verified and downloaded: each archive becomes
 * ready, whole and byte-exact, by itself, and no original is deleted or called missing (P3, P4).
 */
import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import path from 'node:path'
import { test } from 'node:test'
import { DeleteObjectCommand, GetObjectCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3'
import { sql } from 'kysely'
import type { DownloadResponse, Item, Readiness } from '../../sdk/src/wire.ts'
import { byteProxy, type Rule, requestProxy } from '../s3/faults.ts'
import { behind, testServer } from '../s3/server.ts'
import { freshCluster } from './cluster.ts'
import { allOf, archiveOf, createGallery, publish, readyArchive, setUp } from './people.ts'
import { judgeZip, run, soundForAll } from './programs.ts'
import { type Photo, photos, sendPhotos, sha256 } from './sending.ts'
import { until } from './service.ts'

const server = await testServer()
const skip = typeof server === 'string' ? server : false
// large ones are copied inside the store, the small one passes through the worker
const sizes = [6_500_000, 5_500_000, 900_000]
// an hour ahead, as a machine without a time server may be
const skewed = `globalThis.Date = class extends Date {
  constructor(...given) { if (given.length) super(...given); else super(Date.now()) }
  static now() { return super.now() + 3600000 }
}`

const none: Record<string, string> = {}

/** Begins; answers whether it has come, and ends. */
interface Fault {
  came: () => boolean
  end?: () => Promise<void> | void
}
interface Round {
  /** from the first byte on */
  upload?: () => Fault
  /** when photos and previews are there */
  publish?: () => Fault
  /** what must be seen while it lasts */
  meanwhile?: (gallery: string) => Promise<unknown>
  /** the first file was thrown away */
  anew?: boolean
}

test('X-10: whatever the store does for a while, every archive becomes ready and no original is lost', {
  timeout: 600_000,
  skip,
}, async (t) => {
  if (typeof server === 'string') return
  const requests = await requestProxy(server.endpoint)
  const bytes = await byteProxy(requests.endpoint)
  const cluster = await freshCluster(t, server, 3, {
    lines: { s3: Number(new URL(bytes.endpoint).port) },
    more: (n) => (n === 2 ? { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(skewed)}` } : none),
  })
  const operator = behind(cluster.bucket)
  t.after(async () => {
    operator.destroy()
    await bytes.close()
    await requests.close()
  })
  const [web, worker, wrong] = cluster.machines as [
    (typeof cluster.machines)[0],
    (typeof cluster.machines)[0],
    (typeof cluster.machines)[0],
  ]
  const [page, builder] = [await web.start('web'), await worker.start('worker')]
  const ida = await setUp(web, page)
  const Bucket = cluster.bucket.bucket
  const sent: Photo[] = []

  /** The store answers as the rule says until it is used up. */
  const rule = (of: Rule): Fault => {
    const { times } = of
    requests.rules.push(of)
    const end = () => {
      requests.rules.length = 0
    }
    return { came: () => of.times < times, end }
  }
  const on =
    (method: RegExp, part: string) =>
    ({ method: asked, url }: IncomingMessage) =>
      method.test(asked!) && !!url?.includes(part)
  /** Lines break or end after so many bytes. */
  const cut = (): Fault => {
    bytes.cutAll()
    const all = (['reset', 'end', 'reset', 'end'] as const).map((action, n) => ({
      ...{ dir: 'down' as const, after: 300_000 * (n + 1), action, times: 2 },
    }))
    bytes.toxics.push(...all, { dir: 'up', after: 700_000, action: 'reset', times: 2 })
    const end = () => void bytes.toxics.splice(0)
    return { came: () => all.some(({ times }) => times < 2), end }
  }
  /** The file of an archive is another one when the verification begins to read it. */
  const spoiled = (how: (file: Buffer) => Buffer | null): Fault => {
    let [Key, spoiling]: [string, Promise<void> | undefined] = ['', undefined]
    const match = ({ method, url }: IncomingMessage) => {
      const found = method === 'GET' && /^\/[^/]+\/(objects\/.*\/archives\/[^?]*)/.exec(url!)
      if (found) Key ||= found[1]!
      return !!found && Key === found[1]
    }
    const spoil = async () => {
      const { Body } = await operator.send(new GetObjectCommand({ Bucket, Key }))
      const file = how(Buffer.from(await Body!.transformToByteArray()))
      await operator.send(file ? new PutObjectCommand({ Bucket, Key, Body: file }) : new DeleteObjectCommand({ Bucket, Key }))
    }
    return rule({
      match,
      times: 1000,
      get keptBack() {
        spoiling ??= spoil()
        return spoiling
      },
    })
  }
  let n = 0
  const everySecond = ({ method }: IncomingMessage) => /PUT|POST|DELETE/.test(method!) && n++ % 2 === 0

  const rounds: Record<string, Round> = {
    'many answers are 503': {
      upload: () => rule({ match: () => true, times: 12, status: 503, code: 'SlowDown' }),
      publish: () => rule({ match: () => true, times: 3, status: 503, code: 'SlowDown' }),
    },
    'bodies are cut': { upload: cut, publish: cut },
    'answers get lost after the work was done': {
      upload: () => rule({ match: everySecond, times: 12, loseAnswer: true }),
      publish: () => rule({ match: everySecond, times: 12, loseAnswer: true }),
    },
    'a bit flips while an original is read for the build': {
      publish: () => rule({ match: on(/GET/, '/assets/'), times: 1, flipAt: 100_000 }),
      anew: true,
    },
    'a bit flips while the archive is read back': {
      publish: () => rule({ match: on(/GET/, '/archives/'), times: 1, flipAt: 100_000 }),
      anew: true,
    },
    'the file is damaged before it is verified': {
      publish: () =>
        spoiled((file) => {
          file[2_000_000]! ^= 4
          return file
        }),
      anew: true,
    },
    'the file is cut short before it is verified': { publish: () => spoiled((file) => file.subarray(0, -100_000)), anew: true },
    'the file is gone before it is verified': { publish: () => spoiled(() => null), anew: true },
    'the bucket has no room for the archive': {
      publish: () => rule({ match: on(/PUT|POST/, '/archives/'), times: 1000, status: 403, code: 'QuotaExceeded' }),
      meanwhile: (id) => until(async () => (await archiveOf(ida, id)).archive?.error_code === 'storage_full', { what: 'the full bucket' }),
    },
    'the keys have expired': {
      publish: () => rule({ match: () => true, times: 10_000, status: 403, code: 'ExpiredToken' }),
      async meanwhile(id) {
        await until(async () => (await archiveOf(ida, id)).archive?.error_code === 'storage_unreachable', { what: 'the outage' })
        const { status, body } = await ida.ask<Readiness>('/readyz')
        assert.deepEqual([status, body.checks.database], [503, 'ok'])
      },
    },
  }

  /** A gallery from its upload to its ZIP, as its clients get it. */
  async function go(name: string, { upload, publish: atPublish, meanwhile, anew }: Round): Promise<void> {
    const { id } = await createGallery(ida, { title: name })
    const mine = (await Promise.all(sizes.map((size, k) => photos(1, size, sent.length + k + 1)))).flat()
    const first = upload?.()
    await sendPhotos(web, ida, id, mine)
    sent.push(...mine)
    const drawn = async () => (await allOf<Item>(ida, `/api/galleries/${id}/items`)).every((item) => item.render_state === 'done')
    await until(drawn, { what: 'the previews', every: 100 })
    await first?.end?.()
    const fault = atPublish?.()
    await publish(ida, id)
    await meanwhile?.(id)
    if (meanwhile) await fault!.end!()
    const archive = await readyArchive(ida, id)
    await fault?.end?.()
    assert.ok((!first || first.came()) && (!fault || fault.came()), 'the fault came')
    assert.deepEqual([archive.image_count, archive.missing_count], [sizes.length, 0])
    const { rows } = await sql<{ fence: number }>`select fence from archives where id = ${archive.id}`.execute(cluster.database.db)
    if (anew) assert.ok(rows[0]!.fence > 1, 'the first file was thrown away')
    await received(id, mine, archive.checksum!)
  }

  async function received(id: string, mine: Photo[], checksum: string): Promise<void> {
    const { body } = await ida.ask<DownloadResponse>(`/api/galleries/${id}/download`)
    const answer = await fetch(body.download_url!.replace('http://photos.test', web.url))
    const zip = Buffer.from(await answer.arrayBuffer())
    assert.deepEqual([answer.status, sha256(zip)], [200, checksum])
    const folder = path.join(web.dir, `got-${id}`)
    mkdirSync(folder)
    writeFileSync(`${folder}.zip`, zip)
    assert.deepEqual(await judgeZip(`${folder}.zip`), soundForAll)
    assert.equal((await run('unzip', ['-qqj', `${folder}.zip`, '*/photos/*', '-d', folder])).code, 0)
    for (const { name, sha256: sum } of mine) assert.equal(sha256(readFileSync(path.join(folder, name))), sum, name)
  }

  for (const [name, round] of Object.entries(rounds)) await t.test(name, () => go(name, round))

  await t.test("the worker's clock is an hour wrong", async () => {
    await builder.stop()
    const late = await wrong.start('worker')
    await go('skewed', {})
    const { rows } = await sql<{ ahead: number }>`
      select extract(epoch from started_at - created_at)::int as ahead from archives order by created_at desc limit 1`.execute(
      cluster.database.db,
    )
    assert.ok(rows[0]!.ahead > 3500, `${rows[0]!.ahead} s`)
    await late.stop()
  })

  await t.test('all originals are in the bucket as they were sent, none is missing, none is garbage', async () => {
    const { rows } = await sql<{ state: string; n: number }>`
      select state, count(*)::int as n from assets group by 1 union all select 'garbage', count(*)::int from garbage where key like '%/assets/%'`.execute(
      cluster.database.db,
    )
    assert.deepEqual(rows, [
      { state: 'stored', n: sent.length },
      { state: 'garbage', n: 0 },
    ])
    const sums: string[] = []
    const { Contents = [] } = await operator.send(new ListObjectsV2Command({ Bucket, Prefix: 'objects/galleries/' }))
    for (const { Key } of Contents.filter(({ Key }) => Key!.includes('/assets/'))) {
      const { Body } = await operator.send(new GetObjectCommand({ Bucket, Key }))
      sums.push(sha256(await Body!.transformToByteArray()))
    }
    assert.deepEqual(sums.sort(), sent.map((photo) => photo.sha256).sort())
  })
})
