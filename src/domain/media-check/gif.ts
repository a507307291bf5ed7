/** GIF89a (W3C, 1990): blocks from the screen descriptor to the trailer. */
import type { Found } from './found.ts'
import { unreadable } from './unreadable.ts'
import type { Steps } from './walk.ts'

export function* gif(): Steps<Found> {
  const head = Buffer.from(yield { take: 13 })
  yield { skip: tableSize(head[10]!) }
  let images = 0
  for (;;) {
    const kind = (yield { take: 1 })[0]
    if (kind === 0x3b) break
    if (kind === 0x2c) {
      // 20: place, size and flags, a table of colours, the size of the codes
      yield { skip: tableSize((yield { take: 9 })[8]!) + 1 }
      images += 1
    } else if (kind === 0x21) yield { skip: 1 }
    else throw unreadable('damaged')
    yield* blocks()
  }
  if (!images) throw unreadable('damaged')
  const size = { width: head.readUInt16LE(6), height: head.readUInt16LE(8) }
  return { sort: 'picture', mime: 'image/gif', extension: 'gif', seconds: null, ...size }
}

const tableSize = (flags: number): number => (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0)

/** 15: each with its length before it, to one of length 0. */
function* blocks(): Steps<void> {
  for (;;) {
    const size = (yield { take: 1 })[0]!
    if (size === 0) return
    yield { skip: size }
  }
}
