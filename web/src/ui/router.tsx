/** Addresses and pages: a path picks a page, which is loaded when it is first needed. */
import { type ComponentType, lazy, type MouseEvent, type ReactNode, Suspense, useEffect, useState } from 'react'

export interface PageProps {
  params: Record<string, string>
}
export interface Route {
  path: string
  page: ComponentType<PageProps>
}

/** route('/galleries/:slug', () => import('./GalleryPage.tsx')) */
export function route(path: string, load: () => Promise<{ Page: ComponentType<PageProps> }>): Route {
  return { path, page: lazy(async () => ({ default: (await load()).Page })) }
}

export function navigate(to: string): void {
  history.pushState(null, '', to)
  dispatchEvent(new PopStateEvent('popstate'))
  scrollTo(0, 0)
}

export function usePath(): string {
  const [path, set] = useState(location.pathname)
  useEffect(() => {
    const moved = () => set(location.pathname)
    addEventListener('popstate', moved)
    return () => removeEventListener('popstate', moved)
  }, [])
  return path
}

export function Router({ routes, lost, waiting }: { routes: Route[]; lost: ReactNode; waiting: ReactNode }) {
  const path = usePath()
  for (const { path: pattern, page: Page } of routes) {
    const params = match(pattern, path)
    // A page of another path begins anew, with nothing of the last one.
    if (params)
      return (
        <Suspense fallback={waiting}>
          <Page key={path} params={params} />
        </Suspense>
      )
  }
  return lost
}

function match(pattern: string, path: string): Record<string, string> | null {
  const want = pattern.split('/')
  const have = path.replace(/(.)\/$/, '$1').split('/')
  if (want.length !== have.length) return null
  const params: Record<string, string> = {}
  for (const [n, part] of want.entries()) {
    if (part.startsWith(':')) params[part.slice(1)] = decodeURIComponent(have[n]!)
    else if (part !== have[n]) return null
  }
  return params
}

export function Link({ to, className, here, children }: { to: string; className?: string; here?: boolean; children: ReactNode }) {
  const go = (event: MouseEvent) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button) return
    event.preventDefault()
    navigate(to)
  }
  return (
    <a href={to} className={className} aria-current={here ? 'page' : undefined} onClick={go}>
      {children}
    </a>
  )
}
