/**
 * Providers: who keeps media for some days. Their files are fetched by the Http port; here is what all fetches of a process share,
 * so that no provider is asked more often than it likes, and what only a provider's own API knows. Of providers without rules of
 * their own each host counts by itself.
 */
import type { Made, MadeTrack } from '../../domain/prediction.ts'

export interface Providers {
  /**
   * Resolves when this provider may be asked: at most `perSecond` of its rules, evenly, in the order of asking. Throws `remote_busy`
   * (facts: `retryAfterMs`) during a pause, and the signal's reason.
   */
  turn(provider: string, url: string, signal?: AbortSignal): Promise<void>
  /** It asked to be left alone for so long. A shorter pause never ends a longer one. */
  pause(provider: string, url: string, ms: number): void
  /** What its files are to be asked for with, besides the headers of its rules: our token, if it wants one. */
  headers(provider: string): Record<string, string>
  /** Those whose API is asked for what they have made. */
  polled(): string[]
  /**
   * Tracks made since then, and what was made and is none, newest first, page by page. Throws `remote_unreachable`, `remote_busy`, and `remote_unreadable` (facts:
   * `reason`) for an answer that makes no sense.
   */
  made(provider: string, since: Date, signal: AbortSignal): AsyncIterable<Made>
  /** What its API says of this track now: its files may lie elsewhere than when we heard of it. Null: nothing. Throws as `made`. */
  find(provider: string, ref: string, signal: AbortSignal): Promise<MadeTrack | null>
}

/** The API of one provider. */
export type ProviderApi = Pick<Providers, 'headers' | 'made' | 'find'>
