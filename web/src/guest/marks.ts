/** What a guest has marked and chosen, and how many hearts the page shows while the server hears of it. */
import { useCallback, useMemo, useState } from 'react'
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
  /** the export of this visit, so that its sheet can be closed and opened again */
  exportId: string | null
  setExport: (id: string | null) => void
}

export function useMarks(slug: string): Marks {
  const { data, put, again } = useFavorites(slug)
  const [chosen, setChosen] = useState<ReadonlySet<string> | null>(null)
  const [exportId, setExport] = useState<string | null>(null)
  const favorites = useMemo(() => new Set(data?.items), [data])
  const change = (items: string[], on: boolean) => {
    put({ sent_at: null, ...data, changed: true, items: [...favorites].filter((one) => !items.includes(one)).concat(on ? items : []) })
    // what the server did not take is not shown as taken
    Promise.all(items.map((item) => setFavorite(slug, item, on))).catch(again)
  }
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
    chosen,
    pick: useCallback((item: string) => setChosen((old) => toggled(old ?? new Set(), item)), []),
    choose: useCallback((on: boolean) => setChosen(on ? new Set() : null), []),
    exportId,
    setExport,
  }
}

const toggled = (set: ReadonlySet<string>, one: string) => new Set(set.has(one) ? [...set].filter((old) => old !== one) : [...set, one])
