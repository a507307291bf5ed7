/** A part of the program that comes when it is needed. Without a line it does not, and the page stands as it was. */
import { useEffect, useState } from 'react'

export interface Piece<P> {
  /** null: it is not here, or not yet */
  here: P | null
  state: 'idle' | 'coming' | 'failed'
  again: () => void
}

export function usePiece<P>(wanted: boolean, load: () => Promise<P>): Piece<P> {
  const [here, take] = useState<{ piece: P } | null>(null)
  const [tries, setTries] = useState(0)
  const [failed, fail] = useState(false)
  const missing = wanted && !here
  // biome-ignore lint/correctness/useExhaustiveDependencies: asked for once a try
  useEffect(() => {
    if (!missing) return
    let left = false
    fail(false)
    load().then(
      (piece) => {
        if (!left) take({ piece })
      },
      () => {
        // some browsers keep a failure in mind, and a newer Keepsake has other files: only the page itself helps then
        if (left) return
        if (tries > 1 && navigator.onLine) location.reload()
        else fail(true)
      },
    )
    return () => {
      left = true
    }
  }, [missing, tries])
  const again = () => setTries(tries + 1)
  return { here: here?.piece ?? null, state: !missing ? 'idle' : failed ? 'failed' : 'coming', again }
}
