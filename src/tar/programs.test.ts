import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { execFile } from 'node:child_process'
import { hash } from 'node:crypto'
import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { crc32 } from 'node:zlib'
import { compareSegments, expectedSegments } from '../zip/check.ts'
import { type Layout, pieces, type ZipEntry } from '../zip/layout.ts'
import { write } from '../zip/write.ts'
import { checkTar, looksLikeTar } from './check.ts'
import { tarLayout } from './layout.ts'

const run = promisify(execFile)
let folder: string
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'tar-programs-'))
})
after(() => rmSync(folder, { recursive: true }))

async function program(name: string, ...args: string[]): Promise<string> {
  try {
    const { stdout, stderr } = await run(name, args, { maxBuffer: 2 ** 28, env: { ...process.env, LC_ALL: 'C.UTF-8', TZ: 'UTC' } })
    assert.equal(stderr, '', `${name} complains`)
    return stdout
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ENOENT')
      assert.fail(`This test needs the program "${name}": install it (tar, libarchive-tools, python3).`)
    throw error
  }
}

const pythonScript = `
import json, sys, tarfile, zlib
with tarfile.open(sys.argv[1], 'r:') as t:
    crc = lambda m: zlib.crc32(t.extractfile(m).read()) if m.size < 1e6 else None
    print(json.dumps([[m.name, m.size, int(m.mtime), m.isreg(), crc(m)] for m in t]))
`

type Photo = ZipEntry & { data: Buffer }
const mtime = Date.UTC(2026, 4, 17, 12, 30, 58)
const photo = (name: string, data: Buffer | string, at = mtime): Photo => {
  const bytes = Buffer.from(data)
  return { name, size: bytes.length, crc32: crc32(bytes), mtime: at, data: bytes }
}

async function bytesOf(l: Layout, photos: Photo[], from = 0, to = l.total): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  const open = async function* (index: number, a: number, b: number) {
    yield photos[index]!.data.subarray(a, b)
  }
  for await (const chunk of write(l, from, to, open)) chunks.push(chunk)
  return Buffer.concat(chunks)
}

const long = `g/photos/${'Sehr langer Name äöü '.repeat(9)}.jpg`
const photos = [
  photo('g/photos/a.jpg', 'a'),
  photo('g/photos/empty.jpg', ''),
  photo('g/photos/whole block.jpg', 'x'.repeat(512)),
  photo('g/photos/Straße 日本語 👩‍👩‍👧.jpg', 'unicode'),
  photo(long, 'long'),
  photo(`g/photos/${'n'.repeat(92)}.jpg`, '101 bytes of name'),
  photo("g/photos/it's -rf $(id) %s.jpg", 'shell'),
  photo('g/photos/old.jpg', 'before 1970', Date.UTC(1960, 0, 1)),
  photo('g/photos/far.jpg', 'after 2242', Date.UTC(2300, 0, 1)),
  { ...photo('g/manifest.json', '{}'), inline: Buffer.from('{}') },
]

