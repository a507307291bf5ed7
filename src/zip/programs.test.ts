import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { execFile } from 'node:child_process'
import { hash } from 'node:crypto'
import {
  closeSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
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
import fc from 'fast-check'
import { checkStream } from './check.ts'
import { combineCrc32 } from './combine.ts'
import { inlineEntry } from './inline.ts'
import { type Layout, layout, pieces, type ZipEntry } from './layout.ts'
import { importLimits, ownLimits } from './limits.ts'
import { clashes, unsafeName } from './names.ts'
import { openEntry, readDirectory } from './read.ts'
import type { ZipSource } from './source.ts'
import { write } from './write.ts'

const run = promisify(execFile)
let folder: string
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'zip-programs-'))
})
after(() => rmSync(folder, { recursive: true }))

/** Runs another program; a program that is not installed is a failure with a sentence, never a skipped test. */
async function program(name: string, ...args: string[]): Promise<string> {
  const options = { maxBuffer: 2 ** 30, env: { ...process.env, LC_ALL: 'C.UTF-8' }, cwd: folder }
  try {
    return (await run(name, args, options)).stdout
  } catch (error) {
    const failed = error as { code?: unknown; stdout?: string; stderr?: string }
    if (failed.code === 'ENOENT')
      assert.fail(`This test needs the program "${name}": install it (unzip, zip, 7zip, libarchive-tools, python3).`)
    assert.fail(`${name} ${args.join(' ')} ended with ${failed.code}: ${failed.stdout?.slice(-500)} ${failed.stderr?.slice(-500)}`)
  }
}

/** Python's zipfile, many files in one process: the names it sees, and the first entry whose content is wrong. */
const pythonScript = `
import json, sys, zipfile
for path in sys.argv[1:]:
    with zipfile.ZipFile(path) as z:
        print(json.dumps({"names": z.namelist(), "bad": z.testzip(), "modes": sorted({i.external_attr >> 16 for i in z.infolist()})}))
`
async function python(paths: string[]): Promise<{ names: string[]; bad: string | null; modes: number[] }[]> {
  const answer = await program('python3', '-c', pythonScript, ...paths)
  return answer
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
}

/** unzip, zipinfo, 7zz and bsdtar: all of them read the whole archive, and count its entries. */
async function judge(path: string, count: number): Promise<void> {
  // An empty ZIP is a warning for unzip (1) and zipinfo; the others accept it in silence.
  if (count > 0) {
    await program('unzip', '-tqq', path)
    assert.match(await program('zipinfo', '-h', path), new RegExp(`number of entries: ${count}\\b`))
  }
  assert.match(await program('7zz', 't', path), /Everything is Ok/)
  assert.equal((await program('bsdtar', '-tf', path)).split('\n').length - 1, count)
}

async function inParallel<T>(list: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...list]
  const worker = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item)
  }
  await Promise.all([worker(), worker()])
}

function sourceOfFile(path: string): ZipSource {
  return {
    size: statSync(path).size,
    async read(from, to) {
      const file = openSync(path, 'r')
      const bytes = Buffer.allocUnsafe(to - from)
      const n = readSync(file, bytes, 0, bytes.length, from)
      closeSync(file)
      return bytes.subarray(0, n)
    },
  }
}

type Photo = ZipEntry & { data: Uint8Array }
const mtime = Date.UTC(2026, 4, 17, 12, 30, 58)
const photo = (name: string, data: Uint8Array): Photo => ({ name, size: data.length, crc32: crc32(data), mtime, data })

async function writeZip(path: string, photos: readonly Photo[]): Promise<Layout> {
  const l = layout(photos)
  const chunks: Uint8Array[] = []
  const open = async function* (index: number, from: number, to: number) {
    yield photos[index]!.data.subarray(from, to)
  }
  for await (const chunk of write(l, 0, l.total, open)) chunks.push(chunk)
  writeFileSync(path, Buffer.concat(chunks))
  return l
}

const hostile = [
  '../../etc/passwd',
  'a\0b',
  'a\r\nb',
  'CON',
  'aux.jpg',
  'a:b',
  '<>|?*"',
  'a\\b',
  '\u202egpj.exe',
  '\u200f.jpg',
  'IMG_1.jpg',
  'A.JPG',
  'a.jpg',
  '\u00e9.jpg',
  'e\u0301.jpg',
  '',
  '.',
  '..',
  '...',
  ' ',
  ' lead',
  'trail ',
  'dot.',
  '-rf',
  '--help',
  '@list',
  '*',
  '$(id)',
  '`id`',
  '%s%n',
  '#1',
  '~',
  '!x',
  "it's",
  'a"b',
  '日本語.jpg',
  '👩‍👩‍👧.jpg',
  'Straße.jpg',
  'STRASSE.jpg',
  '\ufeffbom',
  '\u0085',
  '\ud800',
  'x'.repeat(250),
  'é'.repeat(120),
  '\u2028',
  '[a]',
  '{b,c}',
]
const part = fc.oneof(
  fc.constantFrom(...hostile),
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.string({ unit: 'grapheme', maxLength: 20 }),
)
const somePhoto = fc.tuple(fc.array(part, { minLength: 1, maxLength: 3 }), fc.uint8Array({ maxLength: 200 }), fc.boolean())

