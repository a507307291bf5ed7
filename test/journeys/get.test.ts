/** `keepsake get`: whatever breaks in between, what is kept in the end is the archive, byte for byte. */
import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import type { Got } from '../../sdk/src/get/get.ts'
import type { Journal } from '../../sdk/src/get/journal.ts'
import type { Archive, DownloadResponse } from '../../sdk/src/wire.ts'
import { readDirectory } from '../../src/zip/read.ts'
import { archiveOf, createGallery, type Person, publish, readyArchive, setUp } from './people.ts'
import { sha256Of } from './programs.ts'
import { faultyLine, type Line } from './proxy.ts'
import { photos, sendPhotos } from './sending.ts'
import { freshInstallation, type Installation, root, type Service, until } from './service.ts'

const mb = 1_000_000
const mib = 1024 * 1024

interface Standing {
  installation: Installation
  service: Service
  ida: Person
  gallery: string
  line: Line
}

/** A gallery of 12 photos, 60 MB if nothing else is said, not published yet. */
async function newGallery({ installation, ida }: Omit<Standing, 'gallery'>, each = 5 * mb): Promise<string> {
  const { id } = await createGallery(ida, { title: 'Large' })
  await sendPhotos(installation, ida, id, await photos(12, each))
  return id
}

/** The link of a gallery, by way of the line. */
async function linkOf({ ida, gallery, line }: Standing): Promise<string> {
  const { body } = await ida.ask<DownloadResponse>(`/api/galleries/${gallery}/download`)
  return line.url + new URL(body.download_url!).pathname
}

/** Whatever still runs gets a few bytes a second: what comes next happens in the middle of it, however long it takes. */
const hold = (line: Line) => {
  line.rate = 100_000
}

interface Running {
  child: ChildProcess
  ended: Promise<{ code: number | null; stdout: string; stderr: string }>
  kill(): Promise<void>
}

function begin(link: string, out: string, ...more: string[]): Running {
  const args = [path.join(root, 'bin/keepsake.js'), 'get', link, '--out', out, '--json', ...more]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: process.env.PATH } })
  let [stdout, stderr] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, stdout, stderr }))
  return {
    child,
    ended,
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
  }
}

async function whole(running: Running, archive: Archive): Promise<Got & { stderr: string }> {
  const { code, stdout, stderr } = await running.ended
  assert.equal(code, 0, stderr)
  const got = JSON.parse(stdout) as Got
  assert.equal(await sha256Of(got.file), archive.checksum)
  assert.equal(got.sha256, archive.checksum)
  assert.equal(got.bytes, archive.file_size_bytes)
  assert.deepEqual(
    readdirSync(path.dirname(got.file)).filter((name) => name.includes('.part')),
    [],
    'nothing half done stays',
  )
  return { ...got, stderr }
}

/** What the journal claims. */
function synced(out: string): number {
  const name = existsSync(out) && readdirSync(out).find((file) => file.endsWith('.part.json'))
  if (!name) return 0
  return (JSON.parse(readFileSync(path.join(out, name), 'utf8')) as Journal).done.reduce((sum, [from, to]) => sum + to - from, 0)
}

test('keepsake get', { timeout: 1_500_000 }, async (t) => {
  const installation = await freshInstallation(t)
  const service = await installation.start()
  const line = await faultyLine(t, installation.url)
  const standing = { installation, service, line, ida: await setUp(installation, service), gallery: '' }
  for (const [what, work] of [
    ['ends with the right archive, whatever happens in between', whateverHappens],
    ['tells an archive in which a photo is missing as partial', partial],
    ['says clearly that the disk is full, and goes on when there is room', fullDisk],
    // the last one: it stops the service
    ['fetches an archive that is still being built from the originals, and ends from the stored file', stillBuilt],
  ] as const)
    await t.test(what, (t) => {
      // whatever the one before has left
      Object.assign(line, { flip: [], cut: { after: 0, times: 0 }, refuse: { status: 503, times: 0 }, rate: 0, path: null })
      line.ranges.length = 0
      return work(t, standing)
    })
})

