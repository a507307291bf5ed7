import assert from 'node:assert/strict'
import { test } from 'node:test'
import { justify, visible } from './justify.ts'

const photos = (count: number) =>
  Array.from({ length: count }, (_, n) => (n % 3 ? { width: 6000, height: 4000 } : { width: 4000, height: 6000 }))

test('every photo stands once, in its order', () => {
  for (const count of [0, 1, 2, 7, 500]) {
    const { rows } = justify(photos(count), 1200, 230, 10)
    assert.deepEqual(
      rows.flatMap((row) => row.boxes.map((box) => box.index)),
      Array.from({ length: count }, (_, n) => n),
    )
  }
})

test('every row but the last fills the width', () => {
  for (const width of [320, 390, 1440, 2560]) {
    const { rows } = justify(photos(200), width, 230, 10)
    for (const row of rows.slice(0, -1)) {
      const last = row.boxes.at(-1)!
      assert.ok(Math.abs(last.x + last.width - width) < 0.01, `${last.x + last.width} of ${width}`)
    }
  }
})

test('a last row with one photo is not blown up', () => {
  const { rows } = justify(photos(1), 1440, 230, 10)
  assert.equal(rows[0]!.height, 230)
})

test('files without a size are laid out too', () => {
  const { rows, height } = justify([{ width: null, height: null }], 390, 170, 6)
  assert.equal(rows.length, 1)
  assert.ok(height > 0)
})

test('a panorama and a strip keep within the width', () => {
  const { rows } = justify(
    [
      { width: 20_000, height: 500 },
      { width: 100, height: 9000 },
    ],
    390,
    170,
    6,
  )
  for (const row of rows) for (const box of row.boxes) assert.ok(box.x + box.width <= 390.01)
})

test('the window holds exactly the rows in sight', () => {
  const { rows, height } = justify(photos(900), 1200, 230, 10)
  const [from, to] = visible(rows, 1000, 2000)
  assert.ok(rows[from]!.y + rows[from]!.height >= 1000 && rows[from - 1]!.y + rows[from - 1]!.height < 1000)
  assert.ok(rows[to - 1]!.y < 2000 && rows[to]!.y >= 2000)
  assert.deepEqual(visible(rows, height + 50, height + 900), [rows.length, rows.length])
  assert.deepEqual(visible([], 0, 900), [0, 0])
})
