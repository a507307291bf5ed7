/** The Providers port: one line of waiting for each provider, in this process, and the APIs of those that have one. */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Clock, seconds } from '../../base/clock.ts'
import { AppError } from '../../base/errors.ts'
import { isUsual, providerRules } from '../../domain/provider.ts'
import type { ProviderApi, Providers } from './port.ts'

export interface ProvidersOptions {
  /** by which pauses end */
  clock: Clock
  /** by the provider's name */
  apis?: Readonly<Record<string, ProviderApi>>
  /** for every provider, in place of its rules; for tests */
  perSecond?: number
}

/** when the next one may begin, by `performance.now()`, and until when there is a pause, by the clock */
interface Line {
  free: number
  paused: number
}

// hosts are named by people: lines in which nobody waits are forgotten
const mostLines = 1000

export function providersInTurn({ clock, apis = {}, perSecond }: ProvidersOptions): Providers {
  const lines = new Map<string, Line>()
  const lineOf = (provider: string, url: string): Line => {
    const name = isUsual(provider) ? `${provider} ${URL.parse(url)?.host ?? ''}` : provider
    const line = lines.get(name) ?? { free: 0, paused: 0 }
    if (lines.size >= mostLines)
      for (const [old, { free, paused }] of lines) if (free < performance.now() && paused < clock.now().getTime()) lines.delete(old)
    lines.set(name, line)
    return line
  }
  const apiOf = (provider: string): ProviderApi | undefined => (Object.hasOwn(apis, provider) ? apis[provider] : undefined)
  return {
    headers: (provider) => apiOf(provider)?.headers(provider) ?? {},
    polled: () => Object.keys(apis),
    made: (provider, since, signal) => apiOf(provider)?.made(provider, since, signal) ?? nothing(),
    find: async (provider, ref, signal) => (await apiOf(provider)?.find(provider, ref, signal)) ?? null,
    async turn(provider, url, signal) {
      signal?.throwIfAborted()
      const line = lineOf(provider, url)
      checkPause(line, clock)
      const wait = Math.max(0, line.free - performance.now())
      line.free = performance.now() + wait + seconds(1) / (perSecond ?? providerRules(provider).perSecond)
      if (!wait) return
      await sleep(wait, undefined, signal ? { signal } : {}).catch(() => signal?.throwIfAborted())
      // it was asked for by one before us in the line
      checkPause(line, clock)
    },
    pause(provider, url, ms) {
      const line = lineOf(provider, url)
      line.paused = Math.max(line.paused, clock.now().getTime() + ms)
    },
  }
}

async function* nothing() {}

function checkPause({ paused }: Line, clock: Clock): void {
  const left = paused - clock.now().getTime()
  if (left > 0) throw new AppError('remote_busy', { retryAfterMs: left })
}
