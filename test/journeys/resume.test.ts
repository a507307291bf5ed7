/** A download that breaks off again and again ends with the right bytes: live, stored, from one to the other, across a restart. */
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, statSync } from 'node:fs'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import type { DownloadResponse } from '../../sdk/src/wire.ts'
import { downloadInChromium } from '../browser/download.ts'
import { archiveOf, createGallery, type Person, publish, readyArchive, setUp } from './people.ts'
import { has, run, sha256Of } from './programs.ts'
import { faultyLine, type Line } from './proxy.ts'
import { photos, sendPhotos } from './sending.ts'
import { freshInstallation, type Installation, type Service, until } from './service.ts'

const mb = 1_000_000

interface Standing {
  installation: Installation
  service: Service
  ida: Person
}

/** A gallery of 60 MB, not published yet. */
async function gallery60({ installation, ida }: Standing): Promise<string> {
  const { id } = await createGallery(ida, { title: 'Large' })
  await sendPhotos(installation, ida, id, await photos(12, 5 * mb))
  return id
}

async function linkOf(ida: Person, gallery: string): Promise<string> {
  const { body } = await ida.ask<DownloadResponse>(`/api/galleries/${gallery}/download`)
  assert.ok(body.download_url)
  return body.download_url
}

const sizeOf = (file: string) => (existsSync(file) ? statSync(file).size : 0)

/** Goes on with the download and kills the program once `bytes` more have come; answers how many have come in all. */
async function cutAfter(program: string[], file: string, bytes: number): Promise<number> {
  const from = sizeOf(file)
  const cut = new AbortController()
  const running = run(program[0]!, program.slice(1), { signal: cut.signal })
  await until(() => sizeOf(file) >= from + bytes, { what: 'a part of the download', every: 5 })
  cut.abort()
  await running
  return sizeOf(file)
}

const curl = (file: string, link: string, rate = '6M') => ['curl', '-sS', '-f', '-C', '-', '--limit-rate', rate, '-o', file, link]
const wget = (file: string, link: string) => ['wget', '-q', '-c', '--limit-rate', '6m', '-O', file, link]

async function finish(program: string[], file: string, expected: { checksum: string | null; file_size_bytes: number }): Promise<void> {
  const ended = await run(program[0]!, program.slice(1))
  assert.equal(ended.code, 0, ended.output)
  assert.equal(sizeOf(file), expected.file_size_bytes)
  assert.equal(await sha256Of(file), expected.checksum)
}

test('60 MB', { timeout: 900_000 }, async (t) => {
  const installation = await freshInstallation(t)
  const service = await installation.start()
  const standing = { installation, service, ida: await setUp(installation, service) }
  await t.test('cut 10 times and with a restart of the service in between, the download ends right', (t) => cutTenTimes(t, standing))
  await t.test('one download that runs while the archive is built and stored is not disturbed', () => undisturbed(standing))
  await t.test('a download that begins before the archive is built ends from the stored file', () => fromLiveToStored(standing))
})

async function cutTenTimes(t: TestContext, standing: Standing): Promise<void> {
  const { installation, ida } = standing
  const gallery = await gallery60(standing)
  await publish(ida, gallery)
  const archive = await readyArchive(ida, gallery)
  const link = await linkOf(ida, gallery)

  await t.test('with curl', async () => {
    const file = path.join(installation.dir, 'curl.zip')
    const sizes = []
    for (let n = 0; n < 10; n++) sizes.push(await cutAfter(curl(file, link), file, 2 * mb))
    assert.deepEqual(
      sizes.toSorted((a, b) => a - b),
      sizes,
      'every part is added to what is there',
    )
    assert.ok(sizes.at(-1)! < archive.file_size_bytes, 'all ten cuts were in the middle')
    await finish(curl(file, link, '1G'), file, archive)
  })
  await t.test('with wget', { skip: !(await has('wget')) && 'There is no wget here.' }, async () => {
    const file = path.join(installation.dir, 'wget.zip')
    for (let n = 0; n < 10; n++) await cutAfter(wget(file, link), file, 2 * mb)
    await finish(wget(file, link), file, archive)
  })
  await t.test('across a kill -9 of the service', async () => {
    const file = path.join(installation.dir, 'restart.zip')
    const running = run('curl', curl(file, link, '4M').slice(1))
    await until(() => sizeOf(file) > 5 * mb, { what: 'a part of the download' })
    await standing.service.kill()
    assert.notEqual((await running).code, 0, 'a broken line is no success')
    standing.service = await installation.start()
    assert.ok(sizeOf(file) < archive.file_size_bytes)
    await finish(curl(file, link, '1G'), file, archive)
  })
}

async function fromLiveToStored(standing: Standing): Promise<void> {
  const { installation, service, ida } = standing
  const gallery = await gallery60(standing)
  await service.stop()
  // pages alone: nobody builds yet
  await installation.start('web')
  await publish(ida, gallery)
  const link = await linkOf(ida, gallery)
  const file = path.join(installation.dir, 'live.zip')
  for (let n = 0; n < 5; n++) await cutAfter(curl(file, link), file, 2 * mb)
  assert.equal((await archiveOf(ida, gallery)).status, 'pending', 'all of this came straight from the originals')
  const live = await fetch(link, { method: 'HEAD' })

  await installation.start('worker')
  const archive = await readyArchive(ida, gallery)
  const stored = await fetch(link, { method: 'HEAD' })
  assert.equal(stored.headers.get('etag'), live.headers.get('etag'))
  assert.equal(stored.headers.get('content-length'), live.headers.get('content-length'))
  for (let n = 0; n < 5; n++) await cutAfter(curl(file, link), file, 2 * mb)
  assert.ok(sizeOf(file) < archive.file_size_bytes)
  await finish(curl(file, link, '1G'), file, archive)
}