async function whateverHappens(t: TestContext, standing: Standing): Promise<void> {
  standing.gallery = await newGallery(standing)
  const { installation, ida, gallery, line } = standing
  const folder = (name: string) => path.join(installation.dir, name)
  await publish(ida, gallery)
  const archive = await readyArchive(ida, gallery)
  const link = await linkOf(standing)

  await t.test('killed three times in its middle it goes on from what was synced', async () => {
    const out = folder('killed')
    let before = 0
    for (let n = 0; n < 3; n++) {
      line.rate = 6 * mb
      const running = begin(link, out)
      await until(() => synced(out) > before + 6 * mb, { what: 'a part of the download', every: 10 })
      hold(line)
      await running.kill()
      before = synced(out)
      assert.ok(before < archive.file_size_bytes, 'killed in the middle')
    }
    // what was never synced counts for nothing: after a power cut it is not there
    const part = readdirSync(out).find((file) => file.endsWith('.part'))!
    await spoilUnsynced(path.join(out, part))
    line.rate = 0
    line.ranges.length = 0
    const got = await whole(begin(link, out), archive)
    assert.equal(got.resumed, before)
    assert.equal(got.fetched, archive.file_size_bytes - before, 'only what was missing is fetched')
    assert.deepEqual(got.repaired, [])
    assert.equal(path.basename(got.file), 'large.zip')
  })

  await t.test('a bit that flips in one photo costs one photo', async () => {
    const file = path.join(folder('killed'), 'large.zip')
    const entry = await entryOf(file, 'large/photos/IMG_00007.jpg')
    line.ranges.length = 0
    line.flip = [{ at: entry.dataOffset + 1234, times: 1 }]
    const got = await whole(begin(link, folder('flipped')), archive)
    assert.deepEqual(got.repaired, ['large/photos/IMG_00007.jpg'])
    assert.equal(got.fetched, archive.file_size_bytes + entry.compressedSize)
    assert.match(got.stderr, /Damaged {3}large\/photos\/IMG_00007\.jpg/)
    const last = line.ranges.filter(({ from }) => from >= entry.dataOffset && from < entry.dataOffset + entry.compressedSize).slice(-2)
    assert.ok(
      last.some(({ from, bytes }) => from === entry.dataOffset && bytes > 0),
      'the range of that photo was asked for again',
    )
  })

  await t.test('bits that flip in the directory, in a header and in the list of checksums are repaired as well', async () => {
    const file = path.join(folder('killed'), 'large.zip')
    const list = await entryOf(file, 'large/checksums.sha256')
    const photo = await entryOf(file, 'large/photos/IMG_00003.jpg')
    const places = [archive.file_size_bytes - 10, list.dataOffset + 5, photo.offset + 15, list.dataOffset + list.compressedSize + 20]
    line.flip = places.map((at) => ({ at, times: 1 }))
    const got = await whole(begin(link, folder('records')), archive)
    assert.ok(got.fetched < archive.file_size_bytes + 3 * mib, `little was fetched again: ${got.fetched - archive.file_size_bytes}`)
    assert.ok(got.repaired.length > 0)
  })

  await t.test('what arrives damaged every time is said, and kept for a better line', async () => {
    const entry = await entryOf(path.join(folder('killed'), 'large.zip'), 'large/photos/IMG_00002.jpg')
    line.flip = [{ at: entry.dataOffset + 99, times: 1000 }]
    const { code, stdout, stderr } = await begin(link, folder('always')).ended
    assert.equal(code, 1)
    assert.equal(JSON.parse(stdout).error.code, 'damaged_at_source')
    assert.match(stderr, /IMG_00002\.jpg/)
    line.flip = []
    const got = await whole(begin(link, folder('always')), archive)
    assert.equal(got.fetched, entry.compressedSize, 'all others were here')
  })

  await t.test('cut connections, 429 and 503 are waited out', async () => {
    line.cut = { after: 2 * mb, times: 20 }
    line.refuse = { status: 503, times: 3, retryAfter: '1' }
    const running = begin(link, folder('cut'), '--jobs', '3')
    await until(() => line.cut.times <= 0, { what: 'the last cut' })
    line.refuse = { status: 429, times: 2 }
    const got = await whole(running, archive)
    assert.equal(got.fetched, archive.file_size_bytes, 'no byte came twice')
    line.cut = { after: 0, times: 0 }
  })

  await t.test('the archive is here already: nothing is fetched; another file of its name is left alone', async () => {
    line.ranges.length = 0
    const again = await whole(begin(link, folder('cut')), archive)
    assert.equal(again.already, true)
    assert.ok(line.ranges.reduce((sum, { bytes }) => sum + bytes, 0) < 100_000)
    mkdirSync(folder('taken'))
    writeFileSync(path.join(folder('taken'), 'large.zip'), 'something else')
    const got = await whole(begin(link, folder('taken')), archive)
    assert.equal(path.basename(got.file), 'large (2).zip')
    assert.equal(readFileSync(path.join(folder('taken'), 'large.zip'), 'utf8'), 'something else')
  })

  await t.test('a gallery page and its download address are links too', async () => {
    const page = `${installation.url}/g/large`
    const got = await whole(begin(page, folder('page')), archive)
    const address = `${installation.url}/api/galleries/large/download`
    assert.equal((await whole(begin(address, folder('page')), archive)).file, got.file)
  })

  await t.test('a link that has ended says what to do, and keeps what there is for a newer one', async () => {
    const out = folder('ended')
    line.rate = 6 * mb
    const running = begin(link, out)
    await until(() => synced(out) > 6 * mb, { what: 'a part of the download' })
    hold(line)
    await installation.sql('update links set revoked_at = now()')
    line.rate = 6 * mb
    const { code, stderr, stdout } = await running.ended
    assert.equal(code, 1)
    assert.match(stderr, /This link was withdrawn/)
    assert.equal(JSON.parse(stdout).error.code, 'link_revoked')
    const unknown = await begin(`${line.url}/d/nothing`, out).ended
    assert.equal(unknown.code, 1)
    assert.match(unknown.stderr, /check that the address is complete/)
    line.rate = 0
    const got = await whole(begin(await linkOf(standing), out), archive)
    assert.ok(got.resumed > 6 * mb, 'the newer link goes on with it')
  })

  await t.test('the service is killed and started again in the middle', async () => {
    const fresh = await linkOf(standing)
    line.rate = 6 * mb
    const running = begin(fresh, folder('restart'))
    await until(() => synced(folder('restart')) > 6 * mb, { what: 'a part of the download' })
    hold(line)
    await standing.service.kill()
    standing.service = await installation.start()
    line.rate = 0
    await whole(running, archive)
  })

  await t.test('the archive changes in the middle: it is said, and begun anew', async () => {
    const out = folder('changed')
    const old = await linkOf(standing)
    line.rate = 6 * mb
    const running = begin(old, out)
    await until(() => synced(out) > 6 * mb, { what: 'a part of the download' })
    hold(line)
    await sendPhotos(installation, ida, gallery, await photos(1, mb, 500))
    await ida.ask(`/api/galleries/${gallery}/archive`, { method: 'POST', body: { force: false } })
    const newer = await readyArchive(ida, gallery)
    assert.notEqual(newer.plan_hash, archive.plan_hash)
    // the same address gives another archive from now on
    line.path = new URL(await linkOf(standing)).pathname
    line.rate = 0
    const got = await whole(running, newer)
    assert.match(got.stderr, /Changed {3}/)
    line.path = null
  })

  await t.test('what is asked for wrongly is exit 2', async () => {
    for (const args of [['get'], ['get', 'ftp://a/b'], ['get', link, '--jobs', '99']])
      assert.equal((await installation.command(...args)).code, 2, args.join(' '))
  })
}

