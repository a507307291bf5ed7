/** A source that is not as it was described, as the threads know it. */

export class Changed extends Error {
  readonly key: string
  readonly reason: string

  constructor(key: string, reason: string) {
    super(`${key}: ${reason}`)
    this.key = key
    this.reason = reason
  }
}
