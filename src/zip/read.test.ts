import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { test } from 'node:test'
import { crc32, deflateRawSync } from 'node:zlib'
import fc from 'fast-check'
import { isCode } from '../base/errors.ts'
import { type CraftedEnd, type CraftedEntry, craft, extraField, fields, sourceOf } from './craft.ts'
import { inlineEntry } from './inline.ts'
import { layout, pieces } from './layout.ts'
import { importLimits, type Limits, ownLimits } from './limits.ts'
import { inspectDirectory, openEntry, readDirectory } from './read.ts'
import { type Reason, reasons } from './refuse.ts'

const data = Buffer.from('the bytes of a photo')
const photo: CraftedEntry = { name: 'g/photo.jpg', data }
const other: CraftedEntry = { name: 'g/other.jpg', data: Buffer.from('other') }
const text: CraftedEntry = { name: 'g/text.txt', data: Buffer.from('text '.repeat(100)), method: 8 }
const mode = (octal: number) => ({ attributes: octal * 65536 })
const unicodePath = (path: string | Buffer, of: string | Buffer, version = 1) =>
  extraField(
    0x7075,
    Buffer.concat([
      fields([
        [1, version],
        [4, crc32(of)],
      ]),
      Buffer.from(path),
    ]),
  )
const descriptor = (d: Buffer, size: number, width: number, signed = true) =>
  fields([...(signed ? ([[4, 0x08074b50]] as const) : []), [4, crc32(d)], [width, size], [width, d.length]])
const bits3 = { crc32: 0, compressedSize: 0, size: 0 }
const truth64 = { count: 0xffff, countHere: 0xffff, size: 0xffffffff, offset: 0xffffffff }
const small64 = (...values: number[]) => extraField(1, fields(values.map((value) => [8, value] as const)))
const innerRecord = craft([photo]).subarray(0, 30 + 11 + data.length)
const bomb = Buffer.alloc(11 * 1024 * 1024)

async function contents(zip: Uint8Array, limits: Limits = importLimits): Promise<Record<string, string>> {
  const source = sourceOf(zip)
  const directory = await readDirectory(source, limits)
  const found: Record<string, string> = {}
  for (const entry of directory.entries) {
    const chunks: Uint8Array[] = []
    for await (const chunk of openEntry(source, entry)) chunks.push(chunk)
    found[entry.name] = Buffer.concat(chunks).toString()
  }
  return found
}

const isReason =
  (reason: string) =>
  (error: unknown): boolean => {
    assert.ok(isCode(error, 'zip_invalid'), String(error))
    assert.equal(error.facts.reason, reason)
    return true
  }

