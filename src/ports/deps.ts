/** The list of ports; a step names the ones it needs with Pick<Deps, …>. */
import type { Clock } from '../base/clock.ts'
import type { Settings } from '../domain/settings.ts'
import type { Database } from './database/port.ts'
import type { Images } from './images/port.ts'
import type { Mail } from './mail/port.ts'
import type { Queue } from './queue/port.ts'
import type { Storage } from './storage/port.ts'

/** Structured log: an event name and facts; secrets never. */
export interface Log {
  info(facts: Record<string, unknown>, message: string): void
  warn(facts: Record<string, unknown>, message: string): void
  error(facts: Record<string, unknown>, message: string): void
}

export interface Deps {
  db: Database
  storage: Storage
  queue: Queue
  mail: Mail
  images: Images
  clock: Clock
  log: Log
  settings: Settings
}
