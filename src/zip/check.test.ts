import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { hash } from 'node:crypto'
import { test } from 'node:test'
import { crc32 } from 'node:zlib'
import { isCode } from '../base/errors.ts'
import { checkStream, compareSegments, expectedSegments, parseChecksums, type SegmentDigests } from './check.ts'
import { combineCrc32 } from './combine.ts'
import { craft, sourceOf } from './craft.ts'
import { inlineEntry } from './inline.ts'
import { layout, pieces, type ZipEntry } from './layout.ts'
import { inspectDirectory, readDirectory } from './read.ts'

const files = [Buffer.from('first photo'), Buffer.from('second photo'), Buffer.alloc(0)]
const sums = files.map((data, i) => `${hash('sha256', data)}  photos/${i}.jpg\n`).join('')
const entries: ZipEntry[] = [
  ...files.map((data, i) => ({ name: `g/photos/${i}.jpg`, size: data.length, crc32: crc32(data), mtime: 0 })),
  inlineEntry('g/checksums.sha256', Buffer.from(sums), 0),
]
const l = layout(entries)
const names = entries.map((entry) => entry.name)
const sha256Of = (index: number): string => hash('sha256', files[index]!)
const zipOf = (what = l): Buffer =>
  Buffer.concat(
    [...pieces(what, 0, what.total)].map((piece) =>
      piece.kind === 'bytes' ? piece.bytes : files[piece.index]!.subarray(piece.from, piece.to),
    ),
  )

/** What a storage port answers for a stored file and these cuts. */
function digest(zip: Uint8Array, cuts: Float64Array): SegmentDigests {
  const parts = Array.from(cuts, (cut, i) => zip.subarray(i ? cuts[i - 1] : 0, cut))
  return {
    size: zip.length,
    crc32: Uint32Array.from(parts, (part) => crc32(part)),
    sha256s: Buffer.concat(parts.map((part) => hash('sha256', part, 'buffer'))),
  }
}

test('a stored ZIP with all the expected digests has no problem', () => {
  const expected = expectedSegments(l, sha256Of)
  assert.deepEqual(compareSegments(expected, digest(zipOf(), expected.cuts), names), [])
})

test('one changed byte anywhere is one problem, with the name of its entry', () => {
  const expected = expectedSegments(l, sha256Of)
  const zip = zipOf()
  const found = new Set<string>()
  for (let at = 0; at < zip.length; at++) {
    zip[at]! ^= 1
    const problems = compareSegments(expected, digest(zip, expected.cuts), names)
    assert.equal(problems.length, 1)
    found.add(`${problems[0]!.entry} ${problems[0]!.reason}`)
    zip[at]! ^= 1
  }
  const whole = ['g/photos/0.jpg', 'g/photos/1.jpg', 'g/checksums.sha256'].flatMap((name) => [
    `${name} header_differs`,
    `${name} content_differs`,
  ])
  assert.deepEqual([...found].sort(), [...whole, 'g/photos/2.jpg header_differs', 'null directory_differs'].sort())
})

test('another size or missing digests are a problem of the whole ZIP', () => {
  const expected = expectedSegments(l, sha256Of)
  const actual = digest(zipOf(), expected.cuts)
  assert.deepEqual(compareSegments(expected, { ...actual, size: 5 }, names), [{ entry: null, reason: 'size_differs' }])
  assert.deepEqual(compareSegments(expected, { ...actual, crc32: new Uint32Array(2) }, names), [
    { entry: null, reason: 'digests_incomplete' },
  ])
})

test('equal CRC-32 with another SHA-256, and the reverse, are both problems', () => {
  const expected = expectedSegments(l, sha256Of)
  const actual = digest(zipOf(), expected.cuts)
  const sha256s = Uint8Array.from(actual.sha256s)
  sha256s[32]! ^= 1
  assert.deepEqual(compareSegments(expected, { ...actual, sha256s }, names), [{ entry: 'g/photos/0.jpg', reason: 'content_differs' }])
  const crcs = Uint32Array.from(actual.crc32)
  crcs[1]! ^= 1
  assert.deepEqual(compareSegments(expected, { ...actual, crc32: crcs }, names), [{ entry: 'g/photos/0.jpg', reason: 'content_differs' }])
})

