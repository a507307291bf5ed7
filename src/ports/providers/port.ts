/**
 * Providers: who keeps media for some days. Their files are fetched by the Http port; here is what all fetches of a process share,
 * so that no provider is asked more often than it likes. Of providers without rules of their own each host counts by itself.
 */
export interface Providers {
  /**
   * Resolves when this provider may be asked: at most `perSecond` of its rules, evenly, in the order of asking. Throws `remote_busy`
   * (facts: `retryAfterMs`) during a pause, and the signal's reason.
   */
  turn(provider: string, url: string, signal?: AbortSignal): Promise<void>
  /** It asked to be left alone for so long. A shorter pause never ends a longer one. */
  pause(provider: string, url: string, ms: number): void
}
