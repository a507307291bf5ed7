/** The Http port over node:http and node:https: one connection for each request, every address checked before it is used. */
import { lookup as dnsLookup } from 'node:dns/promises'
import http, { type IncomingMessage, type RequestOptions } from 'node:http'
import https from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { deadline } from '../../base/deadline.ts'
import { AppError } from '../../base/errors.ts'
import { isGlobal } from './addresses.ts'
import type { Http, HttpAnswer, HttpRequest } from './port.ts'

export interface SafeHttpOptions {
  /** For tests, which have no world: addresses that count as global, on any port. No configuration reaches this. */
  besides?: readonly string[]
  /** The addresses of a name; the system's way if not given. */
  lookup?: (name: string) => Promise<string[]>
  /** milliseconds */
  limits?: Partial<Limits>
}

interface Limits {
  connectMs: number
  headersMs: number
  idleMs: number
}

const usual: Limits = { connectMs: 5_000, headersMs: 10_000, idleMs: 30_000 }
const ports = new Set(['', '80', '443', '8443'])
const moved = new Set([301, 302, 303, 307, 308])

export function safeHttp({ besides = [], lookup = bySystem, limits }: SafeHttpOptions = {}): Http {
  const rules: Rules = {
    limits: { ...usual, ...limits },
    anyPort: besides.length > 0,
    allows: (address) => besides.includes(address) || isGlobal(address),
    lookup,
  }
  return {
    async check(text) {
      const host = bare(parse(text, rules))
      if (isIP(host)) return
      const silent = new Promise<string[]>((resolve) => setTimeout(resolve, rules.limits.connectMs, []).unref())
      const found = await Promise.race([lookup(host).catch(() => []), silent])
      if (!found.every(rules.allows)) throw refused('it stands for an address that is not public')
    },
    async fetch(request, take) {
      const { signal, leave } = deadline(request.deadlineMs, request.signal)
      try {
        let ask = request
        for (let left = request.redirects ?? 0; ; left--) {
          const url = parse(ask.url, rules)
          const next = await once(ask, url, rules, signal, async (answer) => {
            const target = left > 0 && ask.method !== 'POST' ? redirectOf(answer) : undefined
            return target ? { target } : { taken: await take(answer) }
          })
          if ('taken' in next) return next.taken as Awaited<ReturnType<typeof take>>
          ask = follow(ask, url, next.target)
        }
      } finally {
        leave()
      }
    },
  }
}

interface Rules {
  limits: Limits
  anyPort: boolean
  allows: (address: string) => boolean
  lookup: (name: string) => Promise<string[]>
}

const refused = (reason: string) => new AppError('address_refused', { detail: `This address is not used: ${reason}.` })
const lost = (reason: string, cause?: unknown) => new AppError('remote_unreachable', { reason }, { cause })

/** What the system calls its failures, in words for the people who read them; the code stays behind them for whoever searches. */
const inWords: Record<string, string> = {
  ENOTFOUND: 'there is no server of this name',
  EAI_AGAIN: 'its name could not be looked up just now',
  ECONNREFUSED: 'it takes no connections',
  ECONNRESET: 'it broke off the connection',
  EPIPE: 'it broke off the connection',
  ETIMEDOUT: 'it did not answer in time',
  EHOSTUNREACH: 'no way leads there',
  ENETUNREACH: 'no way leads there',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is signed by itself',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is signed by nobody we know',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is signed by nobody we know',
}

/** A failure of the system with its code, as the reason of ours. */
function failed(cause: NodeJS.ErrnoException): AppError {
  const words = inWords[cause.code ?? '']
  return lost(words ? `${words} (${cause.code})` : (cause.code ?? cause.message), cause)
}

const bySystem = async (name: string): Promise<string[]> => (await dnsLookup(name, { all: true })).map(({ address }) => address)

/** The URL with its host as the connection wants it; a literal address is checked here, for nobody looks it up. */
function parse(text: string, rules: Rules): URL {
  if (!URL.canParse(text)) throw refused('it is no URL')
  const url = new URL(text)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw refused('it begins neither with http: nor with https:')
  if (url.username || url.password) throw refused('it holds a user name or a password')
  if (!rules.anyPort && !ports.has(url.port)) throw refused('only ports 80, 443 and 8443 are')
  const address = bare(url)
  if (isIP(address) && !rules.allows(address)) throw refused('it is not public')
  return url
}

/** `[::1]` without its brackets. */
const bare = ({ hostname }: URL): string => hostname.replace(/^\[(.*)\]$/, '$1')

