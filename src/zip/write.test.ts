import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { test } from 'node:test'
import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { isCode } from '../base/errors.ts'
import { inlineEntry } from './inline.ts'
import { layout, type ZipEntry } from './layout.ts'
import { type OpenData, write } from './write.ts'

const files = [Buffer.from('first photo'), Buffer.alloc(100_000, 'second'), Buffer.alloc(0), Buffer.from('last')]
const entries: ZipEntry[] = [
  ...files.map((data, i) => ({ name: `g/${i}.jpg`, size: data.length, crc32: crc32(data), mtime: 0 })),
  inlineEntry('g/manifest.json', Buffer.from('{}'.repeat(50)), 0),
]
const whole = layout(entries)

/** Gives the true bytes in chunks of a size. */
const inChunks = (size: number, data = files): OpenData =>
  async function* (index, from, to) {
    for (let at = from; at < to; at += size) yield data[index]!.subarray(at, Math.min(at + size, to))
  }

async function collect(from: number, to: number, open: OpenData): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of write(whole, from, to, open)) chunks.push(chunk)
  return Buffer.concat(chunks)
}

test('the same bytes leave whatever the chunks of the source', async () => {
  const once = await collect(0, whole.total, inChunks(1e9))
  assert.equal(once.length, whole.total)
  for (const size of [13, 16_384, 65_536]) assert.ok((await collect(0, whole.total, inChunks(size))).equals(once))
})

test('any range equals the same slice of the whole', async () => {
  const once = await collect(0, whole.total, inChunks(1e9))
  await fc.assert(
    fc.asyncProperty(fc.nat(whole.total), fc.nat(whole.total), fc.integer({ min: 500, max: 50_000 }), async (a, b, size) => {
      const [from, to] = [Math.min(a, b), Math.max(a, b)]
      assert.ok((await collect(from, to, inChunks(size))).equals(once.subarray(from, to)))
    }),
    { numRuns: 200 },
  )
})

test('a range opens only the files it touches', async () => {
  const opened: unknown[] = []
  const spy: OpenData = (...asked) => {
    opened.push(asked)
    return inChunks(1000)(...asked)
  }
  const at = whole.offsets[1]! + whole.headerLengths[1]! + 500
  await collect(at, at + 20, spy)
  assert.deepEqual(opened, [[1, 500, 520]])
})

/** What the source does, the reason it is stopped for, and how it does it to the first file. */
const broken: [string, string, OpenData][] = [
  ['gives fewer bytes', 'source_short', inChunks(1e9, [Buffer.from('first phot'), ...files.slice(1)])],
  ['gives nothing', 'source_short', async function* () {}],
  [
    'gives more bytes',
    'source_long',
    async function* (index) {
      yield Buffer.concat([files[index]!, Buffer.from('!')])
    },
  ],
  [
    'gives one chunk too many',
    'source_long',
    async function* (index) {
      yield files[index]!
      yield Buffer.from('!')
    },
  ],
  ['gives other bytes', 'crc32_differs', inChunks(1e9, [Buffer.from('First photo'), ...files.slice(1)])],
]

for (const [what, reason, open] of broken)
  test(`a source that ${what} ends the archive early and names the file`, async () => {
    let given = 0
    await assert.rejects(
      async () => {
        for await (const chunk of write(whole, 0, whole.total, open)) given += chunk.length
      },
      (error) => isCode(error, 'source_changed') && error.facts.entry === 'g/0.jpg' && error.facts.reason === reason,
    )
    assert.ok(given < whole.headerLengths[0]! + files[0]!.length)
  })

test('a changed file is found out before its last chunk is given, so the download is never complete', async () => {
  for (const index of [1, 3]) {
    const one = layout(entries.slice(index, index + 1))
    const changed: OpenData = async function* () {
      yield files[index]!.map((byte, i) => (i === 0 ? byte ^ 1 : byte))
    }
    const chunks: Uint8Array[] = []
    await assert.rejects(
      async () => {
        for await (const chunk of write(one, 0, one.total, changed)) chunks.push(chunk)
      },
      (error) => isCode(error, 'source_changed'),
    )
    assert.ok(Buffer.concat(chunks).length <= one.headerLengths[0]!)
  }
})

test('an error of the source passes through', async () => {
  const failing: OpenData = async function* () {
    yield Buffer.from('fir')
    throw new Error('disk gone')
  }
  await assert.rejects(collect(0, whole.total, failing), /disk gone/)
})

test('a reader that stops closes the source', async () => {
  let closed = false
  const open: OpenData = async function* (index, from, to) {
    try {
      yield* inChunks(50_000)(index, from, to)
    } finally {
      closed = true
    }
  }
  for await (const chunk of write(whole, whole.offsets[1]!, whole.total, open)) if (chunk.length > 16_384) break
  assert.ok(closed)
})

test('small pieces leave together', async () => {
  const many = layout(Array.from({ length: 2000 }, (_, i) => ({ name: `${i}`, size: 11, crc32: entries[0]!.crc32, mtime: 0 })))
  let chunks = 0
  for await (const _ of write(many, 0, many.total, (_index, from, to) => inChunks(1e9)(0, from, to))) chunks++
  assert.ok(chunks < 10, `${chunks}`)
})
