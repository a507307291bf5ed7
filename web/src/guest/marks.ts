/** What a guest has marked and chosen, and how many hearts the page shows while the server hears of it. */
import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { type Refusal, refusalOf } from '../ui/refusal.ts'
import { sendFavorites, setFavorite, useFavorites } from './api.ts'

export interface Marks {
  favorites: ReadonlySet<string>
  favorite: (item: string, on: boolean) => void
  /** when the list went to the photographer; null: never. `changed`: it is another one since */
  sent: { at: string | null; changed: boolean }
  /** `name`: who sends it, empty for who said so before */
  send: (name: string) => Promise<void>
  /** chosen for this visit; null while a click opens photos */
  chosen: ReadonlySet<string> | null
  pick: (item: string) => void
  choose: (on: boolean) => void
  /** all of these become favourites */
  favoriteAll: (items: Iterable<string>) => void
  /** why the last mark was not taken */
  refused: Refusal | undefined
  /** why nothing is known of marks */
  refusal: Refusal | undefined
  /** asks once more what is marked: who may not come in any more learns it so */
  check: () => void
  /** the export of this visit, so that its sheet can be closed and opened again, and the page loaded anew */
  exportId: string | null
  setExport: (id: string | null) => void
}

export function useMarks(slug: string): Marks {
  const { data, put, again, refusal } = useFavorites(slug)
  const [refused, refuse] = useState<Refusal>()
  const [chosen, setChosen] = useState<ReadonlySet<string> | null>(null)
  const [exportId, keepExport] = useState<string | null>(() => sessionStorage.getItem(exportKey(slug)))
  const setExport = useCallback(
    (id: string | null) => {
      // what is packed goes on when the page is loaded again, and so does its progress
      if (id) sessionStorage.setItem(exportKey(slug), id)
      else sessionStorage.removeItem(exportKey(slug))
      keepExport(id)
    },
    [slug],
  )
  const favorites = useMemo(() => new Set(data?.items), [data])
  const asked = useRef(0)
  const latest = useRef(data)
  latest.current = data
  const show = (items: string[], on: boolean) => {
    const others = (latest.current?.items ?? []).filter((one) => !items.includes(one))
    latest.current = { sent_at: null, ...latest.current, changed: true, items: others.concat(on ? items : []) }
    put(latest.current)
  }
  const change = (items: string[], on: boolean) => {
    show(items, on)
    refuse(undefined)
    Promise.all(items.map((item) => setFavorite(slug, item, on))).then(
      () => {
        // an answer that was on its way meanwhile may be older than the mark
        if (Date.now() - asked.current < soon) again()
      },
      (error) => {
        // what the server did not take is not shown as taken
        show(items, !on)
        refuse(refusalOf(error))
        again()
      },
    )
  }
  const back = useCallback(() => {
    refuse(undefined)
    again()
  }, [again])
  useEffect(() => {
    // hearts may have been set in another tab, on a photo opened there
    const seen = () => {
      if (document.hidden) return
      asked.current = Date.now()
      again()
    }
    addEventListener('online', back)
    document.addEventListener('visibilitychange', seen)
    return () => {
      removeEventListener('online', back)
      document.removeEventListener('visibilitychange', seen)
    }
  }, [back, again])
  return {
    favorites,
    favorite: (item, on) => change([item], on),
    sent: { at: data?.sent_at ?? null, changed: data?.changed ?? false },
    send: async (name) => put(await sendFavorites(slug, name)),
    favoriteAll: (items) =>
      change(
        [...items].filter((item) => !favorites.has(item)),
        true,
      ),
    refused,
    refusal,
    check: again,
    chosen,
    pick: useCallback((item: string) => setChosen((old) => toggled(old ?? new Set(), item)), []),
    choose: useCallback((on: boolean) => setChosen(on ? new Set() : null), []),
    exportId,
    setExport,
  }
}

/** Longer than a question takes, ms. */
const soon = 10_000

const exportKey = (slug: string) => `keepsake export ${slug}`

const toggled = (set: ReadonlySet<string>, one: string) => new Set(set.has(one) ? [...set].filter((old) => old !== one) : [...set, one])
