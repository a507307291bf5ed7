/** A source that is not as it was described, as the threads know it. */

/** Reads on; a block that the disk cannot give any more is a damaged object, not an outage of the whole store. */
export function readOrChanged(read: () => number, key: string): number {
  try {
    return read()
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EIO') throw new Changed(key, 'unreadable')
    throw error
  }
}

export class Changed extends Error {
  readonly key: string
  readonly reason: string

  constructor(key: string, reason: string) {
    super(`${key}: ${reason}`)
    this.key = key
    this.reason = reason
  }
}
