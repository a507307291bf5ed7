/** The list of ports; a step names the ones it needs with Pick<Deps, …>. */
import type { Clock } from '../base/clock.ts'
import type { Settings } from '../domain/settings.ts'
import type { Database } from './database/port.ts'
import type { Http } from './http/port.ts'
import type { Images } from './images/port.ts'
import type { Mail } from './mail/port.ts'
import type { Probe } from './probe/port.ts'
import type { Providers } from './providers/port.ts'
import type { Queue } from './queue/port.ts'
import type { Storage } from './storage/port.ts'

/** Structured log: an event name and facts; secrets never. */
export interface Log {
  info(facts: Record<string, unknown>, message: string): void
  warn(facts: Record<string, unknown>, message: string): void
  error(facts: Record<string, unknown>, message: string): void
}

/** When something may be deleted for good. */
export interface Calendar {
  /**
   * The present moment by the database's clock, the same for every process. Throws `clock_unsure` while that clock and ours
   * differ by more than 5 minutes, and for a while after it has jumped (domain/moment.ts).
   */
  now(): Promise<Date>
}

export interface Deps {
  db: Database
  storage: Storage
  queue: Queue
  mail: Mail
  images: Images
  http: Http
  providers: Providers
  /** undefined: no such program is here */
  probe?: Probe
  clock: Clock
  calendar: Calendar
  log: Log
  settings: Settings
}