async function stillBuilt(_t: TestContext, standing: Standing): Promise<void> {
  standing.gallery = await newGallery(standing)
  const { installation, ida, gallery, line } = standing
  await standing.service.stop()
  // pages alone: nobody builds yet
  await installation.start('web')
  await publish(ida, gallery)
  const link = await linkOf(standing)
  const out = path.join(installation.dir, 'live')
  line.rate = 5 * mb
  const first = begin(link, out)
  await until(() => synced(out) > 8 * mb, { what: 'a part of the download' })
  await first.kill()
  assert.equal((await archiveOf(ida, gallery)).status, 'pending')
  const running = begin(link, out)
  await until(() => synced(out) > 20 * mb, { what: 'some more' })
  hold(line)
  await installation.start('worker')
  const archive = await readyArchive(ida, gallery)
  line.rate = 0
  const got = await whole(running, archive)
  assert.ok(got.resumed >= 8 * mb)
}

async function partial(_t: TestContext, standing: Standing): Promise<void> {
  standing.gallery = await newGallery(standing, 50_000)
  const { installation, ida, gallery } = standing
  await installation.sql("update assets set state = 'missing' where original_name = 'IMG_00004.jpg' and gallery_id = $1", [gallery])
  await publish(ida, gallery)
  await readyArchive(ida, gallery)
  const { code, stdout } = await begin(await linkOf(standing), path.join(installation.dir, 'partial')).ended
  assert.equal(code, 3)
  assert.deepEqual((JSON.parse(stdout) as Got).missing, ['photos/IMG_00004.jpg'])
}

