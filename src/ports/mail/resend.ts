/** Mail by the HTTPS API of Resend: one request, one letter, one deadline. A letter sent again within a day is taken once. */
import { deadline } from '../../base/deadline.ts'
import { AppError } from '../../base/errors.ts'
import { parseMailbox } from '../../domain/mailbox.ts'
import { oneLine, parseSender, safeHeaders } from './headers.ts'
import type { Letter, Mail } from './port.ts'

export interface ResendOptions {
  apiKey: string
  /** From of the installation: `Keepsake <noreply@example.com>`, of a domain that is verified at Resend */
  from: string
  /** another server that speaks this API, for tests */
  baseUrl?: string
  /** longest time for one letter, from name lookup to the end of the answer */
  deadlineMs?: number
}

/** The Mail port over Resend. A `from` that cannot be used is `config_invalid`. */
export function resendMail({ apiKey, from, baseUrl = 'https://api.resend.com', deadlineMs = 30_000 }: ResendOptions): Mail {
  const sender = parseSender(from)
  return {
    async deliver(letter) {
      const messageId = letter.messageId.replace(/[^\x21-\x7e]|[<>]/g, '')
      const body = JSON.stringify(write(letter, messageId, sender))
      const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json', 'idempotency-key': messageId }
      const { signal, leave } = deadline(deadlineMs)
      let answer: Answer
      try {
        const response = await fetch(`${baseUrl}/emails`, { method: 'POST', headers, body, signal, redirect: 'error' })
        answer = await readAnswer(response)
      } catch (cause) {
        // taken or not, nobody knows: the key makes the next try safe
        throw new AppError('mail_unreachable', { reason: reasonOf(cause), deadlineMs: signal.aborted ? deadlineMs : undefined }, { cause })
      } finally {
        leave()
      }
      return { kept: false, response: judge(answer) }
    },
  }
}

function write(letter: Letter, messageId: string, sender: { name: string; address: string }) {
  const name = oneLine(letter.fromName).replace(/["\\<>]/g, '') || sender.name
  return {
    from: name ? `"${name}" <${sender.address}>` : sender.address,
    to: [parseMailbox(letter.to)],
    ...(letter.replyTo === undefined ? {} : { reply_to: parseMailbox(letter.replyTo) }),
    subject: oneLine(letter.subject),
    text: letter.text,
    html: letter.html,
    headers: { ...safeHeaders(letter), 'Message-ID': `<${messageId}>`, 'Auto-Submitted': 'auto-generated' },
    // comes back with every event about this letter
    tags: [{ name: 'letter', value: messageId.split('@')[0]!.replace(/[^\w-]/g, '_') }],
  }
}

interface Answer {
  status: number
  id?: string
  name: string
  message: string
  retryAfter?: number
}

const longest = 64 * 1024

async function readAnswer(response: Response): Promise<Answer> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.length
    if (size > longest) throw new Error('the answer is too long')
    chunks.push(chunk)
  }
  const retryAfter = Number(response.headers.get('retry-after')) || undefined
  const { id, name = '', message = '' } = parse(Buffer.concat(chunks).toString())
  return { status: response.status, id, name: String(name), message: oneLine(String(message)).slice(0, 500), retryAfter }
}

function parse(text: string): { id?: string; name?: string; message?: string } {
  try {
    return Object(JSON.parse(text))
  } catch {
    return {}
  }
}

/** Only what the request itself has wrong is final; keys, domains, quotas and rates are the operator's or the hour's matter. */
function judge({ status, id, name, message, retryAfter }: Answer): string {
  if (status === 200 && id) return `taken by Resend as ${id}`
  // our words have changed since the try before (a title, say), and that try was taken
  if (status === 409 && name === 'invalid_idempotent_request') return 'taken by Resend before'
  const facts = { status, name, response: `${status} ${name} ${message}`.trim(), retryAfter }
  if (status === 400 || status === 413 || status === 422) throw new AppError('mail_refused', facts, { final: true })
  throw new AppError('mail_unreachable', facts)
}

function reasonOf(error: unknown): string {
  const { name, message, cause } = error as Error
  return [name, message, (cause as NodeJS.ErrnoException | undefined)?.code].filter(Boolean).join(': ')
}
