/** Questions to the server through TanStack Query: asked once for all who show the answer, kept while pages change. */
import { QueryClient, type QueryKey, useQuery, useQueryClient } from '@tanstack/react-query'
import { useCallback } from 'react'
import type { Answer } from './answer.ts'
import { Refusal, refusalOf } from './refusal.ts'

/** What the server refused is not asked again by itself; a question that got no answer at all is, twice. */
export const questions = () =>
  new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 1000,
        retry: (count, error) => count < 2 && error instanceof Refusal && error.problem.code === 'unreachable',
        // the network may lie about being there; an answer does not
        networkMode: 'always',
      },
    },
  })

/**
 * Asks and keeps the answer under `key`, the words of the question. `every` says after each answer in how many ms to ask again;
 * a hidden page asks an eighth as often. With `keep` the answer to the last question stays on the page until the next one is there. `at`: when it came.
 */
export function useAsk<T>(
  key: QueryKey,
  ask: (signal: AbortSignal) => Promise<T>,
  more: { every?: (data: T) => number | null; keep?: boolean } = {},
): Answer<T> & { late: boolean; at: number } {
  const { every, keep } = more
  const client = useQueryClient()
  const { data, error, refetch, isPlaceholderData, dataUpdatedAt } = useQuery<T>({
    queryKey: key,
    queryFn: ({ signal }) => ask(signal),
    placeholderData: keep ? (old) => old : undefined,
    refetchIntervalInBackground: true,
    refetchInterval: ({ state }) => {
      if (!every) return false
      const wait = state.status === 'error' ? 5000 : state.data === undefined ? null : every(state.data)
      return wait ? (document.hidden ? wait * 8 : wait) : false
    },
  })
  const name = JSON.stringify(key)
  // biome-ignore lint/correctness/useExhaustiveDependencies: the name stands for the key, which is a new array at every drawing
  const put = useCallback((next: T) => void client.setQueryData<T>(key, next), [client, name])
  const again = useCallback(() => void refetch(), [refetch])
  return { data, refusal: error ? refusalOf(error) : undefined, again, put, late: isPlaceholderData, at: dataUpdatedAt }
}
