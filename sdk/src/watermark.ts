/** Where a watermark stands in a picture: one rule for what the server draws and for what the studio shows beforehand. */
import type { MarkPlacing } from './wire.ts'

/** Where nobody has placed it yet. */
export const unplaced: MarkPlacing = { position: 'bottom_right', opacity: 0.6, scale: 0.25 }

export interface Box {
  width: number
  height: number
}
/** px from the top left of the picture; of tiles some reach over its edge */
export interface Place extends Box {
  left: number
  top: number
}

/** The places of the mark in a picture of this size, all of one size and never larger than the picture. */
export function placeMark(picture: Box, mark: Box, { position, scale }: Pick<MarkPlacing, 'position' | 'scale'>): Place[] {
  const fit = Math.min((picture.width * scale) / mark.width, (picture.height * scale) / mark.height)
  const width = Math.max(1, Math.round(mark.width * fit))
  const height = Math.max(1, Math.round(mark.height * fit))
  if (position === 'tiled') return tiles(picture, { width, height })
  // as far from either edge, and never pushed out of the picture by a mark as large as it
  const edge = Math.round(Math.min(picture.width, picture.height) * 0.03)
  const free = { x: picture.width - width, y: picture.height - height }
  const at = (all: number, where: 'first' | 'middle' | 'last') => {
    const away = Math.min(edge, Math.floor(all / 2))
    return where === 'middle' ? Math.floor(all / 2) : where === 'first' ? away : all - away
  }
  const [left, top] = {
    centre: [at(free.x, 'middle'), at(free.y, 'middle')],
    top_left: [at(free.x, 'first'), at(free.y, 'first')],
    top_right: [at(free.x, 'last'), at(free.y, 'first')],
    bottom_left: [at(free.x, 'first'), at(free.y, 'last')],
    bottom_right: [at(free.x, 'last'), at(free.y, 'last')],
  }[position] as [number, number]
  return [{ left, top, width, height }]
}

/** Like bricks: every other row is moved by half a step, so that no cut of the picture is without a mark. */
function tiles(picture: Box, mark: Box): Place[] {
  // so many at most, however small the mark
  const step = {
    x: Math.max(Math.round(mark.width * 1.5), Math.ceil(picture.width / 12)),
    y: Math.max(Math.round(mark.height * 2.5), Math.ceil(picture.height / 12)),
  }
  const places: Place[] = []
  for (let row = 0, top = Math.round((step.y - mark.height) / 2); top < picture.height; row++, top += step.y) {
    const begin = Math.round((step.x - mark.width) / 2) - (row % 2 ? Math.round(step.x / 2) : 0)
    for (let left = begin; left < picture.width; left += step.x) if (left + mark.width > 0) places.push({ ...mark, left, top })
  }
  return places
}
