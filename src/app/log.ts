/** The structured log: one JSON line an event, on the stream given. */
import type { Clock } from '../base/clock.ts'
import type { Log } from '../ports/deps.ts'

const levels = ['error', 'warn', 'info'] as const
export type LogLevel = (typeof levels)[number]

export function jsonLog(out: { write(text: string): unknown }, clock: Clock, level: LogLevel): Log {
  const say = (at: LogLevel) => (facts: Record<string, unknown>, message: string) => {
    if (levels.indexOf(at) > levels.indexOf(level)) return
    out.write(`${JSON.stringify({ time: clock.now().toISOString(), level: at, message, ...facts }, readable)}\n`)
  }
  return { info: say('info'), warn: say('warn'), error: say('error') }
}

/** JSON of an Error is `{}`: what it says, and why, must not be lost with it. */
function readable(_name: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value)
  if (!(value instanceof Error)) return value
  return { ...value, message: value.message, stack: value.stack, cause: value.cause }
}