/** What the entry is, and the reason it must be refused with. */
const badEntries: [string, Reason, CraftedEntry[], Partial<Limits>?][] = [
  ['a path that climbs', 'name_dots', [{ ...photo, name: 'g/../../etc/passwd' }]],
  ['a path with a dot', 'name_dots', [{ ...photo, name: './photo.jpg' }]],
  ['an absolute path', 'name_absolute', [{ ...photo, name: '/etc/passwd' }]],
  ['a drive letter', 'name_drive', [{ ...photo, name: 'c:photo.jpg' }]],
  ['a backslash', 'name_backslash', [{ ...photo, name: '..\\photo.jpg' }]],
  ['a NUL', 'name_control', [{ ...photo, name: 'photo.jpg\0.txt' }]],
  ['a line break', 'name_control', [{ ...photo, name: 'photo\r\n.jpg' }]],
  ['an empty part', 'name_empty_part', [{ ...photo, name: 'g//photo.jpg' }]],
  ['an empty name', 'name_empty', [{ ...photo, name: '' }]],
  ['a slash for a name', 'name_empty', [{ name: '/' }]],
  ['a path of 1,000 folders', 'name_too_deep', [{ ...photo, name: `${'d/'.repeat(1000)}x` }]],
  ['a name that claims UTF-8 and is not', 'name_not_unicode', [{ ...photo, name: Buffer.from([0x67, 0xff]), flags: 0x800 }]],
  ['a symlink', 'special_file', [{ ...photo, central: mode(0o120777) }]],
  ['a symlink that says it comes from DOS', 'special_file', [{ ...photo, central: { ...mode(0o120777), madeBy: 20 } }]],
  ['a character device', 'special_file', [{ ...photo, central: mode(0o020666) }]],
  ['a block device', 'special_file', [{ ...photo, central: mode(0o060666) }]],
  ['a pipe', 'special_file', [{ ...photo, central: mode(0o010666) }]],
  ['a socket', 'special_file', [{ ...photo, central: mode(0o140666) }]],
  ['a folder with data', 'directory_with_data', [{ ...photo, name: 'g/', central: mode(0o040755) }]],
  ['a folder without slash', 'kind_disagrees', [{ ...photo, central: mode(0o040755) }]],
  ['a DOS folder without slash', 'kind_disagrees', [{ ...photo, central: { attributes: 0x10 } }]],
  ['a file with a slash', 'kind_disagrees', [{ name: 'g/' }]],
  ['one name twice', 'duplicate', [photo, photo]],
  ['names that differ in case', 'collision', [photo, { ...other, name: 'G/Photo.JPG' }]],
  [
    'names that differ in normal form',
    'collision',
    [
      { ...photo, name: 'g/\u00e9' },
      { ...other, name: 'g/e\u0301' },
    ],
  ],
  ['a file used as a folder', 'file_and_folder', [photo, { ...other, name: 'g/photo.jpg/x' }]],
  ['a file and a folder of one name', 'file_and_folder', [photo, { name: 'g/photo.jpg/', central: mode(0o040755) }]],
  ['another local name', 'local_header_differs', [{ ...photo, localName: 'g/PHOTO.jpg' }]],
  ['another local CRC-32', 'local_header_differs', [{ ...photo, local: { crc32: 1 } }]],
  ['another local size', 'local_header_differs', [{ ...photo, local: { size: 1 } }]],
  ['another local packed size', 'local_header_differs', [{ ...photo, local: { compressedSize: 1 } }]],
  ['another local method', 'local_header_differs', [{ ...photo, local: { method: 8 } }]],
  ['another local flag', 'local_header_differs', [{ ...photo, local: { flags: 8 } }]],
  ['local sizes 0 without announcing a descriptor', 'local_header_differs', [{ ...photo, local: bits3 }]],
  ['no local record', 'local_header_missing', [{ ...photo, local: { signature: 1 } }]],
  ['an offset behind the directory', 'local_header_missing', [{ ...photo, central: { offset: 5000 } }]],
  ['a local name that runs into the directory', 'local_header_missing', [{ ...photo, local: { nameLength: 60000 } }]],
  ['encryption', 'encrypted', [{ ...photo, flags: 1 }]],
  ['strong encryption', 'encrypted', [{ ...photo, flags: 0x41 }]],
  ['masked headers', 'encrypted', [{ ...photo, flags: 0x2000 }]],
  ['patched data', 'unknown_flag', [{ ...photo, flags: 0x20 }]],
  ['AES', 'unknown_method', [{ ...photo, method: 99 }]],
  ['bzip2', 'unknown_method', [{ ...photo, method: 12 }]],
  ['a stored entry with two sizes', 'stored_size_differs', [{ ...photo, local: { size: 5 }, central: { size: 5 } }]],
  [
    'an entry inside the data of another',
    'overlap',
    [
      { name: 'g/outer', data: innerRecord },
      { ...photo, central: { offset: 37 } },
    ],
  ],
  [
    'data that run into the next entry',
    'overlap',
    [{ ...photo, ...lie({ compressedSize: data.length + 4, size: data.length + 4 }) }, other],
  ],
  [
    'data that run into the directory',
    'data_runs_into_directory',
    [{ ...photo, ...lie({ compressedSize: data.length + 4, size: data.length + 4 }) }],
  ],
  ['a bomb', 'ratio', [{ name: 'g/bomb', data: bomb, method: 8 }]],
  ['a declared size beyond any ratio', 'ratio', [{ ...text, ...lie({ size: 0x7fffffff }) }]],
  ['a ZIP64 field that is missing', 'zip64_extra_missing', [{ ...photo, ...lie({ size: 0xffffffff }) }]],
  [
    'a ZIP64 field that is too short',
    'zip64_extra_missing',
    [{ ...photo, central: { size: 0xffffffff, compressedSize: 0xffffffff }, centralExtra: small64(data.length) }],
  ],
  [
    'a ZIP64 field in the directory alone that lies',
    'local_header_missing',
    [{ ...photo, central: { offset: 0xffffffff }, centralExtra: small64(2 ** 40) }],
  ],
  [
    'a ZIP64 number beyond 2^53',
    'number_too_large',
    [{ ...photo, central: { offset: 0xffffffff }, centralExtra: extraField(1, Buffer.alloc(8, 0xff)) }],
  ],
  [
    'two ZIP64 fields',
    'extra_damaged',
    [{ ...photo, central: { offset: 0xffffffff }, centralExtra: Buffer.concat([small64(0), small64(0)]) }],
  ],
  [
    'an extra field longer than its room',
    'extra_damaged',
    [{ ...photo, central: { offset: 0xffffffff }, centralExtra: Buffer.from([9, 9, 40, 0]) }],
  ],
  ['a record on another disk', 'multi_disk', [{ ...photo, central: { disk: 1 } }]],
  ['a Unicode path that leads elsewhere', 'unicode_path_differs', [{ ...photo, centralExtra: unicodePath('../../x', 'g/photo.jpg') }]],
  ['a Unicode path beside a name in UTF-8', 'unicode_path_differs', [{ ...photo, name: 'g/é', centralExtra: unicodePath('g/è', 'g/é') }]],
  ['a Unicode path for another name', 'unicode_path_differs', [{ ...photo, centralExtra: unicodePath('g/photo.jpg', 'g/stale.jpg') }]],
  [
    'a Unicode path that is not UTF-8',
    'unicode_path_differs',
    [{ ...photo, centralExtra: unicodePath(Buffer.from([0xff]), 'g/photo.jpg') }],
  ],
  ['a local Unicode path that leads elsewhere', 'unicode_path_differs', [{ ...photo, localExtra: unicodePath('g/x', 'g/photo.jpg') }]],
  ['a descriptor that lies', 'descriptor_differs', [{ ...photo, flags: 8, local: bits3, after: descriptor(Buffer.from('x'), 1, 4) }]],
  ['no descriptor though announced', 'descriptor_differs', [{ ...photo, flags: 8, local: bits3 }]],
  [
    'a local CRC-32 that is neither true nor 0 before a descriptor',
    'local_header_differs',
    [{ ...photo, flags: 8, local: { crc32: 1 }, after: descriptor(data, data.length, 4) }],
  ],
  ['a gap between entries of our own', 'hidden_data', [photo, { ...other, before: Buffer.from('hidden') }], ownLimits],
  ['a prefix of our own', 'hidden_data', [{ ...photo, before: Buffer.from('#!/bin/sh') }], ownLimits],
  ['bytes before the directory of our own', 'hidden_data', [{ ...photo, after: Buffer.from('hidden') }], ownLimits],
  ['more entries than allowed', 'too_many_entries', [photo, other], { ...importLimits, entries: 1 }],
  ['a directory larger than allowed', 'directory_too_large', [photo, other], { ...importLimits, directoryBytes: 100 }],
]

