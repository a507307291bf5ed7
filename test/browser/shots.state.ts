/** What a picture is taken of: a state of a page, and how somebody gets there. */
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
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
}
