/** Plans for objects made inside the store hold the limits of S3 and lose no byte, whatever the gallery. */

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { Piece } from './port.ts'
import { type InStorePlan, largest, least, lengthOf, most, planInStore, sizeOf, usualChoice } from './s3-plan.ts'

const MB = 1e6
const header = new Uint8Array(113)
const file = (n: number, length: number): Piece => ({ kind: 'copy', key: `f/${n}`, from: 7, to: 7 + length, crc32: 0 })
/** A ZIP as the storage gets it: a header before each file, the directory at the end. */
const zip = (sizes: number[]): Piece[] => [
  ...sizes.flatMap((size, i): Piece[] => [{ kind: 'bytes', bytes: header }, file(i, size)]),
  { kind: 'bytes', bytes: new Uint8Array(100 * sizes.length + 22) },
]
const many = (count: number, size: number): Piece[] => zip(Array(count).fill(size))
const totalOf = (pieces: Piece[]): number => pieces.reduce((sum, piece) => sum + lengthOf(piece), 0)

/** Every byte once and in order, every part within the limits. */
function isSound({ parts, levels, moved }: InStorePlan, pieces: Piece[]): void {
  const rest = pieces.filter((piece) => lengthOf(piece) > 0)
  let [n, at, passed] = [0, 0, 0]
  assert.ok(parts.length <= most, `${parts.length} parts`)
  parts.forEach((part, i) => {
    const last = i === parts.length - 1
    const tail = part.kind === 'helper' ? part.tail : []
    assert.equal(part.number, i + 1)
    assert.ok(part.size <= largest && (last || part.size >= least), `part of ${part.size} bytes`)
    assert.equal(part.size, sizeOf(part.slices) + sizeOf(tail))
    if (part.kind !== 'send') {
      assert.equal(part.slices.length, 1)
      assert.equal(part.slices[0]!.stretch.kind, 'copy')
      // in its own multipart upload it is not the last part; and some servers refuse to copy less
      assert.ok(part.size >= least && part.slices[0]!.length >= least)
    }
    if (part.kind === 'helper') assert.ok(levels === 2 && sizeOf(tail) > 0)
    passed += part.kind === 'send' ? part.size : sizeOf(tail)
    for (const slices of [part.slices, tail]) {
      let place = 0
      for (const slice of slices) {
        assert.equal(slice.at, place)
        assert.equal(slice.stretch, rest[n])
        assert.equal(slice.from, at)
        assert.ok(slice.length > 0)
        place += slice.length
        at += slice.length
        if (at < lengthOf(rest[n]!)) continue
        n++
        at = 0
      }
    }
  })
  assert.equal(n, rest.length)
  assert.equal(moved, passed)
}

describe('plans of objects made inside the store', () => {
  const sizes = fc.oneof(
    { weight: 3, arbitrary: fc.integer({ min: 0, max: 20 * MB }) },
    fc.integer({ min: least - 300, max: least + 300 }),
    fc.integer({ min: 2 * least - 300, max: 2 * least + 300 }),
    fc.integer({ min: 0, max: 3e9 }),
    fc.integer({ min: 0, max: 40e9 }),
  )
  test('whatever the files, each byte comes once and in its order, in parts that S3 takes', () => {
    fc.assert(
      fc.property(fc.array(sizes, { maxLength: 60 }), (list) => {
        const pieces = zip(list)
        for (const levels of [1, 2] as const) isSound(planInStore(pieces, levels), pieces)
      }),
      { numRuns: 1000 },
    )
  })

  test('whatever the order of literals and copies, too', () => {
    const piece = fc.oneof(
      fc.integer({ min: 0, max: 2000 }).map((length): Piece => ({ kind: 'bytes', bytes: new Uint8Array(length) })),
      sizes.map((length) => file(0, length)),
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        for (const levels of [1, 2] as const) isSound(planInStore(pieces, levels), pieces)
      }),
      { numRuns: 1000 },
    )
  })

  test('more files than parts, and the largest object of all, keep within the limits', () => {
    for (const pieces of [many(9_990, 8 * MB), many(30_000, 8 * MB), many(20_000, 1500), many(1000, 5.4e9), many(12, 400e9)])
      for (const levels of [1, 2] as const) isSound(planInStore(pieces, levels), pieces)
    // of files that cannot all be copied the largest are
    const mixed = zip([...Array(12_000).fill(6 * MB), ...Array(100).fill(500 * MB)])
    const plan = planInStore(mixed, 2)
    isSound(plan, mixed)
    assert.ok(plan.copied >= 100 * 500 * MB)
  })

  const share = (pieces: Piece[], levels: 1 | 2) => (100 * planInStore(pieces, levels).moved) / totalOf(pieces)
  test('so much passes through us as was counted when it was designed', () => {
    // per cent: photos of 8 MB and videos of 500 MB
    assert.ok(share(many(300, 8 * MB), 2) <= 0.4)
    assert.ok(share(many(20, 500 * MB), 2) <= 0.06)
    assert.ok(Math.abs(share(many(300, 8 * MB), 1) - 50) < 1)
    assert.ok(Math.abs(share(many(20, 500 * MB), 1) - 1.05) < 0.1)
    assert.equal(share(many(300, 3 * MB), 2), 100)
    assert.equal(share(many(20_000, 1500), 2), 100)
  })

  test('a small gallery is made by one level, to be ready soon, a large one by two, to move little, and small files are moved', () => {
    const chosen = (pieces: Piece[]) => usualChoice(pieces, totalOf(pieces))?.levels
    assert.equal(chosen(many(100, 8 * MB)), 1)
    assert.equal(chosen(many(300, 8 * MB)), 2)
    assert.equal(chosen(many(20, 500 * MB)), 2)
    assert.equal(chosen(many(20_000, 1500)), undefined)
    assert.equal(chosen(many(3, 500 * MB)), 2)
  })

  test('a photo costs eight requests, a video of 500 MB sixteen', () => {
    assert.ok(planInStore(many(300, 8 * MB), 2).requests <= 300 * 8 + 10)
    assert.ok(planInStore(many(20, 500 * MB), 2).requests <= 20 * (8 + 2 + 6) + 10)
  })

  test('only the end of a large file is copied twice', () => {
    const pieces = many(20, 500 * MB)
    const { copied } = planInStore(pieces, 2)
    assert.ok(copied < totalOf(pieces) * 1.03, `${copied}`)
  })
})
