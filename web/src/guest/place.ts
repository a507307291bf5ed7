/** Where in the gallery somebody was: kept for when they reload, or come back from another page. */
import { useLayoutEffect, useRef } from 'react'

/** `complete`: the page has its full height. */
export function usePlace(slug: string, complete: boolean): void {
  const there = useRef(false)
  // biome-ignore lint/correctness/useExhaustiveDependencies: what could not be reached is tried again when all is there
  useLayoutEffect(() => {
    const key = `keepsake place ${slug}`
    // the browser would restore it before there is a wall to scroll
    history.scrollRestoration = 'manual'
    const again = performance.getEntriesByType('navigation')[0] as PerformanceNavigationTiming | undefined
    const kept = Number(sessionStorage.getItem(key))
    let tries = 30
    const go = () => {
      scrollTo(0, kept)
      // the wall has its height a moment later
      there.current = Math.abs(scrollY - kept) <= 2
      if (!there.current && tries-- > 0) requestAnimationFrame(go)
    }
    if (kept && again?.type !== 'navigate' && !there.current) go()
    const keep = () => sessionStorage.setItem(key, String(scrollY))
    addEventListener('pagehide', keep)
    return () => removeEventListener('pagehide', keep)
  }, [slug, complete])
}
