/** Rows of photos that fill the width: sizes in, boxes out; pure, so ten thousand photos are laid out in a few milliseconds. */

export interface Shape {
  width: number | null
  height: number | null
}
export interface Box {
  index: number
  x: number
  width: number
}
export interface Row {
  y: number
  height: number
  boxes: Box[]
}

/** Files of unknown size stand as 3:2, the shape of most cameras. Very flat or tall ones keep within sight. */
function ratio({ width, height }: Shape): number {
  return width && height ? Math.min(4, Math.max(0.4, width / height)) : 1.5
}

/** Breaks before or after the photo that overflows, whichever lands nearer to the target height. */
export function justify(photos: readonly Shape[], width: number, target: number, gap: number): { rows: Row[]; height: number } {
  const rows: Row[] = []
  let y = 0
  let first = 0
  let sum = 0
  const heightOf = (count: number, ratios: number) => (width - gap * (count - 1)) / ratios
  const close = (end: number, ratios: number, last: boolean) => {
    const full = heightOf(end - first, ratios)
    // A last row that is not full keeps the height of the others instead of blowing up two photos.
    const height = Math.min(last && full > target * 1.15 ? target : full, target * 1.9)
    let x = 0
    const boxes: Box[] = []
    for (let index = first; index < end; index++) {
      const wide = height * ratio(photos[index]!)
      boxes.push({ index, x, width: wide })
      x += wide + gap
    }
    rows.push({ y, height, boxes })
    y += height + gap
    first = end
  }
  photos.forEach((photo, index) => {
    const own = ratio(photo)
    sum += own
    const count = index - first + 1
    const height = heightOf(count, sum)
    if (height > target) return
    if (count > 1 && heightOf(count - 1, sum - own) - target < target - height) {
      close(index, sum - own, false)
      sum = own
    } else {
      close(index + 1, sum, false)
      sum = 0
    }
  })
  if (first < photos.length) close(photos.length, sum, true)
  return { rows, height: Math.max(0, y - gap) }
}

/** How a wall of this width looks; `dense`: rows a little lower, for working instead of looking. */
export function measure(width: number, dense = false): { target: number; gap: number } {
  const target = width < 640 ? 170 : width < 1100 ? 230 : width < 1800 ? 280 : 340
  return { target: dense ? target * 0.7 : target, gap: width < 640 ? 6 : 10 }
}

/** The rows of the first photos of `total`; the last one is left out while what belongs beside it is not known, and the height is a guess. */
export function layOut(photos: readonly Shape[], total: number, width: number, dense = false): { rows: Row[]; height: number } {
  const { target, gap } = measure(width, dense)
  const { rows, height } = justify(photos, width, target, gap)
  if (photos.length >= total || rows.length < 2) return { rows, height }
  const { y } = rows.pop()!
  const known = rows.at(-1)!.boxes.at(-1)!.index + 1
  return { rows, height: Math.round((y / known) * total) }
}

/** Where a photo stands, as styles. */
export const placeOf = (row: Row, box: Box) => ({
  transform: `translate(${box.x}px, ${row.y}px)`,
  width: `${box.width}px`,
  height: `${row.height}px`,
})

/** First and one past the last row between two heights. */
export function visible(rows: readonly Row[], top: number, bottom: number): [number, number] {
  const from = search(rows, (row) => row.y + row.height >= top)
  return [
    from,
    Math.max(
      from,
      search(rows, (row) => row.y >= bottom),
    ),
  ]
}

function search(rows: readonly Row[], holds: (row: Row) => boolean): number {
  let low = 0
  let high = rows.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (holds(rows[middle]!)) high = middle
    else low = middle + 1
  }
  return low
}