/** Only names that a layout takes; those it refuses are refused by its own tests. */
function gallery(list: readonly [string[], Uint8Array, boolean][]): Photo[] {
  const photos: Photo[] = []
  for (const [parts, data, inline] of list) {
    const name = parts.join('/')
    if (unsafeName(name) || Buffer.byteLength(name) > 1000 || clashes([...photos.map((p) => p.name), name]).length > 0) continue
    photos.push(inline ? { ...inlineEntry(name, data, mtime), data } : photo(name, data))
  }
  return photos
}

// Two at a time: most of the work is done by other processes.
describe('read by other programs', { concurrency: 2 }, () => {
  /** CRC-32 of so many zeros, by doubling. */
  function crcOfZeros(length: number): number {
    let crc = 0
    let block = crc32(Buffer.alloc(1))
    for (let rest = length, size = 1; rest > 0; rest = Math.floor(rest / 2), block = combineCrc32(block, block, size), size *= 2)
      if (rest % 2 === 1) crc = combineCrc32(crc, block, size)
    return crc
  }

  /** Data are zeros: only headers, texts and directory are written, the rest of the file is a hole. */
  function writeSparse(path: string, l: Layout): void {
    const file = openSync(path, 'w')
    let at = 0
    for (const piece of pieces(l, 0, l.total)) {
      if (piece.kind === 'bytes') writeSync(file, piece.bytes, 0, piece.bytes.length, at)
      at += piece.kind === 'bytes' ? piece.bytes.length : piece.to - piece.from
    }
    ftruncateSync(file, l.total)
    closeSync(file)
  }

  const zeros = (name: string, size: number): ZipEntry => ({ name, size, crc32: crcOfZeros(size), mtime })

  test('a file of 5 GB, and files behind it, are read by all', async () => {
    const path = join(folder, 'large.zip')
    const entries = [zeros('g/video.mp4', 5e9), zeros('g/ü.jpg', 1000), inlineEntry('g/manifest.json', Buffer.from('{}'.repeat(99)), mtime)]
    const l = layout(entries)
    writeSparse(path, l)
    const directory = await readDirectory(sourceOfFile(path), ownLimits)
    assert.deepEqual(
      directory.entries.map(({ name, size, crc32, offset }) => [name, size, crc32, offset]),
      entries.map(({ name, size, crc32 }, i) => [name, size, crc32, l.offsets[i]]),
    )
    await Promise.all([judge(path, 3), python([path]).then(([seen]) => assert.equal(seen?.bad, null))])
  })

  test('500 galleries with hostile names are read alike by unzip, 7zz, bsdtar, python and us', async () => {
    const galleries = fc.sample(fc.array(somePhoto, { maxLength: 25 }), { numRuns: 497, seed: 4 }).map(gallery)
    for (const count of [1000, 3000, 10_000])
      galleries.push(Array.from({ length: count }, (_, i) => photo(`g/ü ${i}.jpg`, Buffer.from(`${i}`))))
    const paths = galleries.map((_, i) => join(folder, `gallery-${i}.zip`))
    await inParallel([...galleries.keys()], async (i) => {
      const photos = galleries[i]!
      await writeZip(paths[i]!, photos)
      await judge(paths[i]!, photos.length)
      const source = sourceOfFile(paths[i]!)
      const directory = await readDirectory(source, ownLimits)
      assert.deepEqual(
        directory.entries.map((entry) => entry.name),
        photos.map((p) => p.name),
      )
      const sums = new Map(photos.map((p) => [p.name, hash('sha256', p.data)]))
      assert.equal((await checkStream(source, directory, sums)).good.length, photos.length)
    })
    const seen = await python(paths)
    galleries.forEach((photos, i) => {
      assert.deepEqual(seen[i], { names: photos.map((p) => p.name), bad: null, modes: photos.length ? [0o100644] : [] })
    })
  })

  test('a changed byte of content is seen by the judges', async () => {
    const path = join(folder, 'changed.zip')
    await writeZip(path, [photo('a', Buffer.from('content'))])
    const bytes = readFileSync(path)
    bytes[bytes.indexOf('content')]! ^= 1
    writeFileSync(path, bytes)
    await assert.rejects(program('unzip', '-tqq', path), /ended with 2/)
    await assert.rejects(program('7zz', 't', path), /ended with 2/)
    assert.equal((await python([path]))[0]?.bad, 'a')
  })

  test('70,000 entries are read by all', async () => {
    const path = join(folder, 'many.zip')
    const photos = Array.from({ length: 70_000 }, (_, i) => photo(`g/${i}.jpg`, Buffer.from(`${i}`)))
    assert.equal((await writeZip(path, photos)).zip64, true)
    await judge(path, photos.length)
    const [seen] = await python([path])
    assert.equal(seen?.bad, null)
    assert.equal(seen?.names.length, photos.length)
    const directory = await readDirectory(sourceOfFile(path), ownLimits)
    assert.equal(directory.zip64, true)
    assert.deepEqual(
      directory.entries.map((entry) => entry.name),
      photos.map((p) => p.name),
    )
  })

  test('sizes and offsets right at the edge of ZIP64 are listed by all and read by us', async () => {
    for (const size of [0xfffffffe, 0xffffffff, 0x100000000]) {
      const path = join(folder, `edge-${size}.zip`)
      const l = layout([zeros('small', 3), zeros('edge', size), zeros('behind', 5)])
      writeSparse(path, l)
      // unzip 6 mistakes the entry behind a file of exactly 0xffffffff bytes: it takes that size for a mark that was left over.
      if (size !== 0xffffffff) assert.match(await program('zipinfo', path), new RegExp(` ${size} .* edge\n`))
      assert.match(await program('7zz', 'l', '-slt', path), new RegExp(`Path = edge\\n(.*\\n)*?Size = ${size}\n`))
      assert.equal(await program('bsdtar', '-tf', path), 'small\nedge\nbehind\n')
      const { entries } = await readDirectory(sourceOfFile(path), ownLimits)
      assert.equal(entries[1]?.size, size)
      for await (const chunk of openEntry(sourceOfFile(path), entries[2]!)) assert.deepEqual([...chunk], [0, 0, 0, 0, 0])
      rmSync(path)
    }
    for (const offset of [0xfffffffe, 0xffffffff, 0x100000000]) {
      const path = join(folder, `offset-${offset}.zip`)
      const l = layout([zeros('edge', offset - 43), zeros('behind', 5)])
      assert.equal(l.offsets[1], offset)
      writeSparse(path, l)
      assert.equal(await program('unzip', '-p', path, 'behind'), '\0\0\0\0\0')
      assert.equal((await readDirectory(sourceOfFile(path), ownLimits)).entries[1]?.offset, offset)
      rmSync(path)
    }
  })

  const makers: [string, (path: string) => Promise<unknown>][] = [
    ['zip', (path) => program('zip', '-rq', path, 'in')],
    ['zip from a pipe, with descriptors', (path) => program('sh', '-c', `zip -rq - in | cat > ${path}`)],
    ['zip without compression', (path) => program('zip', '-rq0', path, 'in')],
    ['7zz', (path) => program('7zz', 'a', '-bd', '-tzip', path, 'in')],
    ['bsdtar', (path) => program('bsdtar', '-caf', path, 'in')],
    ['python', (path) => program('python3', '-m', 'zipfile', '-c', path, 'in')],
    [
      'python into a pipe',
      (path) =>
        program(
          'sh',
          '-c',
          `python3 -c 'import zipfile, sys; z = zipfile.ZipFile(sys.stdout.buffer, "w", 8); [z.write(n) for n in sys.argv[1:]]; z.close()' in/ in/a.txt in/ü.txt in/empty in/deep/b.bin | cat > ${path}`,
        ),
    ],
  ]

  for (const [maker, make] of makers)
    test(`a ZIP made by ${maker} is accepted and read whole`, async () => {
      const path = join(folder, `${maker.replace(/\W/g, '-')}.zip`)
      const files: Record<string, Buffer> = {
        'in/a.txt': Buffer.from('text '.repeat(1000)),
        'in/ü.txt': Buffer.from('ü'),
        'in/empty': Buffer.alloc(0),
        'in/deep/b.bin': Buffer.from(Array.from({ length: 70_000 }, (_, i) => (i * i * 31) % 256)),
      }
      await program('mkdir', '-p', 'in/deep')
      for (const [name, data] of Object.entries(files)) writeFileSync(join(folder, name), data)
      await make(path)
      const source = sourceOfFile(path)
      const directory = await readDirectory(source, importLimits)
      const result = await checkStream(
        source,
        directory,
        new Map(Object.entries(files).map(([name, data]) => [name, hash('sha256', data)])),
      )
      assert.deepEqual({ ...result, good: result.good.length }, { proof: 'sha256', good: 4, bad: [], missing: [], extra: [] })
    })
})
