/** The download of what was packed begins by itself for who waited for just that; who comes back to it is not surprised by one. */
import { useEffect, useRef } from 'react'
import type { Export } from '../api.ts'

export const hasEnded = ({ status }: Export) => ['ready', 'failed', 'cancelled', 'expired'].includes(status)

/** True: it was seen being packed. Several files are chosen by hand. */
export function useByItself(made: Export | undefined): boolean {
  const waited = useRef(false)
  if (made && !hasEnded(made)) waited.current = true
  const only = made?.status === 'ready' && made.parts.length === 1 ? made.parts[0]!.download_url : null
  useEffect(() => {
    if (only && waited.current) location.assign(only)
  }, [only])
  return waited.current
}
