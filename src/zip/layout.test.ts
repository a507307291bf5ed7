import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { test } from 'node:test'
import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { isCode } from '../base/errors.ts'
import { sourceOf } from './craft.ts'
import { inlineEntry } from './inline.ts'
import { entryAt, layout, pieces, segments, type ZipEntry } from './layout.ts'
import { ownLimits } from './limits.ts'
import { readDirectory } from './read.ts'

const mtime = Date.UTC(2026, 4, 17, 12, 30, 59)
const stored = (name: string, data: string | Buffer): ZipEntry & { data: Buffer } => {
  const bytes = Buffer.from(data)
  return { name, size: bytes.length, crc32: crc32(bytes), mtime, data: bytes }
}

/** Random entries: some stored from outside, some inline. */
const someEntries = fc
  .uniqueArray(fc.tuple(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }), fc.uint8Array({ maxLength: 300 }), fc.boolean()), {
    selector: ([name]) => name.normalize('NFC').toUpperCase().toLowerCase(),
    maxLength: 12,
  })
  .map((list) =>
    list.map(([text, data, inline], i) => {
      const name = `g/${i}-${text.replace(/[\u0000-\u001f\u007f-\u009f/\\]/g, '_')}`
      return inline ? { ...inlineEntry(name, data, mtime), data: Buffer.from(data) } : stored(name, Buffer.from(data))
    }),
  )

function bytesOf(entries: (ZipEntry & { data: Buffer })[], from: number, to: number): Buffer {
  const parts: Uint8Array[] = []
  for (const piece of pieces(layout(entries), from, to))
    parts.push(piece.kind === 'bytes' ? piece.bytes : entries[piece.index]!.data.subarray(piece.from, piece.to))
  return Buffer.concat(parts)
}

test('the total is known before the first byte and is the number of bytes written', () => {
  fc.assert(
    fc.property(someEntries, (entries) => {
      const l = layout(entries)
      assert.equal(bytesOf(entries, 0, l.total).length, l.total)
    }),
  )
})

test('any range equals the same slice of the whole', () => {
  fc.assert(
    fc.property(someEntries, fc.nat(), fc.nat(), (entries, a, b) => {
      const { total } = layout(entries)
      const [from, to] = [a % (total + 1), b % (total + 1)].toSorted((x, y) => x - y) as [number, number]
      assert.deepEqual(bytesOf(entries, from, to), bytesOf(entries, 0, total).subarray(from, to))
    }),
    { numRuns: 500 },
  )
})

test('every single range of a small ZIP equals the slice', () => {
  const entries = [
    stored('a', 'hello'),
    stored('empty', ''),
    { ...inlineEntry('g/ü.txt', Buffer.from('x'.repeat(40)), mtime), data: Buffer.alloc(0) },
  ]
  const { total } = layout(entries)
  const whole = bytesOf(entries, 0, total)
  for (let from = 0; from <= total; from++)
    for (let to = from; to <= total; to += 7) assert.ok(bytesOf(entries, from, to).equals(whole.subarray(from, to)))
})

test('what is laid out is read back the same', async () => {
  await fc.assert(
    fc.asyncProperty(someEntries, async (entries) => {
      const directory = await readDirectory(sourceOf(bytesOf(entries, 0, layout(entries).total)), ownLimits)
      const seen = directory.entries.map(({ name, size, crc32, mtime, method }) => ({ name, size, crc32, mtime, method }))
      assert.deepEqual(
        seen,
        entries.map(({ name, size, crc32, mtime, method = 0 }) => ({ name, size, crc32, mtime: Math.floor(mtime / 1000) * 1000, method })),
      )
    }),
  )
})

test('equal entries give equal bytes, whatever is asked first', () => {
  const entries = [stored('a', 'one'), stored('b', 'two')]
  const { total } = layout(entries)
  const one = bytesOf(entries, 0, total)
  assert.ok(Buffer.concat([bytesOf(entries, 0, 50), bytesOf(entries, 50, total)]).equals(one))
})

test('segments cover the archive without gap, header and data of each entry and then the tail', () => {
  fc.assert(
    fc.property(someEntries, (entries) => {
      const l = layout(entries)
      const list = segments(l)
      let at = 0
      for (const segment of list) {
        assert.equal(segment.from, at)
        assert.ok(segment.to > at)
        at = segment.to
      }
      assert.equal(at, l.total)
      assert.equal(list.at(-1)?.kind, 'tail')
      assert.equal(list.filter((segment) => segment.kind === 'header').length, entries.length)
      for (const { kind, index, from } of list) if (kind !== 'tail') assert.equal(entryAt(l, from), index)
    }),
  )
})