async function fullDisk(t: TestContext, standing: Standing): Promise<void> {
  standing.gallery = await newGallery(standing)
  const { installation, ida, gallery, line } = standing
  const mount = path.join(installation.dir, 'small')
  mkdirSync(mount)
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=70m', 'tmpfs', mount], { stdio: 'pipe' })
  } catch {
    t.skip('A small disk cannot be mounted here (this needs root on Linux), so the full disk was not tried.')
    return
  }
  try {
    await publish(ida, gallery)
    const archive = await readyArchive(ida, gallery)
    const link = await linkOf(standing)
    const ballast = path.join(mount, 'ballast')
    writeFileSync(ballast, Buffer.alloc(40 * mib))
    const before = await begin(link, mount).ended
    assert.equal(before.code, 1)
    assert.match(before.stderr, /not enough space.*Needed: 60\d+ bytes/)
    assert.equal(line.ranges.reduce((sum, { bytes }) => sum + bytes, 0) < 10, true, 'not a byte was fetched in vain')

    writeFileSync(ballast, '')
    line.rate = 4 * mb
    const running = begin(link, mount)
    await until(() => synced(mount) > 20 * mb, { what: 'a part of the download' })
    hold(line)
    writeFileSync(ballast, Buffer.alloc(35 * mib))
    line.rate = 4 * mb
    const during = await running.ended
    assert.equal(during.code, 1)
    assert.match(during.stderr, /not enough space/)
    assert.equal(JSON.parse(during.stdout).error.code, 'disk_full')
    writeFileSync(ballast, '')
    line.rate = 0
    const got = await whole(begin(link, mount), archive)
    assert.ok(got.resumed > 20 * mb)
    assert.deepEqual(got.repaired, [])
  } finally {
    execFileSync('umount', ['-l', mount])
  }
}

async function entryOf(file: string, name: string) {
  const handle = await open(file)
  try {
    const { size } = await handle.stat()
    const read = async (from: number, to: number) => (await handle.read(Buffer.alloc(to - from), 0, to - from, from)).buffer
    const { entries } = await readDirectory({ size, read })
    return entries.find((entry) => entry.name === name)!
  } finally {
    await handle.close()
  }
}

/** As if the power had gone: every byte that the journal does not claim is something else. */
async function spoilUnsynced(part: string): Promise<void> {
  const { done, size } = JSON.parse(readFileSync(`${part}.json`, 'utf8')) as Journal
  const handle = await open(part, 'r+')
  const noise = Buffer.alloc(mib, 0xa5)
  let at = 0
  for (const [from, to] of [...done, [size, size] as const]) {
    for (; at < from; at += noise.length) await handle.write(noise, 0, Math.min(noise.length, from - at), at)
    at = to
  }
  await handle.close()
}