async function undisturbed(standing: Standing): Promise<void> {
  const { installation, ida } = standing
  const gallery = await gallery60(standing)
  await publish(ida, gallery)
  const link = await linkOf(ida, gallery)
  const file = path.join(installation.dir, 'running.zip')
  const running = run('curl', ['-sS', '-f', '--limit-rate', '12M', '-o', file, link])
  const archive = await readyArchive(ida, gallery)
  const ended = await running
  assert.equal(ended.code, 0, ended.output)
  assert.equal(await sha256Of(file), archive.checksum)
}

// The promise is 2 GB: KEEPSAKE_RESUME_GB=2 takes minutes. What breaks off and goes on is the same at a tenth of it.
const large = Number(process.env.KEEPSAKE_RESUME_GB ?? 0.2) * 1e9
const cuts = 20

/** Everybody's way to fetch one file, each with its way to go on; resolves when the program says that all is there. */
const ways: Record<string, (link: string, folder: string, size: number) => Promise<string>> = {
  curl: (link, folder) => again(path.join(folder, 'large.zip'), (file) => ['curl', '-sS', '-f', '-C', '-', '-o', file, link]),
  wget: (link, folder) => again(path.join(folder, 'large.zip'), (file) => ['wget', '-q', '-c', '-O', file, link]),
  aria2c: (link, folder) =>
    again(path.join(folder, 'large.zip'), (file) => [
      'aria2c',
      '-q',
      '-x8',
      '-s8',
      '-k1M',
      '-c',
      '--no-conf',
      '--file-allocation=none',
      '-d',
      folder,
      '-o',
      path.basename(file),
      link,
    ]),
  chromium: downloadInChromium,
}

/** Calls a program until it has ended well, as a person does who sees that it has not. */
async function again(file: string, command: (file: string) => string[]): Promise<string> {
  const [program, ...args] = command(file)
  for (let n = 0; n < 3 * cuts; n++) if ((await run(program!, args)).code === 0) return file
  throw new Error(`${program} did not end well in ${3 * cuts} tries`)
}

test(`${large / 1e9} GB, cut ${cuts} times for each, first live and then stored, end right with everybody`, {
  timeout: 1_800_000,
}, async (t) => {
  const installation = await freshInstallation(t)
  const service = await installation.start()
  const ida = await setUp(installation, service)
  const { id } = await createGallery(ida, { title: 'Large' })
  const each = 20 * mb
  for (let sent = 0; sent * each < large; sent += 4) await sendPhotos(installation, ida, id, await photos(4, each, sent + 1))
  await service.stop()
  // pages alone: nobody builds yet
  await installation.start('web')
  await publish(ida, id)
  const link = await linkOf(ida, id)
  const size = (await archiveOf(ida, id)).archive!.file_size_bytes
  assert.ok(size > large)

  const begun: { line: Line; ended: Promise<string> }[] = []
  for (const [name, way] of Object.entries(ways)) {
    if (name !== 'chromium' && !(await has(name))) {
      t.diagnostic(`There is no ${name} here.`)
      continue
    }
    const line = await faultyLine(t, installation.url)
    // several lines share the file, and share what is left of it anew: their answers are short
    line.cut = { after: size / (name === 'aria2c' ? 400 : cuts + 5), times: cuts }
    const folder = path.join(installation.dir, name)
    mkdirSync(folder)
    begun.push({ line, ended: way(line.url + new URL(link).pathname, folder, size) })
  }
  // when half of its cuts are over, each one waits on a slow line for the worker
  const halfway = () => {
    const there = begun.filter(({ line }) => line.cut.times <= cuts / 2)
    for (const { line } of there) line.rate = 20_000
    return there.length === begun.length
  }
  await Promise.race([
    until(halfway, { what: 'half of the cuts', ms: 600_000, every: 2 }),
    ...begun.map(({ ended }) => ended.then(tooEarly)),
  ])
  assert.equal((await archiveOf(ida, id)).status, 'pending', 'all of this came straight from the originals')
  await installation.start('worker')
  const archive = await readyArchive(ida, id, 600_000)
  for (const { line } of begun) line.rate = 0
  for (const { line, ended } of begun) {
    const file = await ended
    assert.equal(sizeOf(file), size)
    assert.equal(await sha256Of(file), archive.checksum, file)
    assert.equal(line.cut.times, 0, 'every cut was made')
    const came = line.ranges.reduce((sum, { bytes }) => sum + bytes, 0)
    assert.ok(came < size * 1.25, `${file}: ${came} bytes came for ${size}: it went on, and did not begin anew`)
  }
})

function tooEarly(file: string): never {
  throw new Error(`${file} has ended before half of its cuts`)
}