const plain = { name: 'a', size: 1, crc32: 0, mtime }
const refused: [string, ZipEntry[], string][] = [
  ['an empty name', [{ ...plain, name: '' }], 'name_empty'],
  ['a name of 65536 bytes', [{ ...plain, name: 'a'.repeat(65536) }], 'name_too_long'],
  ['a name that climbs', [{ ...plain, name: 'a/../../b' }], 'name_dots'],
  ['a name from the root', [{ ...plain, name: '/etc/passwd' }], 'name_absolute'],
  ['a name with a drive', [{ ...plain, name: 'C:/x' }], 'name_drive'],
  ['a name with a backslash', [{ ...plain, name: 'a\\b' }], 'name_backslash'],
  ['a name with NUL', [{ ...plain, name: 'a\0b' }], 'name_control'],
  ['a name with a line break', [{ ...plain, name: 'a\nb' }], 'name_control'],
  ['a name that is a folder', [{ ...plain, name: 'a/' }], 'name_empty_part'],
  ['half a surrogate pair', [{ ...plain, name: 'a\ud800' }], 'name_not_unicode'],
  ['66 parts', [{ ...plain, name: `${'a/'.repeat(65)}b` }], 'name_too_deep'],
  ['the same name twice', [plain, plain], 'duplicate'],
  ['names that differ in case', [plain, { ...plain, name: 'A' }], 'collision'],
  [
    'names that differ in normal form',
    [
      { ...plain, name: '\u00e9' },
      { ...plain, name: 'e\u0301' },
    ],
    'collision',
  ],
  [
    'names that differ in sharp s',
    [
      { ...plain, name: 'Stra\u00dfe' },
      { ...plain, name: 'STRASSE' },
    ],
    'collision',
  ],
  ['a file that is also a folder', [{ ...plain, name: 'a/b' }, plain], 'file_and_folder'],
  ['a fraction of a byte', [{ ...plain, size: 1.5 }], 'size_invalid'],
  ['a negative size', [{ ...plain, size: -1 }], 'size_invalid'],
  ['an unsafe size', [{ ...plain, size: 2 ** 53 }], 'size_invalid'],
  ['a size that is not a number', [{ ...plain, size: Number.NaN }], 'size_invalid'],
  [
    'sizes that together are unsafe',
    [
      { ...plain, size: 2 ** 53 - 1 },
      { ...plain, name: 'b', size: 2 ** 53 - 1 },
    ],
    'number_too_large',
  ],
  ['a negative CRC-32', [{ ...plain, crc32: -1 }], 'crc32_invalid'],
  ['a CRC-32 of 33 bits', [{ ...plain, crc32: 2 ** 32 }], 'crc32_invalid'],
  ['an empty file with a CRC-32', [{ ...plain, size: 0, crc32: 7 }], 'crc32_invalid'],
  ['a time that is none', [{ ...plain, mtime: Number.NaN }], 'mtime_invalid'],
  ['a stored text of another length', [{ ...plain, inline: Buffer.alloc(2) }], 'stored_size_differs'],
  ['a deflated file without its bytes', [{ ...plain, method: 8 }], 'unknown_method'],
]

for (const [what, entries, reason] of refused)
  test(`${what} is refused`, () => {
    assert.throws(
      () => layout(entries),
      (error) => isCode(error, 'zip_invalid') && error.facts.reason === reason,
    )
  })

test('a range outside of the archive is refused', () => {
  const l = layout([plain])
  for (const [from, to] of [
    [-1, 3],
    [3, 2],
    [0, l.total + 1],
    [0.5, 1],
  ] as const)
    assert.throws(() => [...pieces(l, from, to)], RangeError)
})

test('an empty ZIP is one end record', () => {
  assert.equal(layout([]).total, 22)
  assert.equal(Buffer.from(layout([]).tail()).toString('hex'), `504b0506${'00'.repeat(18)}`)
})

