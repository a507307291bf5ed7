/** Why bytes are no picture, sound or film that can be kept: one word for programs, one sentence for people. */
import { AppError } from '../../base/errors.ts'

const sentences = {
  empty: 'There is nothing in it.',
  web_page: 'It is a web page.',
  json: 'It is a message for programs (JSON).',
  text: 'It is text.',
  packed: 'It came packed.',
  unknown_kind: 'It is of no kind that is known here.',
  wrong_kind: 'It is something else than was announced.',
  cut: 'It ends before its end.',
  damaged: 'What it says of itself does not fit.',
  unplayable: 'Another program (ffprobe) cannot read it.',
  too_short: 'It is much shorter than the provider says.',
} as const

export type Unreadable = keyof typeof sentences

/** `remote_unreadable` with its reason. */
export const unreadable = (reason: Unreadable, facts: Record<string, unknown> = {}): AppError =>
  new AppError('remote_unreadable', { ...facts, reason, detail: sentences[reason] })
