/** What a guest has marked: favourites, which the server remembers, and photos chosen for this visit. */
import { useState } from 'react'
import { setFavorite, useFavorites } from '../api.ts'

export interface Marks {
  favorites: ReadonlySet<string>
  favorite: (item: string, on: boolean) => void
  chosen: ReadonlySet<string>
  pick: (item: string) => void
  /** a click on a photo chooses it instead of opening it */
  choosing: boolean
  choose: (on: boolean) => void
  /** the export of this visit, so that its sheet can be closed and opened again */
  exportId: string | null
  setExport: (id: string | null) => void
}

export function useMarks(slug: string): Marks {
  const { data, put, again } = useFavorites(slug)
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const [choosing, choose] = useState(false)
  const [exportId, setExport] = useState<string | null>(null)
  const favorites = new Set(data?.items)
  return {
    favorites,
    favorite(item, on) {
      put({ items: [...favorites].filter((one) => one !== item).concat(on ? item : []) })
      // what the server did not take is not shown as taken
      setFavorite(slug, item, on).catch(again)
    },
    chosen,
    pick: (item) => setChosen((old) => new Set(old.has(item) ? [...old].filter((one) => one !== item) : [...old, item])),
    choosing,
    choose,
    exportId,
    setExport,
  }
}