test('ZIP64 begins where a field is full and not before', () => {
  const sizes = (size: number) => layout([{ ...plain, size, crc32: 1 }])
  assert.equal(sizes(0xfffffffe).headerLengths[0], 30 + 1 + 9)
  assert.equal(sizes(0xffffffff).headerLengths[0], 30 + 1 + 20 + 9)
  const many = (count: number) => layout(Array.from({ length: count }, (_, i) => ({ ...plain, name: `${i}` })))
  assert.equal(many(65534).zip64, false)
  assert.equal(many(65535).zip64, true)
  // header of 'a' is 40 bytes: the second header, or the directory, begins right at 0xffffffff
  const offset = (size: number) =>
    layout([
      { ...plain, size, crc32: 1 },
      { ...plain, name: 'b', size: 0, crc32: 0 },
    ])
  const at = (l: ReturnType<typeof offset>) => Buffer.from(l.tail()).readUInt32LE(46 + 1 + 9 + 42)
  assert.equal(at(offset(0xffffffff - 41)), 0xfffffffe)
  assert.equal(offset(0xffffffff - 41).zip64, true)
  assert.equal(at(offset(0xffffffff - 40)), 0xffffffff)
  assert.equal(layout([{ ...plain, size: 0xffffffff - 41, crc32: 1 }]).zip64, false)
  assert.equal(layout([{ ...plain, size: 0xffffffff - 40, crc32: 1 }]).zip64, true)
})

test('offsets and sizes around 4 GiB are read back as they were', async () => {
  for (const edge of [0xfffffffe, 0xffffffff, 0x100000000, 2 ** 40])
    for (const size of [edge, edge - 40]) {
      const entries = [
        { ...plain, size, crc32: 1 },
        { ...plain, name: 'b', size: 5, crc32: 2 },
      ] // the second begins 40 or 60 bytes later
      const l = layout(entries)
      const read = async (from: number, to: number) =>
        Buffer.concat([...pieces(l, from, to)].map((piece) => (piece.kind === 'bytes' ? piece.bytes : Buffer.alloc(piece.to - piece.from))))
      const directory = await readDirectory({ size: l.total, read }, ownLimits)
      assert.deepEqual(
        directory.entries.map((entry) => [entry.name, entry.size, entry.offset]),
        entries.map((entry, i) => [entry.name, entry.size, l.offsets[i]]),
      )
    }
})

test('the flag for UTF-8 is set only for a name that is not ASCII, the attributes are a regular file 0644, and no descriptor is announced', () => {
  const flags = (name: string) => Buffer.from(layout([{ ...plain, name }]).tail()).readUInt16LE(8)
  assert.equal(flags('IMG_0001.jpg'), 0)
  assert.equal(flags('Bräutigam.jpg'), 0x800)
  const tail = Buffer.from(layout([plain]).tail())
  assert.equal(tail.readUInt16LE(4), 0x031e)
  assert.equal(tail.readUInt32LE(38), 0o100644 * 65536)
})

test('a time beyond 2038 is told by DOS time alone, and one before 1980 by unix time', async () => {
  for (const [ms, expected] of [
    [Date.UTC(2050, 0, 2, 3, 4, 6), Date.UTC(2050, 0, 2, 3, 4, 6)],
    [Date.UTC(1970, 0, 1), Date.UTC(1970, 0, 1)],
    [Date.UTC(1960, 5, 7, 8, 9, 10), Date.UTC(1960, 5, 7, 8, 9, 10)],
    [Date.UTC(2500, 0, 1), Date.UTC(2107, 11, 31, 23, 59, 58)],
  ] as const) {
    const entry = { ...stored('a', 'x'), mtime: ms }
    const directory = await readDirectory(sourceOf(bytesOf([entry], 0, layout([entry]).total)), ownLimits)
    assert.equal(directory.entries[0]?.mtime, expected)
  }
})

test('20,000 entries are laid out, with directory and segments, in well under a second', () => {
  const entries = Array.from({ length: 20_000 }, (_, i) => ({ name: `gallery/photos/IMG_${i}.jpg`, size: 5_000_000 + i, crc32: i, mtime }))
  layout(entries).tail() // warm
  // of the processor: the machine may be busy with others
  const began = process.cpuUsage()
  const l = layout(entries)
  l.tail()
  segments(l)
  const { user, system } = process.cpuUsage(began)
  const ms = (user + system) / 1000
  assert.ok(ms < 1000, `${ms} ms`)
})