/** Changes the places of the two directory records, 57 bytes each. */
function inOtherOrder(zip: Buffer): Buffer {
  const at = zip.length - 22 - 114
  return Buffer.concat([zip.subarray(0, at), zip.subarray(at + 57, at + 114), zip.subarray(at, at + 57), zip.subarray(at + 114)])
}

function lie(values: Record<string, number>) {
  return { local: values, central: values }
}

for (const [what, reason, entries, limits] of badEntries)
  test(`${what} is refused: ${reason}`, async () => {
    await assert.rejects(readDirectory(sourceOf(craft(entries)), { ...importLimits, ...limits }), isReason(reason))
  })

const badEnds: [string, Reason, CraftedEnd][] = [
  ['trailing bytes', 'trailing_data', { after: Buffer.from('garbage') }],
  ['a comment cut off', 'truncated', { comment: Buffer.from('abc'), end: { commentLength: 9 } }],
  ['a count too small', 'count_differs', { end: { count: 1, countHere: 1 } }],
  ['a count too large', 'count_differs', { end: { count: 3, countHere: 3 } }],
  ['another count on this disk', 'multi_disk', { end: { countHere: 1 } }],
  ['a second disk', 'multi_disk', { end: { disk: 1 } }],
  ['a directory on a second disk', 'multi_disk', { end: { startDisk: 1 } }],
  ['a directory behind the end of the file', 'truncated', { end: { offset: 5000 } }],
  ['a directory that ends too early', 'directory_misplaced', { end: { offset: 3 } }],
  ['a directory that begins with something else', 'directory_damaged', { end: { offset: 60, size: 0 }, beforeEnd: Buffer.alloc(0) }],
  ['a digital signature', 'directory_misplaced', { beforeEnd: Buffer.from('PK\x05\x05\0\0') }],
  ['a ZIP64 count that differs', 'zip64_disagrees', { zip64: { count: 3, countHere: 3 } }],
  ['a ZIP64 offset that differs', 'zip64_disagrees', { zip64: { offset: 1 } }],
  ['a ZIP64 size that differs', 'zip64_disagrees', { zip64: { size: 1 } }],
  ['a ZIP64 count that lies behind a full field', 'count_differs', { zip64: { count: 3, countHere: 3 }, end: truth64 }],
  ['a ZIP64 record elsewhere', 'zip64_record_missing', { zip64: { recordOffset: 0 }, end: truth64 }],
  ['a ZIP64 record behind the end', 'zip64_record_missing', { zip64: { recordOffset: 1e9 }, end: truth64 }],
  ['a ZIP64 record without signature', 'zip64_record_missing', { zip64: { signature: 7 }, end: truth64 }],
  ['a ZIP64 record of another length', 'zip64_record_missing', { zip64: { recordSize: 50 }, end: truth64 }],
  ['a ZIP64 record without locator', 'truncated', { zip64: { locatorSignature: 7 }, end: truth64 }],
  ['a ZIP64 disk', 'multi_disk', { zip64: { disk: 1 }, end: { ...truth64, disk: 0xffff } }],
  ['a ZIP64 record on another disk', 'multi_disk', { zip64: { locatorDisk: 1 }, end: truth64 }],
  ['several disks', 'multi_disk', { zip64: { disks: 2 }, end: truth64 }],
]

