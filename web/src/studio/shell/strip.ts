/** A strip of links that scrolls sideways on a phone: the one where we are is in sight. */
import { useLocation } from '@tanstack/react-router'
import { type RefObject, useEffect, useRef } from 'react'

export function useInSight(): RefObject<HTMLElement | null> {
  const strip = useRef<HTMLElement>(null)
  const { pathname } = useLocation()
  // biome-ignore lint/correctness/useExhaustiveDependencies: another page is another link
  useEffect(() => {
    const here = strip.current?.querySelector<HTMLElement>('[aria-current]')
    if (here) strip.current!.scrollLeft = here.offsetLeft - strip.current!.offsetLeft - (strip.current!.clientWidth - here.offsetWidth) / 2
  }, [pathname])
  return strip
}
