/** WAV: its chunk of samples must be there to the end. RF64 (EBU Tech 3306) for more than 4 GiB. */
import type { Found } from './found.ts'
import { unreadable } from './unreadable.ts'
import type { Steps, Tape } from './walk.ts'

// written by programs that could not go back: until the end
const endless = 0xffff_ffff

export function* wav(tape: Tape): Steps<Found> {
  const wide = (yield { take: 12 }).toString('latin1', 0, 4) === 'RF64'
  let bytesPerSecond = 0
  let wideSize = endless
  for (;;) {
    const head = yield { take: 8 }
    const name = head.toString('latin1', 0, 4)
    const size = head.readUInt32LE(4)
    if (name === 'data') {
      if (!bytesPerSecond) throw unreadable('damaged')
      const from = tape.at
      const known = size !== endless ? size : wide ? wideSize : endless
      if (known === endless) yield { tail: 1 }
      else yield { skip: known }
      if (tape.at === from) throw unreadable('empty')
      return { sort: 'sound', mime: 'audio/wav', extension: 'wav', seconds: (tape.at - from) / bytesPerSecond }
    }
    // chunks begin at even places
    const padded = size + (size & 1)
    if (name === 'fmt ' && size >= 16) {
      bytesPerSecond = (yield { take: padded }).readUInt32LE(8)
    } else if (name === 'ds64' && size >= 24) {
      wideSize = Number((yield { take: padded }).readBigUInt64LE(8))
    } else yield { skip: padded }
  }
}
