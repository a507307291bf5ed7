/** One mailbox: the only form of an e-mail address that is taken. */
import { AppError } from '../base/errors.ts'

const atom = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
const label = '[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?'
const mailbox = new RegExp(`^(${atom}(?:\\.${atom})*)@(${label}(?:\\.${label})*\\.[A-Za-z](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9]))$`)

/**
 * Exactly one mailbox, or `email_invalid`. Stricter than RFC 5321 4.1.2 on purpose: no quoted local part, address literal or
 * comment, because each of them has carried a second recipient past somebody's parser. The domain comes back in lower case.
 */
export function parseMailbox(text: string): string {
  const [, local, domain] = mailbox.exec(text.replace(/^ +| +$/g, '')) ?? []
  if (local === undefined || domain === undefined || local.length > 64 || local.length + domain.length > 253) {
    throw new AppError('email_invalid', {}, { final: true })
  }
  return `${local}@${domain.toLowerCase()}`
}

export const isMailbox = (text: string): boolean => mailbox.test(text)
