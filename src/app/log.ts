/** The structured log: one JSON line an event, on the stream given; what opens something is blotted out of every line. */
import type { Clock } from '../base/clock.ts'
import type { Log } from '../ports/deps.ts'

const levels = ['error', 'warn', 'info'] as const
export type LogLevel = (typeof levels)[number]

/** `secrets`: the values of this installation that must not stand in a log, whoever repeats them. */
export function jsonLog(out: { write(text: string): unknown }, clock: Clock, level: LogLevel, secrets: string[] = []): Log {
  // as they are, and as JSON or an address spells them
  const hidden = secrets.flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)])
  const blot = (line: string) => {
    let text = line
    for (const secret of hidden) if (secret.length >= 6 && text.includes(secret)) text = text.replaceAll(secret, '[hidden]')
    return text.replace(opening, (_all, before: string) => `${before}[hidden]`)
  }
  const say = (at: LogLevel) => (facts: Record<string, unknown>, message: string) => {
    if (levels.indexOf(at) > levels.indexOf(level)) return
    out.write(`${blot(JSON.stringify({ time: clock.now().toISOString(), level: at, message, ...facts }, readable))}\n`)
  }
  return { info: say('info'), warn: say('warn'), error: say('error') }
}

/** Links, tokens in queries, bearers, our API keys, passwords in addresses: what goes before them stays, they do not. */
const opening = /(\/d\/|[?&](?:token|code|key|signature|x-amz-signature)=|\bBearer |\bBasic |\bks_|:\/\/[^\s"/@:]*:)[^\s"'&@]+/gi
/** Facts that hold nothing but a secret. */
const secretFact = /^(authorization|cookie|set-cookie|password|token|secret|x-api-key)$/i

/** JSON of an Error is `{}`: what it says, and why, must not be lost with it. */
function readable(name: string, value: unknown): unknown {
  if (secretFact.test(name)) return '[hidden]'
  if (typeof value === 'bigint') return String(value)
  if (!(value instanceof Error)) return value
  return { ...value, message: value.message, stack: value.stack, cause: value.cause }
}
