/** The photo on the whole screen and its address: /g/:slug/p/:item, so that it can be passed on and Back closes it. */
import { useCallback, useEffect, useState } from 'react'
import type { GuestGallery, Item } from '../api.ts'

export const photoPath = (slug: string, item: string) => `/g/${slug}/p/${item}`
const asked = () => /\/p\/([0-9a-f-]{36})$/.exec(location.pathname)?.[1]

export interface OnePhoto {
  item: Item | undefined
  /** its place in the list */
  at: number
  open: (n: number) => void
  go: (n: number) => void
  close: () => void
  /** where the list was left: the wall goes there and takes the focus back */
  left: { index: number } | null
}

export function usePhoto({ slug, title }: GuestGallery, list: Item[]): OnePhoto {
  const [id, set] = useState(asked)
  const [left, leave] = useState<{ index: number } | null>(null)
  const at = id ? list.findIndex((item) => item.id === id) : -1
  const item = list[at]
  useEffect(() => {
    const moved = () => set(asked())
    addEventListener('popstate', moved)
    return () => removeEventListener('popstate', moved)
  }, [])
  useEffect(() => {
    if (item) document.title = `${item.name} · ${title}`
  }, [item, title])
  // closed, by whatever key, button or Back
  useEffect(() => {
    if (at >= 0) return () => leave({ index: at })
  }, [at])
  const open = useCallback(
    (n: number) => {
      history.pushState({ from: 'wall' }, '', photoPath(slug, list[n]!.id))
      set(list[n]!.id)
    },
    [slug, list],
  )
  const go = useCallback(
    (n: number) => {
      const next = list[n]
      if (!next) return
      history.replaceState(history.state, '', photoPath(slug, next.id))
      set(next.id)
    },
    [slug, list],
  )
  const close = useCallback(() => {
    if ((history.state as { from?: string } | null)?.from === 'wall') return history.back()
    // who came by the photo's own address stays in the gallery
    history.replaceState(null, '', `/g/${slug}`)
    set(undefined)
  }, [slug])
  return { item, at, open, go, close, left: item ? null : left }
}
