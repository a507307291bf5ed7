/**
 * Job webhook.deliver: sends what waits for one webhook, one after the other in the order in which it happened.
 *
 * - A delivery that fails is tried again over three days (domain/webhook.ts), under the same id.
 * - In the first six minutes in which a webhook fails, what came later waits for the oldest: a restart of the receiver changes no
 *   order. After that each delivery goes its own way, so that one which is never taken holds up no other.
 * - One job for each webhook: a slow one slows no other. The time of a later try comes by the reconciler.
 */
import { after, seconds } from '../../base/clock.ts'
import { findGalleryOfAnyState } from '../../data/galleries.ts'
import { tell } from '../../data/notifications.ts'
import { writeToAccount } from '../../data/outbox.ts'
import {
  changeWebhook,
  type Delivery,
  disableWebhook,
  findDue,
  findNext,
  findWebhook,
  lockWebhook,
  noteDelivery,
  type Webhook,
} from '../../data/webhooks.ts'
import { type DisabledReason, isDeaf, keepsOrder, waitAfter } from '../../domain/webhook.ts'
import type { Tx } from '../../ports/database/port.ts'
import type { Deps } from '../../ports/deps.ts'
import type { JobContext } from '../../ports/queue/port.ts'
import { type Answered, hang, post } from './post.ts'

type Needs = Pick<Deps, 'db' | 'queue' | 'http' | 'clock' | 'settings' | 'log'>

// then other webhooks have their turn
const inARow = 20
// A job that waits longer would keep what happens meanwhile from being sent at once.
const soon = seconds(10)

export async function deliver(deps: Needs, webhookId: string, job: Pick<JobContext, 'signal'>, deadlineMs = hang): Promise<void> {
  for (let n = 0; n < inARow; n++) {
    job.signal.throwIfAborted()
    const webhook = await findWebhook(deps.db, webhookId)
    if (webhook?.state !== 'active') return
    const now = deps.clock.now()
    if (webhook.notBefore && webhook.notBefore > now) return wake(deps, webhookId, webhook.notBefore)
    const inOrder = keepsOrder(webhook.failingSince, now)
    const next = await findNext(deps.db, webhookId, inOrder ? null : now)
    if (!next) return wake(deps, webhookId, await findDue(deps.db, webhookId))
    if (next.nextAt > now) return wake(deps, webhookId, next.nextAt)
    await note(deps, webhook, next, await post(deps, webhook, next, deadlineMs))
  }
  await wake(deps, webhookId, deps.clock.now())
}

async function wake({ db, queue, clock }: Needs, webhookId: string, at: Date | undefined): Promise<void> {
  const delayMs = at ? Math.max(0, at.getTime() - clock.now().getTime()) : Number.POSITIVE_INFINITY
  if (delayMs <= soon) await queue.send(db, { name: 'webhook.deliver', payload: { webhookId } }, { delayMs })
}

/** Whoever was overtaken (the job was taken for dead, the webhook went or was switched off) notes nothing. */
async function note(deps: Needs, { id: webhookId }: Webhook, delivery: Delivery, answered: Answered): Promise<void> {
  const { sent, over, pause, ...said } = answered
  const now = deps.clock.now()
  const wait = over ? null : waitAfter(delivery.attempts + 1, Math.random())
  const nextAt = wait === null ? delivery.nextAt : after(now, Math.max(wait, pause))
  const status = sent ? 'sent' : wait === null ? 'failed' : 'queued'
  await deps.db.transaction().execute(async (tx) => {
    const webhook = await lockWebhook(tx, webhookId)
    if (!webhook || !(await noteDelivery(tx, delivery, { ...said, status, nextAt, sentAt: sent ? now : null }, now))) return
    if (sent) return changeWebhook(tx, webhookId, { failingSince: null, notBefore: null })
    const failingSince = webhook.failingSince ?? now
    await changeWebhook(tx, webhookId, { failingSince, notBefore: pause ? after(now, pause) : null })
    if (over) await switchOff(deps, tx, webhook, delivery, over)
    else if (wait === null && isDeaf(failingSince, now)) await switchOff(deps, tx, webhook, delivery, 'failing')
  })
  const facts = { webhook: webhookId, delivery: delivery.id, type: delivery.type, attempt: delivery.attempts + 1 }
  if (sent) deps.log.info(facts, '[Webhook] delivered')
  else deps.log.warn({ ...facts, error: said.error, again: wait !== null }, '[Webhook] not delivered')
}

/** With a letter to its owner, and a word in the studio beside the gallery that was to be told of, if that is still there. */
async function switchOff(
  deps: Needs,
  tx: Tx,
  webhook: Webhook,
  delivery: Delivery,
  reason: Exclude<DisabledReason, 'by_owner'>,
): Promise<void> {
  await disableWebhook(tx, webhook.id, reason)
  const dedupeKey = `webhook_disabled ${webhook.id} ${delivery.id}`
  // the host alone: what stands behind it may be a secret of the receiver's
  const facts = { host: new URL(webhook.url).host, reason }
  if (!(await writeToAccount(deps, tx, webhook.ownerId, { kind: 'webhook_disabled', dedupeKey, facts }))) return
  const gallery = delivery.galleryId ? await findGalleryOfAnyState(tx, delivery.galleryId) : undefined
  if (gallery) await tell(tx, gallery, 'webhook_disabled', deps.clock.now(), facts)
}
