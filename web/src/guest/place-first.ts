/** The first photos of a gallery, in the rows that the program will draw (ui/Wall.tsx). */
import { layOut, placeOf } from '../ui/justify.ts'
import { readBoot } from './boot.ts'

/** Does nothing when it was done already, or there are none. */
export function placeFirst(): void {
  const wall = document.querySelector<HTMLElement>('.wall.first')
  const boot = readBoot()
  if (!wall || !boot || 'locked' in boot) return
  const { items, total } = boot.gallery
  const { rows, height } = layOut(items, total, wall.clientWidth)
  const places = [...wall.children] as HTMLElement[]
  for (const row of rows) for (const box of row.boxes) Object.assign(places[box.index]!.style, placeOf(row, box))
  for (const rest of places.slice(rows.at(-1)!.boxes.at(-1)!.index + 1)) rest.remove()
  wall.style.height = `${height}px`
  wall.classList.remove('first')
}
