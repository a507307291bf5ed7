/** Mail without a mail server: the letter stays in the outbox, where the studio shows it. */
import { parseMailbox } from '../../domain/mailbox.ts'
import type { Letter, Mail } from './port.ts'

/** The Mail port that keeps every letter; `keep` gets each of them, for whoever wants to read along. */
export function outboxMail(keep: (letter: Letter) => void = () => {}): Mail {
  return {
    async deliver(letter) {
      keep({ ...letter, to: parseMailbox(letter.to) })
      return { kept: true, response: 'kept in the outbox: no mail server is configured' }
    },
  }
}
