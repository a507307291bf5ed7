/** A wall of photos in justified rows; only the rows in sight exist, so ten thousand scroll like ten. */
import { type ReactNode, useLayoutEffect, useMemo, useRef, useState } from 'react'
import { layOut, placeOf, type Row, type Shape, visible } from './justify.ts'

interface Props<T> {
  items: readonly T[]
  /** how many there will be; more than `items` while the others are on their way */
  total?: number
  label: string
  /** rows a little lower, for working instead of looking */
  dense?: boolean
  tile: (item: T, index: number, box: Box) => ReactNode
  /** goes there and puts the focus on it; a new object each time that is wanted */
  reveal?: { index: number } | null
}

/** The size of a tile, CSS pixels. */
export interface Box {
  width: number
  height: number
  /** the wall flies past: pictures that are not there yet need not come */
  flying: boolean
}

export function Wall<T extends Shape & { id: string }>({ items, total = items.length, label, dense, tile, reveal }: Props<T>) {
  const own = useRef<HTMLUListElement>(null)
  const width = useWidth(own)
  const { rows, height } = useMemo(
    () => (width ? layOut(items, total, width, dense) : { rows: [], height: 0 }),
    [items, total, width, dense],
  )
  useAnchor(own, rows, width)
  const [from, to, flying] = useInSight(own, rows)
  // The photo with the focus stays even when it scrolls away, or the keyboard would lose its place.
  const [held, hold] = useState(-1)
  const shown = rows.slice(from, to)
  const heldRow = held < 0 ? undefined : rowOf(rows, held)
  if (heldRow && !shown.includes(heldRow)) shown.push(heldRow)
  useReveal(own, rows, reveal, hold)
  return (
    <ul
      ref={own}
      className="wall"
      aria-label={label}
      style={{ height: width ? height : '100vh' }}
      onFocus={(event) => hold(Number((event.target as HTMLElement).closest('li')?.getAttribute('aria-posinset') ?? 0) - 1)}
    >
      {shown.flatMap((row) =>
        row.boxes.map((box) => {
          const item = items[box.index]
          if (!item) return null
          return (
            <li key={item.id} aria-posinset={box.index + 1} aria-setsize={total} style={placeOf(row, box)}>
              {tile(item, box.index, { width: box.width, height: row.height, flying })}
            </li>
          )
        }),
      )}
    </ul>
  )
}

function useWidth(own: { current: HTMLElement | null }): number {
  // the first photos may stand in the page already: they are taken over as they are
  const [width, set] = useState(() => document.querySelector('.wall')?.clientWidth ?? 0)
  useLayoutEffect(() => {
    const element = own.current!
    const read = () => set(element.clientWidth)
    read()
    const observer = new ResizeObserver(read)
    observer.observe(element)
    return () => observer.disconnect()
  }, [own])
  return width
}

/** When a phone is turned the rows are others: the photo that was on top stays on top. */
function useAnchor(own: { current: HTMLElement | null }, rows: Row[], width: number): void {
  const last = useRef({ rows, width })
  useLayoutEffect(() => {
    const before = last.current
    last.current = { rows, width }
    if (!before.width || before.width === width) return
    const top = own.current!.getBoundingClientRect().top
    const [first] = visible(before.rows, -top, -top + 1)
    const index = before.rows[first]?.boxes[0]?.index
    const row = top < 0 && index !== undefined ? rowOf(rows, index) : undefined
    if (row) scrollBy(0, top + row.y)
  }, [own, rows, width])
}

function useReveal(
  own: { current: HTMLElement | null },
  rows: Row[],
  reveal: { index: number } | null | undefined,
  hold: (index: number) => void,
): void {
  // biome-ignore lint/correctness/useExhaustiveDependencies: only a new wish is followed, not new rows
  useLayoutEffect(() => {
    const row = reveal && rowOf(rows, reveal.index)
    if (!row) return
    hold(reveal.index)
    const top = own.current!.getBoundingClientRect().top + row.y
    if (top < 0 || top + row.height > innerHeight) scrollBy(0, top - (innerHeight - row.height) / 2)
    // its tile may have to be drawn first
    requestAnimationFrame(() =>
      requestAnimationFrame(() => {
        const tile = own.current?.querySelector<HTMLElement>(`[aria-posinset="${reveal.index + 1}"] :is(a, button)`)
        tile?.focus({ preventScroll: true })
      }),
    )
  }, [reveal])
}

const rowOf = (rows: Row[], index: number) => rows.find((row) => row.boxes.at(-1)!.index >= index)

/** Faster than this, px a ms, nobody sees a picture; so long after the last step the wall stands still, ms. */
const flight = { above: 4, ends: 120 }

function useInSight(own: { current: HTMLElement | null }, rows: Row[]): [from: number, to: number, flying: boolean] {
  const [sight, set] = useState<[number, number, boolean]>([0, Math.min(rows.length, 20), false])
  useLayoutEffect(() => {
    let frame = 0
    let rest: ReturnType<typeof setTimeout> | undefined
    let last = { at: performance.now(), top: scrollY }
    const look = (still?: unknown) => {
      frame = 0
      const now = { at: performance.now(), top: scrollY }
      const flying = still !== true && Math.abs(now.top - last.top) > flight.above * Math.max(8, now.at - last.at)
      last = now
      clearTimeout(rest)
      if (flying) rest = setTimeout(look, flight.ends, true)
      const top = own.current!.getBoundingClientRect().top
      const ahead = innerHeight * 0.8
      const [from, to] = visible(rows, -top - ahead, innerHeight - top + ahead)
      set((old) => (old[0] === from && old[1] === to && old[2] === flying ? old : [from, to, flying]))
    }
    const soon = () => {
      frame ||= requestAnimationFrame(look)
    }
    look(true)
    addEventListener('scroll', soon, { passive: true })
    addEventListener('resize', soon)
    return () => {
      removeEventListener('scroll', soon)
      removeEventListener('resize', soon)
      cancelAnimationFrame(frame)
      clearTimeout(rest)
    }
  }, [own, rows])
  return sight
}
