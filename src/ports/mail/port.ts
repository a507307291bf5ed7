/**
 * Mail: hands one letter to one mailbox.
 *
 * - `deliver` resolves when the next server has taken the letter; with no mail server configured the letter stays
 *   readable in the outbox and `deliver` resolves with `kept: true`.
 * - A refusal for good of sender, recipient or content (SMTP 5xx) is `mail_refused`, final, with the fact `recipient: true` when
 *   it says that this mailbox does not exist; everything else (also a wrong
 *   password of ours) is `mail_unreachable` and may be retried: the
 *   Message-ID stays the same, so a doubled letter can be recognised.
 * - It never takes longer than `deadlineMs` of its adapter, however slowly the server drips.
 */
export interface Letter {
  /** exactly one mailbox, checked by domain/letter.ts */
  to: string
  /** From name shown; the address is the installation's */
  fromName: string
  replyTo?: string
  subject: string
  text: string
  html: string
  /** without angle brackets; the same at every try */
  messageId: string
  headers?: Record<string, string>
}

export interface Mail {
  deliver(letter: Letter): Promise<{ kept: boolean; response: string }>
  /** Does the server answer and take our password? Sends nothing; `mail_unreachable` if not. Missing where there is no server. */
  check?(): Promise<void>
}
