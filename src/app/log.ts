/** The structured log: one JSON line an event, on the stream given; what opens something is blotted out of every line. */
import { blotter } from '../base/blot.ts'
import type { Clock } from '../base/clock.ts'
import type { Log } from '../ports/deps.ts'

const levels = ['error', 'warn', 'info'] as const
export type LogLevel = (typeof levels)[number]

/** `secrets`: the values of this installation that must not stand in a log, whoever repeats them. */
export function jsonLog(out: { write(text: string): unknown }, clock: Clock, level: LogLevel, secrets: string[] = []): Log {
  const known = blotter(secrets)
  const blot = (line: string) => known(line).replace(opening, (_all, before: string) => `${before}[hidden]`)
  const say = (at: LogLevel) => (facts: Record<string, unknown>, message: string) => {
    if (levels.indexOf(at) > levels.indexOf(level)) return
    out.write(`${blot(JSON.stringify({ time: clock.now().toISOString(), level: at, message, ...facts }, readable))}\n`)
  }
  return { info: say('info'), warn: say('warn'), error: say('error') }
}

/** Links, tokens in queries, bearers, our API keys, passwords in addresses: what goes before them stays, they do not. */
const opening =
  /(\/d\/|\/(?:s|invite|unsubscribe|extend)\/(?=[\w-]{40})|[?&](?:token|link|secret|code|key|signature|x-amz-signature)=|\bBearer |\bBasic |\bks_|\bwhsec_|:\/\/[^\s"/@:]*:)[^\s"'&@]+/gi
/** Facts that hold nothing but a secret. */
const secretFact = /^(authorization|cookie|set-cookie|password|token|secret|x-api-key)$/i

/** JSON of an Error is `{}`: what it says, and why, must not be lost with it. */
function readable(name: string, value: unknown): unknown {
  if (secretFact.test(name)) return '[hidden]'
  if (typeof value === 'bigint') return String(value)
  if (!(value instanceof Error)) return value
  return { ...value, message: value.message, stack: value.stack, cause: value.cause }
}
