/** The export of this visit: asked for by one piece of the page for all that show it. */
import { useEffect, useRef } from 'react'
import type { Export } from '../api.ts'
import type { Refusal } from '../ui/refusal.ts'
import { useExport } from './api.ts'

export interface Made {
  data: Export | undefined
  refusal: Refusal | undefined
  again: () => void
  /** it was seen being packed */
  waited: boolean
}

export const hasEnded = ({ status }: Export) => ['ready', 'failed', 'cancelled', 'expired'].includes(status)

/** A single file begins by itself for who waited for just that; who comes back to it is not surprised by one. */
export function useMade(slug: string, id: string | null): Made {
  const { data, refusal, again } = useExport(slug, id)
  // what is known may be of the one before
  const made = data && data.id === id ? data : undefined
  const seen = useRef<string>(undefined)
  if (made && !hasEnded(made)) seen.current = made.id
  const waited = !!made && seen.current === made.id
  const only = made?.status === 'ready' && made.parts.length === 1 ? made.parts[0]!.download_url : null
  useEffect(() => {
    if (only && waited) location.assign(only)
  }, [only, waited])
  return { data: made, refusal, again, waited }
}