for (const [what, reason, end] of badEnds)
  test(`${what} at the end is refused: ${reason}`, async () => {
    const directory = what.includes('something else')
    const zip = craft([photo, other], directory ? {} : end)
    if (directory) zip.writeUInt32LE(zip.readUInt32LE(zip.length - 6) + 1, zip.length - 6)
    if (directory) zip.writeUInt32LE(zip.readUInt32LE(zip.length - 10) - 1, zip.length - 10)
    await assert.rejects(readDirectory(sourceOf(zip)), isReason(reason))
  })

test('a descriptor is no gap', async () => {
  for (const [width, signed] of [
    [4, true],
    [4, false],
    [8, true],
    [8, false],
  ] as const) {
    const zip = craft([{ ...photo, flags: 8, local: bits3, after: descriptor(data, data.length, width, signed) }, other])
    assert.equal(Object.keys(await contents(zip, ownLimits)).length, 2)
  }
})

test('a comment is no part of our own ZIPs', async () => {
  await assert.rejects(readDirectory(sourceOf(craft([photo], { comment: Buffer.from('hi') })), ownLimits), isReason('hidden_data'))
})

test('a ZIP cut at any byte is refused', async () => {
  const zip = craft([photo, text])
  for (let length = 0; length < zip.length; length++)
    await assert.rejects(readDirectory(sourceOf(zip.subarray(0, length))), (error) => isCode(error, 'zip_invalid'))
})

