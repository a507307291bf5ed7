/** Is this a whole, playable file of the kind that was promised? Judged while its bytes pass; pure. */
import { aac, adtsAt } from './aac.ts'
import { avif, isAvif } from './avif.ts'
import { flac } from './flac.ts'
import type { Found } from './found.ts'
import { gif } from './gif.ts'
import { frameAt, mp3, skipTags } from './mp3.ts'
import { mp4 } from './mp4.ts'
import { ogg } from './ogg.ts'
import { jpeg, png, webp } from './pictures.ts'
import { unreadable } from './unreadable.ts'
import { type Steps, type Tape, type Walk, walk } from './walk.ts'
import { wav } from './wav.ts'
import { webm } from './webm.ts'

export type { Found } from './found.ts'

export type Role = 'audio' | 'cover' | 'video'

export interface Promised {
  role: Role
  /** how long the provider says that it is; null: it does not say */
  expectedSeconds?: number | null | undefined
}

const sorts: Record<Role, Found['sort']> = { audio: 'sound', cover: 'picture', video: 'film' }

/**
 * Both `pass` and `end` throw `remote_unreadable` (facts: `reason`, one of unreadable.ts) as soon as it is certain. Bytes after the
 * end of a picture or of the samples of a WAV are let be, as by players.
 */
export function mediaCheck({ role, expectedSeconds }: Promised): Walk<Found> {
  const checking = walk(anything)
  return {
    pass: checking.pass,
    end() {
      const found = checking.end()
      if (found.sort !== sorts[role]) throw unreadable('wrong_kind', { role, found: found.mime })
      if (found.sort !== 'picture' && found.seconds !== null) {
        if (found.seconds <= 0) throw unreadable('empty')
        if (isTooShort(found.seconds, expectedSeconds)) throw unreadable('too_short', { seconds: found.seconds, expectedSeconds })
      }
      return found
    },
  }
}

/** More than was promised is no loss; players and providers round differently. */
const isTooShort = (seconds: number, expected: number | null | undefined): boolean =>
  typeof expected === 'number' && Number.isFinite(expected) && seconds < expected - Math.max(3, expected * 0.05)

function* anything(tape: Tape): Steps<Found> {
  // a copy: it is looked at again when more has passed
  const head = Buffer.from(yield { peek: 512 })
  const start = head.toString('latin1', 0, 16)
  if (start.startsWith('ID3')) {
    yield* skipTags()
    return adtsAt(yield { peek: 7 }) ? yield* aac() : yield* mp3(tape)
  }
  if (frameAt(head)) return yield* mp3(tape)
  if (adtsAt(head)) return yield* aac()
  if (isAvif(head)) return yield* avif(tape)
  if (start.slice(4, 8) === 'ftyp') return yield* mp4(tape)
  if (start.startsWith('\x1aE\xdf\xa3')) return yield* webm(tape)
  if (/^GIF8[79]a/.test(start)) return yield* gif()
  if (start.startsWith('\xff\xd8\xff')) return yield* jpeg()
  if (start.startsWith('\x89PNG\r\n\x1a\n')) return yield* png()
  if (/^RIFF.{4}WEBP/s.test(start)) return yield* webp(tape)
  if (/^(RIFF|RF64).{4}WAVE/s.test(start)) return yield* wav(tape)
  if (start.startsWith('fLaC')) return yield* flac()
  if (start.startsWith('OggS')) return yield* ogg()
  throw unreadable(junk(head))
}

/** What a server sends in place of a file. */
function junk(head: Buffer): Parameters<typeof unreadable>[0] {
  if (!head.length) return 'empty'
  if (head[0] === 0x1f && head[1] === 0x8b) return 'packed'
  const text = head
    .toString('utf8')
    .replace(/^\ufeff/, '')
    .trimStart()
  if (text.startsWith('<')) return 'web_page'
  if (/^[{[]/.test(text)) return 'json'
  return /^[^\x00-\x08\x0e-\x1f\ufffd]+$/.test(text.slice(0, 400)) ? 'text' : 'unknown_kind'
}
