/** The main job from the command line: a folder becomes a gallery, a verified ZIP that every program reads, and letters with a link. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import type { Gallery, Letter, LetterText } from '../../sdk/src/wire.ts'
import { makePhotos } from '../pictures.ts'
import { allOf, archiveOf, setUp } from './people.ts'
import { judgeZip, run, sha256Of, soundForAll } from './programs.ts'
import { freshInstallation, type Installation, type Ran } from './service.ts'

interface Delivered {
  gallery: string
  slug: string
  archive: string
  version: number
  sha256: string
  bytes: number
  photos: number
  missing: number
  plan_hash: string
  link: string
  imported: number
  duplicates: number
  skipped: { path: string; reason: string }[]
  letters: { recipient: string; status: string; error: string | null }[]
}

const title = ['--title', 'Mara & Jonas', '--to', 'mara@example.com']
const delivered = (ran: Ran) => JSON.parse(ran.stdout) as Delivered

async function folderOfPhotos({ dir }: Installation, count = 12): Promise<string> {
  const folder = path.join(dir, 'wedding')
  await makePhotos(folder, { count, minBytes: 100_000, maxBytes: 900_000 })
  return folder
}

test('a folder is delivered on a fresh machine, and again it makes nothing new', { timeout: 600_000 }, async (t) => {
  const installation = await freshInstallation(t, {}, undefined, { bare: true })
  const { dir } = installation
  const folder = await folderOfPhotos(installation)

  const ran = await installation.command('deliver', folder, ...title, '--json')
  assert.equal(ran.code, 0, ran.stderr)
  const first = delivered(ran)
  assert.match(first.gallery, /^[0-9a-f-]{36}$/)
  assert.match(first.archive, /^[0-9a-f-]{36}$/)
  assert.match(first.sha256, /^[0-9a-f]{64}$/)
  assert.match(first.plan_hash, /^[0-9a-f]{64}$/)
  assert.match(first.link, /^http:\/\/localhost:\d+\/d\/[\w-]{74}$/)
  const { slug, version, photos, missing, imported, duplicates, skipped, letters } = first
  assert.deepEqual(
    { slug, version, photos, missing, imported, duplicates, skipped, letters },
    {
      slug: 'mara-and-jonas',
      version: 1,
      photos: 12,
      missing: 0,
      imported: 12,
      duplicates: 0,
      skipped: [],
      letters: [{ recipient: 'mara@example.com', status: 'kept', error: null }],
    },
  )

  const again = delivered(await installation.command('deliver', folder, ...title, '--json'))
  const identity = ({ gallery, archive, version, sha256, bytes, plan_hash }: Delivered) => [
    gallery,
    archive,
    version,
    sha256,
    bytes,
    plan_hash,
  ]
  assert.deepEqual(identity(again), identity(first))
  assert.deepEqual([again.imported, again.duplicates, again.letters.length], [0, 12, 1])

  const service = await installation.start()
  const zip = path.join(dir, 'mara.zip')
  assert.equal((await run('curl', ['-fsS', '-o', zip, first.link])).code, 0)
  await t.test('the link gives the very file that was announced', async () => {
    assert.equal(statSync(zip).size, first.bytes)
    assert.equal(await sha256Of(zip), first.sha256)
  })
  await t.test('unzip, 7-Zip, libarchive and Python agree that it is sound', async () => {
    assert.deepEqual(await judgeZip(zip), soundForAll)
  })
  await t.test('unpacked, its own list of checksums holds for every file', async () => {
    const out = path.join(dir, 'out')
    assert.equal((await run('unzip', ['-qq', zip, '-d', out])).code, 0)
    const checked = await run('sha256sum', ['-c', 'checksums.sha256'], { cwd: path.join(out, 'mara-and-jonas') })
    assert.equal(checked.code, 0, checked.output)
    assert.equal(checked.output.match(/photos\/IMG_\d{4}\.jpg: OK/g)?.length, 12)
    const originals = await run('diff', ['-r', folder, path.join(out, 'mara-and-jonas/photos')])
    assert.equal(originals.code, 0, originals.output)
  })
  await t.test('archive verify finds it sound, and a flipped byte damaged', () => verifies(installation, zip))
  await t.test('deliver works beside the running service', async () => {
    const more = path.join(dir, 'more')
    await makePhotos(more, { count: 3, seed: 9 })
    const beside = await installation.command('deliver', more, '--title', 'Second', '--json')
    assert.equal(beside.code, 0, beside.stderr)
    const { link, sha256 } = delivered(beside)
    const file = path.join(dir, 'second.zip')
    assert.equal((await run('curl', ['-fsS', '-o', file, link])).code, 0)
    assert.equal(await sha256Of(file), sha256)
  })
  await t.test('the first account sees what the command line made', async () => {
    const ida = await setUp(installation, service)
    const galleries = await allOf<Gallery>(ida, '/api/galleries')
    assert.deepEqual(galleries.map((g) => g.slug).sort(), ['mara-and-jonas', 'second'])
    assert.equal((await archiveOf(ida, 'mara-and-jonas')).archive?.checksum, first.sha256)
    const [letter] = await allOf<Letter>(ida, '/api/letters')
    assert.equal(letter?.recipient, 'mara@example.com')
    const { text } = (await ida.ask<LetterText>(`/api/letters/${letter!.id}`)).body
    const link = /http:\S+\/d\/[\w-]{74}/.exec(text)![0]
    assert.equal((await run('curl', ['-fsSI', link])).code, 0)
  })
})

async function verifies(installation: Installation, zip: string): Promise<void> {
  const sound = await installation.command('archive', 'verify', zip)
  assert.equal(sound.code, 0)
  assert.match(sound.stdout, /entries proven by its SHA-256; the archive is sound/)
  const bytes = readFileSync(zip)
  const central = bytes.lastIndexOf('PK\x01\x02', undefined, 'latin1')
  const places = {
    'a photo': bytes.length >> 1,
    'the first record': 3,
    'a checksum': central + 16,
    'a name': central + 46,
    'the end': bytes.length - 20,
  }
  for (const [place, at] of Object.entries(places)) {
    const damaged = `${zip}.damaged`
    const flipped = Buffer.from(bytes)
    flipped[at]! ^= 1
    writeFileSync(damaged, flipped)
    assert.equal((await installation.command('archive', 'verify', damaged)).code, 1, `a byte flipped in ${place}`)
  }
}

test('what cannot be taken is listed, and the rest is delivered', { timeout: 300_000 }, async (t) => {
  const installation = await freshInstallation(t)
  const folder = await folderOfPhotos(installation, 3)
  const expected = oddThings(t, folder)
  const ran = await installation.command('deliver', folder, ...title, '--json')
  assert.equal(ran.code, 3, ran.stderr)
  const { photos, skipped } = delivered(ran)
  assert.equal(photos, 3)
  assert.deepEqual(skipped.map((s) => s.path).sort(), expected.sort())
  for (const { path: shown, reason } of skipped) {
    assert.ok(ran.stderr.includes(JSON.stringify(shown)), `${shown} is told to people too`)
    assert.doesNotMatch(reason, /errno|ENO|EACC|\/tmp\//)
  }
})

/** Puts into the folder what people's folders hold besides photos; answers the names. */
function oddThings(t: TestContext, folder: string): string[] {
  const names = ['a pipe', 'a text.jpg', 'empty.jpg', 'loop', 'nowhere.jpg', 'outside.jpg']
  execFileSync('mkfifo', [path.join(folder, 'a pipe')])
  writeFileSync(path.join(folder, 'a text.jpg'), 'not a picture at all')
  writeFileSync(path.join(folder, 'empty.jpg'), '')
  symlinkSync('.', path.join(folder, 'loop'))
  symlinkSync('nothing', path.join(folder, 'nowhere.jpg'))
  symlinkSync('/etc/hostname', path.join(folder, 'outside.jpg'))
  if (process.getuid?.() === 0) t.diagnostic('Root can read everything, so no unreadable file was tried.')
  else {
    mkdirSync(path.join(folder, 'closed'), { mode: 0 })
    copyFileSync(path.join(folder, 'IMG_0001.jpg'), path.join(folder, 'unreadable.jpg'))
    chmodSync(path.join(folder, 'unreadable.jpg'), 0)
    t.after(() => chmodSync(path.join(folder, 'closed'), 0o700))
    names.push('closed', 'unreadable.jpg')
  }
  return names
}

test('wrong usage exits with 2 and says how, a failure with 1 and says why', { timeout: 300_000 }, async (t) => {
  const installation = await freshInstallation(t)
  for (const args of [
    ['deliver'],
    ['deliver', 'a', 'b'],
    ['deliver', 'a', '--expires', 'soon'],
    ['deliver', 'a', '--colour', 'red'],
    ['fly'],
  ]) {
    const ran = await installation.command(...args)
    assert.equal(ran.code, 2, args.join(' '))
    assert.match(ran.stderr, /keepsake deliver <folder>/)
    assert.equal(ran.stdout, '')
  }
  const missing = await installation.command('deliver', path.join(installation.dir, 'no such folder'), '--json')
  assert.equal(missing.code, 1)
  assert.equal(JSON.parse(missing.stdout).error.code, 'folder_unreadable')
  const mailbox = await installation.command('deliver', installation.dir, '--to', 'mara@example.com\nBcc: all@example.com', '--json')
  assert.equal(mailbox.code, 1)
  assert.equal(JSON.parse(mailbox.stdout).error.code, 'email_invalid')
})