test('a source that gives less than asked counts as truncated', async () => {
  const zip = craft([photo])
  const short = { size: zip.length, read: async (from: number, to: number) => zip.subarray(from, to - 1) }
  await assert.rejects(readDirectory(short), isReason('truncated'))
})

test('50,001 entries are refused before the directory is read', async () => {
  const l = layout(Array.from({ length: 50_001 }, (_, i) => ({ name: `${i}`, size: 0, crc32: 0, mtime: 0 })))
  const source = sourceOf(
    Buffer.concat([...pieces(l, 0, l.total)].map((piece) => (piece.kind === 'bytes' ? piece.bytes : Buffer.alloc(0)))),
  )
  await assert.rejects(readDirectory(source), isReason('too_many_entries'))
  assert.equal(source.reads, 1)
  assert.equal((await readDirectory(source, ownLimits)).entries.length, 50_001)
})

const good: [string, Buffer, string[]?][] = [
  ['a plain ZIP', craft([photo, text])],
  ['no entries at all', craft([])],
  ['a comment of 65,535 bytes', craft([photo], { comment: Buffer.alloc(65535, 'x') })],
  ['a false end record inside the comment', craft([photo], { comment: Buffer.concat([Buffer.from('PK\x05\x06'), Buffer.alloc(60)]) })],
  ['a prefix with offsets that know of it', craft([{ ...photo, before: Buffer.from('#!/bin/sh\n') }, other])],
  ['a gap between entries', craft([photo, { ...other, before: Buffer.alloc(5) }])],
  ['padding in a local extra field', craft([{ ...photo, localExtra: Buffer.alloc(3) }])],
  ['a local extra field of 60,000 bytes', craft([{ ...photo, localExtra: extraField(0x9999, Buffer.alloc(60000)) }, other])],
  ['entries in another order than their records', inOtherOrder(craft([photo, other]))],
  ['a folder', craft([{ name: 'g/', central: mode(0o040755) }, photo])],
  ['a folder of DOS', craft([{ name: 'g/', central: { attributes: 0x10 } }, photo])],
  ['a folder with an empty deflate stream', craft([{ name: 'g/', method: 8, central: { attributes: 0 } }, photo])],
  ['a descriptor', craft([{ ...photo, flags: 8, local: bits3, after: descriptor(data, data.length, 4) }, other])],
  ['a descriptor without signature', craft([{ ...photo, flags: 8, local: bits3, after: descriptor(data, data.length, 4, false) }, other])],
  ['a descriptor of 8-byte sizes', craft([{ ...photo, flags: 8, local: bits3, after: descriptor(data, data.length, 8) }, other])],
  [
    'a descriptor of 8-byte sizes without signature',
    craft([{ ...photo, flags: 8, local: bits3, after: descriptor(data, data.length, 8, false) }, other]),
  ],
  ['a descriptor after true sizes', craft([{ ...photo, flags: 8, after: descriptor(data, data.length, 4) }, other])],
  [
    'ZIP64 sizes though small',
    craft([
      {
        ...photo,
        ...lie({ size: 0xffffffff, compressedSize: 0xffffffff }),
        localExtra: small64(data.length, data.length),
        centralExtra: small64(data.length, data.length),
      },
    ]),
  ],
  ['ZIP64 end records though small', craft([photo, other], { zip64: {} })],
  ['ZIP64 end records behind full fields', craft([photo, other], { zip64: {}, end: truth64 })],
  ['an entry comment', craft([{ ...photo, entryComment: Buffer.from('nice') }, other])],
  ['11 MiB of zeros, stored', craft([{ name: 'z', data: bomb }])],
  ['a name in code page 437', craft([{ ...photo, name: Buffer.from([0x81, 0x62, 0xe1]), flags: 0 }]), ['übß']],
  ['a name in UTF-8 without the flag', craft([{ ...photo, name: 'é', flags: 0 }]), ['é']],
  [
    'a Unicode path over a name in code page 850',
    craft([{ ...photo, name: Buffer.from([0x9b, 0x78]), flags: 0, centralExtra: unicodePath('øx', Buffer.from([0x9b, 0x78])) }]),
    ['øx'],
  ],
]