/** Every address of a name is checked, and the connection is made to one of them: no second answer of a name server comes between. */
function guarded(rules: Rules): LookupFunction {
  return (name, options, done) => {
    rules.lookup(name).then(
      (found) => {
        const bad = found.find((address) => !rules.allows(address))
        if (bad !== undefined || !found.length)
          return done(bad ? refused('it stands for an address that is not public') : lost('its name has no address'), '')
        const all = found.map((address) => ({ address, family: isIP(address) }))
        if (options.all) done(null, all)
        else done(null, all[0]!.address, all[0]!.family)
      },
      (cause) => done(failed(cause), ''),
    )
  }
}

function redirectOf({ status, headers }: HttpAnswer): string | undefined {
  return moved.has(status) ? headers.location : undefined
}

function follow(ask: HttpRequest, from: URL, target: string): HttpRequest {
  if (!URL.canParse(target, from.href)) throw lost('it leads on to no address')
  const to = new URL(target, from)
  if (from.protocol === 'https:' && to.protocol !== 'https:') throw refused('it leads from https to http')
  // what we say to one is not for another
  return { ...ask, url: to.href, headers: to.origin === from.origin ? ask.headers : {} }
}

/** One request and its answer. Every end (told, broken, too slow, taken) takes the connection with it. */
async function once<T>(
  ask: HttpRequest,
  url: URL,
  rules: Rules,
  signal: AbortSignal,
  take: (answer: HttpAnswer) => Promise<T>,
): Promise<T> {
  const { method = 'GET', headers, body } = ask
  const options: RequestOptions = {
    host: bare(url),
    port: url.port || undefined,
    path: `${url.pathname}${url.search}`,
    method,
    agent: false,
    lookup: guarded(rules),
    headers: { ...headers, host: url.host, 'accept-encoding': 'identity', ...(body ? { 'content-length': body.length } : {}) },
    maxHeaderSize: 32 * 1024,
  }
  const request = (url.protocol === 'https:' ? https : http).request(options)
  let answer: IncomingMessage | undefined
  let ended: unknown
  let giveUp = (_: Error) => {}
  const end = (error: Error) => {
    ended ??= error
    // a request that lost its connection says nothing any more
    giveUp(error)
    answer?.destroy(error)
    request.destroy(error)
  }
  const clock = patience((reason) => end(lost(reason)))
  const abort = () => end(ask.signal?.aborted ? ask.signal.reason : lost('it took too long'))
  if (signal.aborted) abort()
  signal.addEventListener('abort', abort)
  clock.within(rules.limits.connectMs, 'no connection came about')
  request.on('socket', (socket) => {
    // comes before anything is written: what is not allowed gets no byte
    socket.once('connect', () => {
      if (!rules.allows(String(socket.remoteAddress))) end(refused('it leads to an address that is not public'))
    })
    socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', () =>
      clock.within(rules.limits.headersMs, 'it did not answer in time'),
    )
  })
  try {
    answer = await new Promise<IncomingMessage>((resolve, reject) => {
      giveUp = reject
      request.once('response', resolve)
      // 101: node closes the connection, and tells nobody else
      request.once('upgrade', (_answer, socket) => {
        socket.destroy()
        reject(lost('it speaks another protocol'))
      })
      request.once('close', () => reject(lost('closed without an answer')))
      // stays: what comes after the answer comes through its body as well
      request.on('error', (cause: NodeJS.ErrnoException) => reject(cause instanceof AppError ? cause : failed(cause)))
      request.end(body)
    })
    clock.stop()
    return await take({
      status: answer.statusCode!,
      headers: plain(answer),
      url: url.href,
      body: bodyOf(answer, ask.maxBytes, () => clock.within(rules.limits.idleMs, 'it fell silent'), clock.stop),
    })
  } catch (error) {
    throw ended ?? error
  } finally {
    clock.stop()
    signal.removeEventListener('abort', abort)
    request.destroy()
  }
}

async function* bodyOf(answer: IncomingMessage, maxBytes: number, waits: () => void, rests: () => void): AsyncGenerator<Buffer> {
  let size = 0
  try {
    waits()
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      rests()
      const fits = chunk.subarray(0, maxBytes - size)
      size += chunk.length
      if (fits.length) yield fits
      if (size > maxBytes) throw new AppError('remote_too_large', { maxBytes })
      waits()
    }
  } catch (error) {
    throw error instanceof AppError ? error : lost('it broke off', error)
  }
}

/** One timer, set anew for each thing that is waited for. */
function patience(over: (reason: string) => void): { within(ms: number, reason: string): void; stop(): void } {
  let timer: NodeJS.Timeout | undefined
  const stop = () => clearTimeout(timer)
  return {
    stop,
    within(ms, reason) {
      stop()
      timer = setTimeout(over, ms, reason)
    },
  }
}

function plain(answer: IncomingMessage): Record<string, string> {
  return Object.fromEntries(Object.entries(answer.headersDistinct).map(([name, values]) => [name, values!.join(', ')]))
}