test('an inline entry whose CRC-32 or size is not that of its bytes is never expected', () => {
  for (const lie of [{ crc32: 1 }, { size: 7 }]) {
    const wrong = layout([{ ...inlineEntry('a', Buffer.from('x'.repeat(99)), 0), ...lie }])
    assert.throws(
      () => expectedSegments(wrong, sha256Of),
      (error) => isCode(error, 'zip_invalid'),
    )
  }
})

test('a manifest without a real SHA-256 is an error of the program', () => {
  assert.throws(() => expectedSegments(l, () => 'abc'), TypeError)
})

test('a ZIP is proven entry by entry against the list inside', async () => {
  const source = sourceOf(zipOf())
  const result = await checkStream(source, await readDirectory(source))
  assert.deepEqual(result, { proof: 'sha256', good: names, bad: [], missing: [], extra: [] })
})

test('a changed, a missing and an unlisted entry are told apart', async () => {
  const list = Buffer.from(`${sums}${'0'.repeat(64)}  photos/lost.jpg\n`)
  const crafted = craft([
    { name: 'g/photos/0.jpg', data: Buffer.from('first phot0') },
    { name: 'g/photos/1.jpg', data: files[1]!, local: { crc32: 1 } },
    { name: 'g/photos/2.jpg', data: Buffer.from('x'), local: { crc32: 1 }, central: { crc32: 1 } },
    { name: 'g/photos/new.jpg', data: files[1]! },
    { name: 'g/checksums.sha256', data: list },
  ])
  const source = sourceOf(crafted)
  assert.deepEqual(await checkStream(source, await inspectDirectory(source)), {
    proof: 'sha256',
    good: ['g/checksums.sha256'],
    bad: [
      { entry: 'g/photos/1.jpg', reason: 'local_header_differs' },
      { entry: 'g/photos/0.jpg', reason: 'content_differs' },
      { entry: 'g/photos/2.jpg', reason: 'crc32_differs' },
    ],
    missing: ['g/photos/lost.jpg'],
    extra: ['g/photos/new.jpg'],
  })
})

test('without a list only the CRC-32 is proof, and a broken list is no list', async () => {
  const plain = sourceOf(craft([{ name: 'a', data: files[0]! }]))
  assert.deepEqual(await checkStream(plain, await readDirectory(plain)), { proof: 'crc32', good: ['a'], bad: [], missing: [], extra: [] })
  const lies = { crc32: 3 }
  const broken = sourceOf(craft([{ name: 'checksums.sha256', data: files[0]!, local: lies, central: lies }]))
  const result = await checkStream(broken, await readDirectory(broken))
  assert.deepEqual([result.proof, result.bad], ['crc32', [{ entry: 'checksums.sha256', reason: 'crc32_differs' }]])
})

test('a list from outside counts more than the one inside', async () => {
  const source = sourceOf(zipOf())
  const result = await checkStream(source, await readDirectory(source), new Map([['g/photos/0.jpg', '0'.repeat(64)]]))
  assert.deepEqual(result.bad, [{ entry: 'g/photos/0.jpg', reason: 'content_differs' }])
  assert.deepEqual(result.extra, ['g/photos/1.jpg', 'g/photos/2.jpg'])
})

test('a list is read as sha256sum writes it', () => {
  const sum = 'a'.repeat(64)
  const text = `${sum}  one\n${sum} *two words\n\\${sum}  three\\\\n\\nx\n\nnot a line\n${'B'.repeat(64)}  four`
  assert.deepEqual(Object.fromEntries(parseChecksums(text, 'g/')), {
    'g/one': sum,
    'g/two words': sum,
    'g/three\\n\nx': sum,
    'g/four': 'b'.repeat(64),
  })
})

test('the CRC-32 of joined parts comes from the parts', () => {
  const zeros = Buffer.alloc(100_001)
  for (const length of [0, 1, 7, 4096, 100_001]) {
    const second = zeros.subarray(0, length)
    assert.equal(combineCrc32(crc32('head'), crc32(second), length), crc32(second, crc32('head')))
  }
})

test('text is deflated when that gains something and never so far that a reader suspects a bomb', () => {
  assert.equal(inlineEntry('a', Buffer.from('x'), 0).method, 0)
  assert.equal(inlineEntry('a', Buffer.alloc(0), 0).method, 0)
  assert.equal(inlineEntry('a', Buffer.alloc(5000), 0).method, 8)
  assert.equal(inlineEntry('a', Buffer.alloc(11 * 1024 * 1024), 0).method, 0)
})