for (const [what, zip, names] of good)
  test(`${what}: accepted`, async () => {
    const found = await contents(zip)
    if (names) assert.deepEqual(Object.keys(found), names)
    if ('g/photo.jpg' in found) assert.equal(found['g/photo.jpg'], data.toString())
    if ('g/other.jpg' in found) assert.equal(found['g/other.jpg'], 'other')
  })

const badContents: [string, Reason, CraftedEntry][] = [
  ['a wrong CRC-32 of stored data', 'crc32_differs', { ...photo, ...lie({ crc32: 5 }) }],
  ['a wrong CRC-32 of deflated data', 'crc32_differs', { ...text, ...lie({ crc32: 5 }) }],
  ['more than declared', 'more_than_declared', { ...text, ...lie({ size: 499 }) }],
  ['much more than declared', 'more_than_declared', { name: 'b', method: 8, packed: deflateRawSync(bomb), ...lie({ size: 10 }) }],
  ['less than declared', 'less_than_declared', { ...text, ...lie({ size: 501 }) }],
  ['no deflate stream', 'deflate_damaged', { ...text, packed: Buffer.alloc(40, 0xff) }],
  ['a deflate stream cut off', 'deflate_damaged', { ...text, packed: deflateRawSync(text.data!).subarray(0, -3) }],
  ['bytes behind the deflate stream', 'deflate_damaged', { ...text, packed: Buffer.concat([deflateRawSync(text.data!), Buffer.alloc(9)]) }],
  [
    'many bytes behind the deflate stream',
    'deflate_damaged',
    { ...text, packed: Buffer.concat([deflateRawSync(text.data!), Buffer.alloc(3e6)]) },
  ],
]

for (const [what, reason, entry] of badContents)
  test(`content with ${what} throws ${reason}`, async () => {
    await assert.rejects(contents(craft([entry])), isReason(reason))
  })

test('a bomb behind a small declared size is not unpacked further than that', async () => {
  const source = sourceOf(craft([{ name: 'b', method: 8, packed: deflateRawSync(bomb), ...lie({ size: 100_000 }) }]))
  const entry = (await readDirectory(source)).entries[0]!
  let given = 0
  await assert.rejects(async () => {
    for await (const chunk of openEntry(source, entry)) given += chunk.length
  }, isReason('more_than_declared'))
  assert.ok(given <= 100_000)
})

test('a bomb is refused by openEntry itself', async () => {
  const source = sourceOf(craft([{ name: 'b', method: 8, data: bomb }]))
  const entry = (await inspectDirectory(source)).entries[0]!
  entry.dataOffset = 31
  await assert.rejects(openEntry(source, entry).next(), isReason('ratio'))
})

test('an entry may be left half read', async () => {
  const source = sourceOf(craft([{ name: 'b', method: 8, data: Buffer.from(Array.from({ length: 400_000 }, (_, i) => (i * i) % 251)) }]))
  const entry = (await readDirectory(source)).entries[0]!
  for await (const chunk of openEntry(source, entry)) {
    assert.ok(chunk.length > 0)
    break
  }
})

test('an error of the source passes through an inflating entry', async () => {
  const zip = craft([text])
  const source = sourceOf(zip)
  const entry = (await readDirectory(source)).entries[0]!
  const broken = { size: zip.length, read: () => Promise.reject(new Error('disk gone')) }
  await assert.rejects(openEntry(broken, entry).next(), /disk gone/)
})

