/** A part of the program that comes when it is needed. Without a line it does not, and the page stands as it was. */
import { useEffect, useState } from 'react'

export interface Piece<P> {
  /** null: it is not here, or not yet */
  here: P | null
  state: 'idle' | 'coming' | 'failed'
  again: () => void
}

/** `styled`: it has styles of its own, and those are asked for once in the life of a page. */
export function usePiece<P>(wanted: boolean, load: () => Promise<P>, styled = false): Piece<P> {
  const [here, take] = useState<{ piece: P } | null>(null)
  const [tries, setTries] = useState(0)
  const [failed, fail] = useState(false)
  const missing = wanted && !here
  // biome-ignore lint/correctness/useExhaustiveDependencies: asked for once a try
  useEffect(() => {
    if (!missing) return
    // some browsers keep a failure in mind, and a newer Keepsake has other files: only the whole page helps then
    if (failed && navigator.onLine && (styled || tries > 1)) return location.reload()
    let left = false
    fail(false)
    load().then(
      (piece) => {
        if (!left) take({ piece })
      },
      () => {
        if (!left) fail(true)
      },
    )
    return () => {
      left = true
    }
  }, [missing, tries])
  const state = !missing ? 'idle' : failed ? 'failed' : 'coming'
  return { here: here?.piece ?? null, state, again: () => setTries(tries + 1) }
}
