/** A source that is not as it was described, as the threads know it. */

export class Changed extends Error {
  readonly key: string
  readonly reason: string
  /** which copied range, for a thread that does not know keys */
  readonly nth: number | undefined

  constructor(key: string, reason: string, nth?: number) {
    super(`${key}: ${reason}`)
    this.key = key
    this.reason = reason
    this.nth = nth
  }
}
