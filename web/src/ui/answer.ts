/** Questions to the server as hooks: one to show, for the small pages of guests (the studio asks by ask.ts), and one to send. */
import { useCallback, useEffect, useRef, useState } from 'react'
import { type Refusal, refusalOf } from './refusal.ts'

export interface Answer<T> {
  data: T | undefined
  /** set while the last try failed; data of an earlier one stays */
  refusal: Refusal | undefined
  again: () => void
  /** shows a newer answer that came another way */
  put: (data: T) => void
}

/** Asks at once and when the key changes; `every` says after each answer in how many ms to ask again. */
export function useAnswer<T>(key: string, ask: (signal: AbortSignal) => Promise<T>, every?: (data: T) => number | null): Answer<T> {
  const [state, set] = useState<{ data?: T; refusal?: Refusal }>({})
  const [turn, setTurn] = useState(0)
  const latest = useRef({ ask, every })
  latest.current = { ask, every }
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key and the turn are what a new question depends on
  useEffect(() => {
    const stop = new AbortController()
    let timer: ReturnType<typeof setTimeout> | undefined
    const go = async () => {
      let wait: number | null | undefined
      try {
        const data = await latest.current.ask(stop.signal)
        if (stop.signal.aborted) return
        set({ data })
        wait = latest.current.every?.(data)
      } catch (error) {
        if (stop.signal.aborted) return
        set((old) => ({ data: old.data, refusal: refusalOf(error) }))
        wait = latest.current.every ? 5000 : null
      }
      // Nobody looks at a hidden page: ask it less.
      if (wait) timer = setTimeout(go, document.hidden ? wait * 8 : wait)
    }
    void go()
    return () => {
      stop.abort()
      clearTimeout(timer)
    }
  }, [key, turn])
  const again = useCallback(() => {
    set((old) => ({ data: old.data }))
    setTurn((n) => n + 1)
  }, [])
  const put = useCallback((data: T) => set({ data }), [])
  return { data: state.data, refusal: state.refusal, again, put }
}

export interface Task<A extends unknown[]> {
  busy: boolean
  refusal: Refusal | undefined
  run: (...args: A) => Promise<boolean>
}

/** A click that changes something: busy while it runs, the refusal when it failed; true when done. */
export function useTask<A extends unknown[]>(work: (...args: A) => Promise<unknown>): Task<A> {
  const [state, set] = useState<{ busy: boolean; refusal?: Refusal }>({ busy: false })
  const running = useRef(false)
  const run = async (...args: A) => {
    if (running.current) return false
    running.current = true
    set({ busy: true })
    try {
      await work(...args)
      set({ busy: false })
      return true
    } catch (error) {
      set({ busy: false, refusal: refusalOf(error) })
      return false
    } finally {
      running.current = false
    }
  }
  return { busy: state.busy, refusal: state.refusal, run }
}
