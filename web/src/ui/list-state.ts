/** Which part of a list is looked at: it stands in the address, so that a reload, a bookmark and the way back show the same. */
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useMemo } from 'react'
import type { Search } from './search.ts'

export interface ListState {
  q: string
  /** the id of a column; '': the order of the server */
  sort: string
  order: 'asc' | 'desc'
  cursor: string
  /** other filters of the page, by their names in the address */
  filter: (name: string) => string
  /** changes the wish and begins at the first row again; `replace`: without a step to go back to, as while somebody types */
  wish: (change: Search, replace?: boolean) => void
  /** the next page, which can be gone back from */
  turnTo: (cursor: string) => void
  /** as the server is asked: `?limit=50&q=…` */
  query: string
}

export function useListState(usual: { sort?: string; order?: 'asc' | 'desc'; limit?: number; filters?: string[] } = {}): ListState {
  const search = useSearch({ strict: false }) as Search
  const navigate = useNavigate()
  const { q = '', cursor = '' } = search
  const sort = search.sort ?? usual.sort ?? ''
  const order = (search.order ?? usual.order) === 'asc' ? 'asc' : 'desc'
  const asked = new URLSearchParams({ limit: String(usual.limit ?? 50) })
  if (q) asked.set('q', q)
  if (sort) {
    asked.set('sort', sort)
    asked.set('order', order)
  }
  if (cursor) asked.set('cursor', cursor)
  for (const name of usual.filters ?? []) if (search[name]) asked.set(name, search[name])
  const query = `?${asked}`
  return useMemo(() => {
    const go = (change: Search, replace: boolean) =>
      void navigate({ to: '.', search: ((old: Search) => ({ ...old, cursor: undefined, ...change })) as never, replace })
    return {
      q,
      sort,
      order,
      cursor,
      query,
      filter: (name) => search[name] ?? '',
      wish: (change, replace = false) => go(change, replace),
      turnTo: (next) => go({ cursor: next }, false),
    }
  }, [q, sort, order, cursor, query, search, navigate])
}
