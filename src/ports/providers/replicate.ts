/** Replicate's HTTP API, v1: predictions, newest first, a hundred a page, `next` is the address of the next one. */

import type { Clock } from '../../base/clock.ts'
import { after, hours, seconds } from '../../base/clock.ts'
import { AppError } from '../../base/errors.ts'
import { type MadeTrack, madeIn, type Prediction, predictionOf, readPrediction } from '../../domain/prediction.ts'
import { retryAfter } from '../../domain/webhook.ts'
import type { Http } from '../http/port.ts'
import type { ProviderApi } from './port.ts'

export interface ReplicateOptions {
  http: Http
  clock: Clock
  /** of the account, `r8_…` */
  token: string
  /** without a slash at the end; Replicate's own if not given */
  base?: string
}

// inputs stand in the list, and may be long
const mostBytes = 32 * 1024 * 1024
// 20,000 predictions: what is older is looked at when somebody asks less at once
const mostPages = 200
// a prediction may run for half an hour: those that were made before, and ended since, are on the pages behind
const longestRun = hours(1)

export function replicateApi({ http, clock, token, base = 'https://api.replicate.com' }: ReplicateOptions): ProviderApi {
  const headers = () => ({ authorization: `Bearer ${token}` })

  async function ask(url: string, signal: AbortSignal): Promise<unknown> {
    const request = { url, headers: { ...headers(), 'user-agent': 'Keepsake' }, deadlineMs: seconds(60), maxBytes: mostBytes, signal }
    return http.fetch(request, async (answer) => {
      const { status } = answer
      if (status === 404) return null
      if (status === 429 || status === 503)
        throw new AppError('remote_busy', { status, retryAfterMs: retryAfter(answer.headers['retry-after'], clock.now()) })
      if (status !== 200) throw new AppError('remote_unreachable', { status, reason: `its API answered ${status}` })
      const text = Buffer.concat(await Array.fromAsync(answer.body)).toString()
      try {
        return JSON.parse(text)
      } catch (cause) {
        throw new AppError('remote_unreadable', { reason: 'json' }, { cause })
      }
    })
  }

  return {
    headers,

    async *made(_provider, since, signal) {
      let next: string | null = `${base}/v1/predictions`
      for (let page = 0; next !== null && page < mostPages; page++) {
        const { results, rest } = pageOf(await ask(next, signal))
        const { tracks, passedOver } = madeIn(results)
        const made = { tracks: tracks.filter(({ madeAt }) => madeAt === null || madeAt >= since), passedOver }
        if (made.tracks.length || made.passedOver.length) yield made
        const oldest = results.at(-1)?.createdAt
        if (oldest && oldest < after(since, -longestRun)) return
        next = rest === null ? null : onward(rest, base)
      }
    },

    async find(_provider, ref, signal): Promise<MadeTrack | null> {
      const prediction = readPrediction(await ask(`${base}/v1/predictions/${encodeURIComponent(predictionOf(ref))}`, signal))
      return prediction?.tracks.find((track) => track.ref === ref) ?? null
    },
  }
}

function pageOf(value: unknown): { results: Prediction[]; rest: string | null } {
  const page = value as { results?: unknown; next?: unknown } | null
  if (!Array.isArray(page?.results)) throw new AppError('remote_unreadable', { reason: 'json' })
  const results = page.results.map(readPrediction).filter((one) => one !== null)
  return { results, rest: typeof page.next === 'string' ? page.next : null }
}

/** Our token goes to the API alone. */
function onward(next: string, base: string): string {
  const url = URL.parse(next, base)
  if (url?.origin !== new URL(base).origin) throw new AppError('remote_unreadable', { reason: 'next page elsewhere' })
  return url.href
}
