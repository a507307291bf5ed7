/**
 * Events: a queue into which the store puts what has changed in the bucket.
 *
 * - A message is taken out of the queue only after `handle` has resolved; one whose handling failed comes again.
 * - Messages may come twice, late and in any order. They are hints.
 */
export interface Events {
  /** Hands over the text of every message from now on. A queue that is away is waited for. */
  listen(handle: (text: string) => Promise<void>): Promise<void>
  /** Asks for no more; what was not handled stays in the queue. */
  stop(): Promise<void>
}
