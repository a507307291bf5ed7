/** A question whose answer changes while one looks: asked once, then told by a stream; asked again and again where none gets through. */
import type { QueryKey } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { listen } from '../api.ts'
import type { Answer } from '../ui/answer.ts'
import { useAsk } from '../ui/ask.ts'

interface Following<T, News> {
  /** the address of the stream; null: nothing is under way */
  path: (data: T) => string | null
  /** the name of its events */
  event: string
  /** ms until it is asked again when no stream speaks; null: not at all */
  every: (data: T) => number | null
  /** takes what was told; true: that was the last of it */
  told: (news: News, answer: Answer<T>) => boolean
}

// a stream says when it ends; asked now and then all the same, should it have fallen silent
const besides = 15_000

export function useFollow<T, News>(
  key: QueryKey,
  ask: (signal: AbortSignal) => Promise<T>,
  { path, event, every, told }: Following<T, News>,
): Answer<T> {
  const speaks = useRef(false)
  const answer = useAsk<T>(key, ask, { every: (data) => (speaks.current && path(data) ? besides : every(data)) })
  const address = answer.data === undefined ? null : path(answer.data)
  const latest = useRef({ answer, told })
  latest.current = { answer, told }
  useEffect(() => {
    if (!address) return
    const leave = listen<News>(address, event, {
      told(news) {
        speaks.current = true
        return latest.current.told(news, latest.current.answer)
      },
      silent() {
        speaks.current = false
        latest.current.answer.again()
      },
    })
    return () => {
      speaks.current = false
      leave()
    }
  }, [address, event])
  return answer
}
