import assert from 'node:assert/strict'
import { test } from 'node:test'
import { placeMark } from './watermark.ts'
import type { MarkPosition } from './wire.ts'

const mark = { width: 400, height: 100 }
const at = (position: MarkPosition, scale: number, picture = { width: 2000, height: 1000 }) => placeMark(picture, mark, { position, scale })

test('a mark takes as much of the picture as was asked for, and stands as far from both edges of its corner', () => {
  assert.deepEqual(at('top_left', 0.2), [{ left: 30, top: 30, width: 400, height: 100 }])
  assert.deepEqual(at('bottom_right', 0.2), [{ left: 1570, top: 870, width: 400, height: 100 }])
  assert.deepEqual(at('centre', 0.1), [{ left: 900, top: 475, width: 200, height: 50 }])
})

test('a mark is never larger than its picture, whatever the shape of either', () => {
  const shapes = [1, 3, 100, 1365, 2048].flatMap((width) => [1, 5, 100, 2048].map((height) => ({ width, height })))
  for (const picture of shapes)
    for (const shape of shapes)
      for (const position of ['centre', 'top_left', 'top_right', 'bottom_left', 'bottom_right'] as const)
        for (const scale of [0.05, 0.5, 1])
          for (const { left, top, width, height } of placeMark(picture, shape, { position, scale }))
            assert.ok(left >= 0 && top >= 0 && left + width <= picture.width && top + height <= picture.height)
})

test('tiles cover the whole picture in less than 200 places, each of one size', () => {
  for (const scale of [0.05, 0.2, 1])
    for (const picture of [
      { width: 2048, height: 1365 },
      { width: 1365, height: 2048 },
      { width: 60, height: 40 },
    ]) {
      const places = at('tiled', scale, picture)
      assert.ok(places.length > 0 && places.length < 200, String(places.length))
      assert.equal(new Set(places.map(({ width, height }) => `${width} ${height}`)).size, 1)
      // of every quarter of the picture some is in a tile
      for (let x = 0; x < 2; x++)
        for (let y = 0; y < 2; y++) {
          const [from, to] = [x * (picture.width / 2), (x + 1) * (picture.width / 2)]
          const [above, below] = [y * (picture.height / 2), (y + 1) * (picture.height / 2)]
          const inIt = places.filter((p) => p.left < to && p.left + p.width > from && p.top < below && p.top + p.height > above)
          assert.ok(inIt.length > 0, `${scale} ${picture.width} × ${picture.height} at ${x}, ${y}`)
        }
    }
})