test('a source may stream its data', async () => {
  const zip = craft([photo, text])
  const source = {
    ...sourceOf(zip),
    stream: async function* (from: number, to: number) {
      for (let at = from; at < to; at += 7) yield zip.subarray(at, Math.min(at + 7, to))
    },
  }
  for (const entry of (await readDirectory(source)).entries) {
    let length = 0
    for await (const chunk of openEntry(source, entry)) length += chunk.length
    assert.equal(length, entry.size)
  }
})

test('faults of entries are listed for salvage, and the good entries stay readable', async () => {
  const source = sourceOf(craft([photo, { ...other, local: { crc32: 1 } }, text]))
  const directory = await inspectDirectory(source)
  assert.deepEqual(directory.faults, [{ entry: 'g/other.jpg', reason: 'local_header_differs' }])
  for (const entry of directory.entries) {
    const read = openEntry(source, entry).next()
    if (entry.name === 'g/other.jpg') await assert.rejects(read, isReason('local_header_differs'))
    else assert.equal((await read).done, false)
  }
})

test('20,000 local records are judged in few reads', async () => {
  const l = layout(Array.from({ length: 20_000 }, (_, i) => ({ name: `g/${i}.jpg`, size: 0, crc32: 0, mtime: 0 })))
  const source = sourceOf(
    Buffer.concat([...pieces(l, 0, l.total)].map((piece) => (piece.kind === 'bytes' ? piece.bytes : Buffer.alloc(0)))),
  )
  assert.equal((await readDirectory(source)).entries.length, 20_000)
  assert.ok(source.reads < 10, `${source.reads}`)
})

test('a change of any single byte is refused, or changes neither a name nor a byte of content', async () => {
  const mtime = Date.UTC(2026, 0, 1)
  const entries = [
    { name: 'g/a.jpg', size: 9, crc32: crc32('123456789'), mtime, data: Buffer.from('123456789') },
    { ...inlineEntry('g/ä.txt', Buffer.from('text '.repeat(30)), mtime), data: Buffer.alloc(0) },
    { name: 'g/empty', size: 0, crc32: 0, mtime, data: Buffer.alloc(0) },
  ]
  const l = layout(entries)
  const zip = Buffer.concat([...pieces(l, 0, l.total)].map((piece) => (piece.kind === 'bytes' ? piece.bytes : entries[piece.index]!.data)))
  const truth = await contents(zip, ownLimits)
  for (const limits of [ownLimits, importLimits])
    for (let at = 0; at < zip.length; at++)
      for (const flip of [0x01, 0x02, 0x08, 0x20, 0x80, 0xff]) {
        zip[at]! ^= flip
        try {
          assert.deepEqual(await contents(zip, limits), truth, `byte ${at}, flip ${flip}`)
        } catch (error) {
          assert.ok(isCode(error, 'zip_invalid'), `byte ${at}, flip ${flip}: ${error}`)
        }
        zip[at]! ^= flip
      }
})

test('any bytes at all end in a refusal and never in another error', async () => {
  const zip = craft([photo, text, { ...other, flags: 8, local: bits3, after: descriptor(other.data!, 5, 4) }], {
    zip64: {},
    comment: Buffer.from('c'),
  })
  const change = fc.tuple(fc.nat(zip.length - 1), fc.nat(255))
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 8 }), async (changes) => {
      const copy = Buffer.from(zip)
      for (const [at, value] of changes) copy[at] = value
      await contents(copy).catch((error: unknown) => assert.ok(isCode(error, 'zip_invalid'), String(error)))
    }),
    { numRuns: 2000 },
  )
})

test('every reason has a sentence and a name that reads in JSON', () => {
  for (const [reason, sentence] of Object.entries(reasons)) {
    assert.match(reason, /^[a-z0-9_]+$/)
    assert.match(sentence, /^[A-Z].*\.$/)
  }
})
