/** How much a reader accepts. */

export interface Limits {
  entries: number
  /** Bytes of the central directory: its names are held in memory. */
  directoryBytes: number
  /** True: every byte of the file must belong to an entry or a record, as in the ZIPs we write. */
  gapless: boolean
}

const mebi = 1024 * 1024

/** For a ZIP from elsewhere: a prefix (self-extractors), alignment and comments are tolerated. */
export const importLimits: Limits = { entries: 50_000, directoryBytes: 256 * mebi, gapless: false }

/** For our own archives: as many entries as a gallery may have, and nothing hidden. */
export const ownLimits: Limits = { entries: 5_000_000, directoryBytes: 2048 * mebi, gapless: true }

/** A bomb: more than 200 times its packed size once it is over 10 MiB. Text of smaller size may well be packed tighter. */
export function tooFar(size: number, packed: number): boolean {
  return size > 10 * mebi && size > 200 * packed
}