describe('a TAR', () => {
  test('is read alike by GNU tar, bsdtar and python, with names, sizes, times and bytes', async () => {
    const path = join(folder, 'small.tar')
    const l = tarLayout(photos)
    const bytes = await bytesOf(l, photos)
    assert.equal(bytes.length, l.total)
    writeFileSync(path, bytes)
    const names = photos.map((p) => p.name)
    assert.deepEqual((await program('tar', '--quoting-style=literal', '-tf', path)).trimEnd().split('\n'), names)
    assert.deepEqual((await program('bsdtar', '-tf', path)).trimEnd().split('\n'), names)
    const seen = JSON.parse(await program('python3', '-c', pythonScript, path))
    assert.deepEqual(
      seen,
      photos.map((p) => [p.name, p.size, p.mtime / 1000, true, p.crc32]),
    )
    for (const reader of ['tar', 'bsdtar']) {
      const out = mkdtempSync(join(folder, reader))
      // GNU tar finds times before 1970 and after today worth a remark
      await program(reader, '-xf', path, '-C', out, ...(reader === 'tar' ? ['--warning=no-timestamp'] : []))
      for (const p of photos) {
        assert.deepEqual(readFileSync(join(out, p.name)), p.data, `${reader} ${p.name}`)
        assert.equal(statSync(join(out, p.name)).mtimeMs, p.mtime, `${reader} ${p.name}`)
      }
    }
  })

  test('of any range is the same bytes as the whole', async () => {
    const l = tarLayout(photos)
    const whole = await bytesOf(l, photos)
    for (let i = 0; i < 400; i++) {
      const from = (i * 7919) % l.total
      const to = Math.min(l.total, from + ((i * 104_729) % 3000))
      assert.deepEqual(await bytesOf(l, photos, from, to), whole.subarray(from, to))
    }
  })

  test('with a file of 9 GB is read by all, and what follows it is whole', async () => {
    const path = join(folder, 'large.tar')
    const entries: ZipEntry[] = [{ name: 'g/video.mp4', size: 9e9, crc32: 1, mtime }, photo('g/behind.jpg', 'behind')]
    const l = tarLayout(entries)
    const file = openSync(path, 'w')
    let at = 0
    // the large one is a hole
    for (const piece of pieces(l, 0, l.total)) {
      const bytes = piece.kind === 'bytes' ? piece.bytes : piece.index === 1 ? Buffer.from('behind') : null
      if (bytes) writeSync(file, bytes, 0, bytes.length, at)
      at += piece.kind === 'bytes' ? piece.bytes.length : piece.to - piece.from
    }
    ftruncateSync(file, l.total)
    closeSync(file)
    assert.equal(await program('tar', '-tf', path), 'g/video.mp4\ng/behind.jpg\n')
    assert.equal(await program('tar', '-xOf', path, 'g/behind.jpg'), 'behind')
    assert.equal(await program('bsdtar', '-xOf', path, 'g/behind.jpg'), 'behind')
    const seen = JSON.parse(await program('python3', '-c', pythonScript, path))
    assert.deepEqual(
      seen.map((m: unknown[]) => m.slice(0, 2)),
      [
        ['g/video.mp4', 9e9],
        ['g/behind.jpg', 6],
      ],
    )
  })

  test('is proven segment by segment like a ZIP: one changed byte of header, content or end is named', () => {
    const l = tarLayout(photos)
    const sums = photos.map((p) => p.data)
    const expected = expectedSegments(l, (i) => hash('sha256', sums[i]!))
    const names = photos.map((p) => p.name)
    const same = { size: expected.size, crc32: expected.crc32.slice(), sha256s: expected.sha256s.slice() }
    assert.deepEqual(compareSegments(expected, same, names), [])
    for (const [i, segment] of expected.segments.entries()) {
      const other = { ...same, crc32: expected.crc32.slice() }
      other.crc32[i]! ^= 1
      const [problem] = compareSegments(expected, other, names)
      assert.equal(problem?.entry, names[segment.index] ?? null)
    }
  })

  test('is proven by its own list, whether we or GNU tar made it; what was changed, cut off or added is named', async () => {
    const files = photos.slice(0, 6)
    const line = (p: Photo) => `${hash('sha256', p.data)}  ${p.name.slice(2)}\n`
    const list = photo('g/checksums.sha256', files.map(line).join(''))
    const all = [...files, list]
    const ours = await bytesOf(tarLayout(all), all)
    const judge = (bytes: Buffer) => checkTar({ size: bytes.length, read: async (from, to) => Buffer.from(bytes.subarray(from, to)) })
    const sound = { proof: 'sha256', good: all.map((p) => p.name), bad: [], missing: [], extra: [] }
    assert.deepEqual(await judge(ours), sound)

    const dir = mkdtempSync(join(folder, 'gnu'))
    mkdirSync(join(dir, 'g/photos'), { recursive: true })
    for (const p of all) writeFileSync(join(dir, p.name), p.data)
    const made = join(folder, 'gnu.tar')
    await program('tar', '--format=pax', '-C', dir, '-cf', made, ...all.map((p) => p.name))
    assert.ok(looksLikeTar(readFileSync(made)))
    assert.deepEqual(await judge(readFileSync(made)), sound)

    const changed = Buffer.from(ours)
    changed[ours.indexOf('unicode')]! ^= 1
    assert.deepEqual((await judge(changed)).bad, [{ entry: files[3]!.name, reason: 'content_differs' }])
    const header = Buffer.from(ours)
    header[ours.indexOf('g/photos/whole block.jpg') + 3]! ^= 1
    assert.deepEqual((await judge(header)).bad.at(0), { entry: null, reason: 'directory_damaged' })
    for (const cut of [ours.length - 1, ours.length - 512, 1000])
      assert.ok(
        (await judge(ours.subarray(0, cut))).bad.some(({ reason }) => reason === 'truncated'),
        `cut at ${cut}`,
      )
    const more = [...all, photo('g/photos/added.jpg', 'added')]
    assert.deepEqual((await judge(await bytesOf(tarLayout(more), more))).extra, ['g/photos/added.jpg'])
    const fewer = all.slice(1)
    assert.deepEqual((await judge(await bytesOf(tarLayout(fewer), fewer))).missing, ['g/photos/a.jpg'])
    const bare = await bytesOf(tarLayout(files), files)
    assert.deepEqual((await judge(bare)).bad, [{ entry: null, reason: 'no_checksums' }])
    const link = join(folder, 'link.tar')
    await program('sh', '-c', `cd ${dir} && ln -sf /etc/passwd g/link && tar --format=ustar -cf ${link} g/link g/checksums.sha256`)
    assert.deepEqual((await judge(readFileSync(link))).bad, [{ entry: 'g/link', reason: 'special_file' }])
  })

  test('is refused with names that would not be safe, and with two that are one', () => {
    for (const name of ['../a', '/a', 'a//b', 'a\0b', '']) assert.throws(() => tarLayout([photo(name, 'x')]), { code: 'zip_invalid' })
    assert.throws(() => tarLayout([photo('a.jpg', 'x'), photo('A.JPG', 'y')]), { code: 'zip_invalid' })
  })
})
