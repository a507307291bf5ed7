/**
 * A worker that stands still past its heartbeat in the middle of a build and then wakes up changes nothing: another one has
 * finished the work. KEEPSAKE_STALLS says how often (2 by default).
 */
import assert from 'node:assert/strict'
import { globSync } from 'node:fs'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3'
import type { Archive, DownloadResponse } from '../../sdk/src/wire.ts'
import { testServer } from '../s3/server.ts'
import { freshCluster } from './cluster.ts'
import { allOf, archiveOf, createGallery, type Person, publish, setUp } from './people.ts'
import { sha256Of } from './programs.ts'
import { photos, sendPhotos } from './sending.ts'
import { freshInstallation, type Installation, type Service, until } from './service.ts'

const stalls = Number(process.env.KEEPSAKE_STALLS ?? 2)

test(`a worker asleep during a build wakes up ${stalls} times and changes nothing`, { timeout: stalls * 120_000 + 300_000 }, (t) =>
  asleep(t, onDisk, stalls),
)

const server = await testServer()
const skip = typeof server === 'string' ? server : false

test('a worker asleep during a build into a bucket wakes up and changes nothing', { timeout: 420_000, skip }, (t) =>
  asleep(t, inBucket, Math.ceil(stalls / 2)),
)

async function asleep(t: TestContext, place: (t: TestContext) => Promise<Place>, stalls: number): Promise<void> {
  const { installation, filesOf, ida, gallery } = await galleryWithoutWorker(await place(t))
  let [active, idle] = [await installation.start('worker'), await installation.start('worker')]
  await publish(ida, gallery)
  const takenOver: number[] = []
  let version = 1
  const first = await readyOf(ida, gallery, version)
  for (let round = 0; round < stalls; ) {
    // one of two is awake, so it is known who takes the work
    idle.send('SIGSTOP')
    await ida.ask(`/api/galleries/${gallery}/archive`, { method: 'POST', body: { force: true } })
    version += 1
    await until(async () => (await archiveOf(ida, gallery)).archive?.status === 'processing', { what: 'a build', every: 5 })
    active.send('SIGSTOP')
    const caught = await standsStill(ida, gallery, version)
    idle.send('SIGCONT')
    if (!caught) {
      // it was too fast for us: that round does not count
      active.send('SIGCONT')
      await readyOf(ida, gallery, version)
      continue
    }
    const stopped = performance.now()
    const finished = await readyOf(ida, gallery, version)
    takenOver.push(Math.round((performance.now() - stopped) / 1000))
    const before = { row: finished, files: await filesOf(version), zip: await download(ida, gallery) }
    assert.equal(before.zip, first.checksum)
    const spoken = active.log().length
    active.send('SIGCONT')
    await until(() => active.log().slice(spoken).includes('"a job failed"'), { what: 'the end of the stale attempt', ms: 120_000 })
    assert.match(active.log().slice(spoken), /Another worker has taken this work over|attempt_stale/)
    const after = {
      row: await readyOf(ida, gallery, version),
      files: await filesOf(version),
      zip: await download(ida, gallery),
    }
    assert.deepEqual(after.row, before.row)
    assert.equal(after.zip, before.zip)
    for (const [file, sum] of before.files) assert.equal(after.files.get(file), sum, `${file} is as it was`)
    const versions = await allOf<Archive>(ida, `/api/galleries/${gallery}/archives`)
    assert.deepEqual(
      versions.filter((v) => v.status === 'ready' && !v.superseded).map((v) => v.version),
      [version],
    )
    ;[active, idle] = [idle, active]
    round += 1
  }
  t.diagnostic(`${stalls} workers woke up too late; another one had finished after ${takenOver.join(', ')} s`)
}

interface Place {
  installation: Installation
  /** A sum of every stored file of that version, whichever attempt wrote it. */
  filesOf(version: number): Promise<Map<string, string>>
}

/** Pages in one process; whoever builds comes later. */
async function galleryWithoutWorker(place: Place): Promise<Place & { web: Service; ida: Person; gallery: string }> {
  const { installation } = place
  const web = await installation.start('web')
  const ida = await setUp(installation, web)
  const { id } = await createGallery(ida, { title: 'Stalled' })
  await sendPhotos(installation, ida, id, await photos(14, 8_000_000))
  return { ...place, web, ida, gallery: id }
}

/** Is the build still unfinished, and does it make no progress any more? */
async function standsStill(ida: Person, gallery: string, version: number): Promise<boolean> {
  const look = async () => (await archiveOf(ida, gallery)).archive
  const before = await look()
  await sleep(300)
  const now = await look()
  return now?.version === version && now.status === 'processing' && now.processed_bytes === before?.processed_bytes
}

async function readyOf(ida: Person, gallery: string, version: number): Promise<Archive> {
  const look = async () => {
    const versions = await allOf<Archive>(ida, `/api/galleries/${gallery}/archives`)
    return versions.find((v) => v.version === version && v.status === 'ready')
  }
  return until(look, { what: `version ${version}`, ms: 120_000, every: 200 })
}

async function onDisk(t: TestContext): Promise<Place> {
  const installation = await freshInstallation(t)
  return {
    installation,
    async filesOf(version) {
      const files = globSync(`storage/objects/galleries/*/archives/${version}-*.zip`, { cwd: installation.dir })
      return new Map(await Promise.all(files.map(async (file) => [file, await sha256Of(path.join(installation.dir, file))] as const)))
    },
  }
}

async function inBucket(t: TestContext): Promise<Place> {
  if (typeof server === 'string') throw new Error(server)
  const { machines, bucket } = await freshCluster(t, server, 1)
  const { accessKeyId, secretAccessKey } = bucket
  const client = new S3Client({
    ...bucket,
    endpoint: bucket.endpoint!,
    forcePathStyle: true,
    credentials: { accessKeyId, secretAccessKey },
  })
  t.after(() => client.destroy())
  return {
    installation: machines[0]!,
    async filesOf(version) {
      const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket.bucket, Prefix: 'objects/' }))
      return new Map(Contents.filter(({ Key }) => Key!.includes(`/archives/${version}-`)).map(({ Key, ETag }) => [Key!, ETag!]))
    },
  }
}

/** SHA-256 of what the link gives. */
async function download(ida: Person, gallery: string): Promise<string> {
  const { body } = await ida.ask<DownloadResponse>(`/api/galleries/${gallery}/download`)
  assert.equal(body.status, 'ready')
  const { pathname } = new URL(body.download_url!)
  const answer = await fetch(ida.address(pathname))
  assert.equal(answer.status, 200)
  const digest = await crypto.subtle.digest('SHA-256', await answer.arrayBuffer())
  return Buffer.from(digest).toString('hex')
}
