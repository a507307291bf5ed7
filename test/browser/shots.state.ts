/** What a picture is taken of: a state of a page, and how somebody gets there. */
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import type { Person } from '../journeys/people.ts'
import type { Installation } from '../journeys/service.ts'

export interface State {
  /** of the file: kebab-case */
  name: string
  /** leads a fresh visitor there, and waits until it is drawn */
  open(page: Page): Promise<unknown>
  /** who comes by another browser than usual */
  as?: BrowserContextOptions
}

export interface Stage {
  installation: Installation
  browser: Browser
  /** of photographs: who looks at no picture needs no large ones */
  long?: number
}

/** As a browser keeps them, so that a fresh one is signed in. */
export function cookiesOf(person: Person, url: string) {
  const { hostname: domain } = new URL(url)
  return (person.headers().cookie ?? '').split('; ').map((pair) => {
    const [name, value] = pair.split('=', 2) as [string, string]
    return { name, value, domain, path: '/', expires: -1, httpOnly: true, secure: false, sameSite: 'Lax' as const }
  })
}
