/** Mail by SMTP: one connection, one letter, one mailbox, one deadline over everything. */
import querystring from 'node:querystring'
import nodemailer from 'nodemailer'
import { blotter } from '../../base/blot.ts'
import { deadline } from '../../base/deadline.ts'
import { AppError } from '../../base/errors.ts'
import { parseMailbox } from '../../domain/mailbox.ts'
import { oneLine, parseSender, safeHeaders } from './headers.ts'
import type { Mail } from './port.ts'

export interface SmtpOptions {
  /** `smtp://` (STARTTLS if the server offers it; `?requireTLS=true` insists) or `smtps://`, with user and password if needed */
  url: string
  /** From of the installation: `Keepsake <noreply@example.com>` or the bare address */
  from: string
  /** longest time for one letter, from name lookup to the server's last answer */
  deadlineMs?: number
}

/** The Mail port over SMTP. A `from` or `url` that cannot be used is `config_invalid`. */
export function smtpMail({ url, from, deadlineMs = 60_000 }: SmtpOptions): Mail {
  const sender = parseSender(from)
  const transport = nodemailer.createTransport({
    url: checkedUrl(url),
    connectionTimeout: deadlineMs / 2,
    greetingTimeout: deadlineMs / 2,
    socketTimeout: deadlineMs,
    // A server that drips would never be idle: at the deadline the socket is destroyed, not asked to end.
    socketCloseTimeout: 0,
    disableFileAccess: true,
    disableUrlAccess: true,
  })

  // some servers repeat what they refuse, and what they say is kept with the letter
  const { password } = new URL(url)
  const blot = blotter([password, querystring.unescape(password)])

  return {
    async deliver(letter) {
      // Checked again here, the last place before the wire: an address with CR/LF would write SMTP commands of its own.
      const to = parseMailbox(letter.to)
      const { signal, leave } = deadline(deadlineMs)
      try {
        const sent = await transport.sendMail({
          envelope: { from: sender.address, to: [to] },
          from: { name: oneLine(letter.fromName) || sender.name, address: sender.address },
          to: { name: '', address: to },
          replyTo: letter.replyTo === undefined ? undefined : { name: '', address: parseMailbox(letter.replyTo) },
          subject: oneLine(letter.subject),
          messageId: `<${letter.messageId.replace(/[^\x21-\x7e]|[<>]/g, '')}>`,
          headers: { ...safeHeaders(letter), 'Auto-Submitted': 'auto-generated' },
          text: letter.text,
          html: letter.html,
          xMailer: false,
          signal,
        })
        return { kept: false, response: oneLine(sent.response).slice(0, 500) }
      } catch (error) {
        throw asAppError(error, blot, signal.aborted ? deadlineMs : undefined)
      } finally {
        leave()
      }
    },
    async check() {
      try {
        await transport.verify()
      } catch (error) {
        throw asAppError(error, blot)
      }
    },
  }
}

/**
 * The server's 5xx to sender, recipient or content is about this letter and final. A 5xx before that (greeting, wrong password,
 * 530 "authenticate first") is about the installation: the letters wait until the operator has put it right.
 */
function asAppError(error: unknown, blot: (text: string) => string, deadlineMs?: number): AppError {
  if (error instanceof AppError) return error
  const { code, responseCode, response, command } = (error ?? {}) as Record<string, unknown>
  const facts = {
    code,
    command,
    responseCode,
    response: typeof response === 'string' ? oneLine(blot(response)).slice(0, 500) : undefined,
    deadlineMs,
  }
  const aboutLetter = code === 'EENVELOPE' || code === 'EMESSAGE'
  if (aboutLetter && typeof responseCode === 'number' && responseCode >= 500 && responseCode !== 530) {
    return new AppError(
      'mail_refused',
      { ...facts, recipient: deadMailbox(command, responseCode, facts.response ?? '') },
      { cause: error, final: true },
    )
  }
  return new AppError('mail_unreachable', facts, { cause: error })
}

/** No such mailbox, and not "we do not relay" or "we do not like you" (RFC 3463: X.1.x and X.2.1 are the address, X.7.x is policy). */
function deadMailbox(command: unknown, responseCode: number, response: string): boolean {
  if (!String(command).startsWith('RCPT')) return false
  const status = /^\d{3}[ -]5\.(\d{1,3})\.(\d{1,3})\b/.exec(response)
  if (status) return status[1] === '1' || (status[1] === '2' && status[2] === '1')
  return [550, 551, 553].includes(responseCode) && !/relay|spam|blocked|blacklist|denied|policy/i.test(response)
}

function checkedUrl(url: string): string {
  // The url carries a password: it is never repeated in the facts.
  if (!/^smtps?:$/.test(URL.parse(url)?.protocol ?? '')) throw new AppError('config_invalid', { setting: 'SMTP_URL' }, { final: true })
  return url
}
