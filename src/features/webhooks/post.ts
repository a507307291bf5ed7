/** One try of one delivery: signed, sent, and what was answered. */
import { seconds } from '../../base/clock.ts'
import { AppError } from '../../base/errors.ts'
import { type Delivery, resealWebhook, type Webhook } from '../../data/webhooks.ts'
import { retryAfter, signWebhook } from '../../domain/webhook.ts'
import type { Deps } from '../../ports/deps.ts'
import { isStale, openSecret, sealSecret } from './secret.ts'

export type Needs = Pick<Deps, 'db' | 'http' | 'clock' | 'settings'>

export interface Answered {
  sent: boolean
  answerStatus: number | null
  answerBody: string | null
  error: string | null
  /** the receiver asks for a break, milliseconds */
  pause: number
  /** the receiver wants nothing more, or its secret cannot be read any more */
  over: 'gone' | 'secret_lost' | null
}

/** A receiver that hangs is given up after this. */
export const hang = seconds(15)
const mostRead = 64 * 1024
const mostKept = 1024

/** Every try has the delivery's id and body, and a signature of its own. What is wrong with the receiver is no error of ours. */
export async function post(
  deps: Needs,
  webhook: Webhook,
  { id, body }: Pick<Delivery, 'id' | 'body'>,
  deadlineMs = hang,
): Promise<Answered> {
  const nothing: Answered = { sent: false, answerStatus: null, answerBody: null, error: null, pause: 0, over: null }
  const secrets = await readSecrets(deps, webhook)
  if (!secrets) return { ...nothing, over: 'secret_lost', error: 'the secret cannot be read any more: give the webhook a new one' }
  const bytes = Buffer.from(body)
  const now = deps.clock.now()
  const headers = { 'content-type': 'application/json', 'user-agent': 'Keepsake', ...signWebhook(id, bytes, now, secrets) }
  try {
    // redirects are failures: who answers must be who was entered
    return await deps.http.fetch(
      { url: webhook.url, method: 'POST', headers, body: bytes, deadlineMs, maxBytes: mostRead },
      async (answer) => {
        const { status } = answer
        const sent = status >= 200 && status < 300
        const asks = status === 429 || status === 503
        return {
          sent,
          answerStatus: status,
          answerBody: await readStart(answer.body),
          error: sent ? null : `it answered ${status}`,
          pause: asks ? retryAfter(answer.headers['retry-after'], deps.clock.now()) : 0,
          over: status === 410 ? 'gone' : null,
        }
      },
    )
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return { ...nothing, error: String(error.facts.reason ?? error.facts.detail ?? error.message) }
  }
}

/** The beginning of an answer as text. What was answered stands in its status: a body that breaks off changes nothing. */
async function readStart(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of body) {
      chunks.push(chunk)
      size += chunk.length
      if (size >= mostRead) break
    }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
  }
  // PostgreSQL keeps no NUL in a text
  return Buffer.concat(chunks).subarray(0, mostKept).toString().replaceAll('\0', '')
}

/** The secrets that are valid now, the newest first. One that an older token secret has sealed is sealed anew, so that one may go. */
async function readSecrets({ db, clock, settings }: Needs, webhook: Webhook): Promise<string[] | undefined> {
  const open = (sealed: Buffer) => openSecret(sealed, webhook.id, settings.tokenSecrets)
  const secret = open(webhook.secret)
  if (secret === undefined) return undefined
  if (isStale(webhook.secret, settings.tokenSecrets))
    await resealWebhook(db, webhook, sealSecret(secret, webhook.id, settings.tokenSecrets))
  const old = webhook.oldSecret && webhook.oldSecretUntil! > clock.now() ? open(webhook.oldSecret) : undefined
  return old === undefined ? [secret] : [secret, old]
}
