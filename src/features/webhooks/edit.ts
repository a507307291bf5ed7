/** Webhooks as their owner makes, changes and tries them. */
import { after } from '../../base/clock.ts'
import { AppError } from '../../base/errors.ts'
import { newId } from '../../base/id.ts'
import {
  changeWebhook,
  type Delivery,
  disableWebhook,
  findOwnWebhook,
  insertTried,
  insertWebhook,
  lockWebhook,
  replayDelivery,
  type Webhook,
} from '../../data/webhooks.ts'
import { type EventType, rotationPeriod } from '../../domain/webhook.ts'
import type { Tx } from '../../ports/database/port.ts'
import type { Deps } from '../../ports/deps.ts'
import { type Needs as PostNeeds, post } from './post.ts'
import { newSecret, openSecret, sealSecret } from './secret.ts'

/** More would only be told the same. */
const mostOfOneOwner = 20

/** Throws `address_refused` and `webhooks_full`. The secret is in this answer and nowhere else. */
export async function createWebhook(
  deps: Pick<Deps, 'db' | 'http' | 'clock' | 'settings'>,
  ownerId: string,
  { url, types }: { url: string; types: EventType[] },
): Promise<{ webhook: Webhook; secret: string }> {
  await deps.http.check(url)
  const createdAt = deps.clock.now()
  const id = newId(createdAt)
  const secret = newSecret()
  const webhook: Webhook = {
    id,
    ownerId,
    url,
    types: [...new Set(types)],
    secret: sealSecret(secret, id, deps.settings.tokenSecrets),
    oldSecret: null,
    oldSecretUntil: null,
    state: 'active',
    disabledReason: null,
    failingSince: null,
    notBefore: null,
    createdAt,
  }
  await deps.db.transaction().execute((tx) => insertWebhook(tx, webhook, mostOfOneOwner))
  return { webhook, secret }
}

export interface WebhookWish {
  url?: string
  types?: EventType[]
  active?: boolean
}

/** Another address, or switching on again, begins anew: what failed before counts no more. */
export async function editWebhook(deps: Pick<Deps, 'db' | 'http'>, ownerId: string, id: string, wish: WebhookWish): Promise<Webhook> {
  if (wish.url !== undefined) await deps.http.check(wish.url)
  return deps.db.transaction().execute(async (tx) => {
    const webhook = await lockOwn(tx, ownerId, id)
    const anew = { failingSince: null, notBefore: null }
    await changeWebhook(tx, id, {
      ...(wish.types && { types: [...new Set(wish.types)] }),
      ...(wish.url !== undefined && { url: wish.url, ...anew }),
      ...(wish.active && webhook.state === 'disabled' && { state: 'active' as const, disabledReason: null, ...anew }),
    })
    if (wish.active === false && webhook.state === 'active') await disableWebhook(tx, id, 'by_owner')
    return (await findOwnWebhook(tx, ownerId, id))!
  })
}

/** A new secret. For a day both sign, then the new one alone; of two rotations within a day the first secret ends at the second. */
export async function rotateSecret(
  deps: Pick<Deps, 'db' | 'clock' | 'settings'>,
  ownerId: string,
  id: string,
): Promise<{ webhook: Webhook; secret: string }> {
  const { tokenSecrets } = deps.settings
  const secret = newSecret()
  return deps.db.transaction().execute(async (tx) => {
    const before = await lockOwn(tx, ownerId, id)
    const readable = openSecret(before.secret, id, tokenSecrets) !== undefined
    const old = readable
      ? { oldSecret: before.secret, oldSecretUntil: after(deps.clock.now(), rotationPeriod) }
      : { oldSecret: null, oldSecretUntil: null }
    await changeWebhook(tx, id, { secret: sealSecret(secret, id, tokenSecrets), ...old })
    return { webhook: (await findOwnWebhook(tx, ownerId, id))!, secret }
  })
}

/** Sends one message of type `webhook.test` now, once, also to a webhook that is switched off; answers how that went. */
export async function testWebhook(deps: PostNeeds, webhook: Webhook): Promise<Delivery> {
  const now = deps.clock.now()
  const id = newId(now)
  const body = JSON.stringify({ type: 'webhook.test', timestamp: now.toISOString(), data: { webhook_id: webhook.id } })
  const { sent, answerStatus, answerBody, error } = await post(deps, webhook, { id, body })
  const about = {
    webhookId: webhook.id,
    galleryId: null,
    type: 'webhook.test',
    dedupeKey: `webhook.test ${id}`,
    nextAt: now,
    createdAt: now,
  }
  const outcome = { status: sent ? ('sent' as const) : ('failed' as const), answerStatus, answerBody, error }
  return insertTried(deps.db, { id, ...about, body }, { ...outcome, sentAt: sent ? deps.clock.now() : null })
}

/** The same message once more, under the same id, with all its tries before it. Throws `not_found` and `webhook_off`. */
export async function replay(
  deps: Pick<Deps, 'db' | 'queue' | 'clock'>,
  ownerId: string,
  id: string,
  deliveryId: string,
): Promise<Delivery> {
  return deps.db.transaction().execute(async (tx) => {
    const webhook = await lockOwn(tx, ownerId, id)
    const delivery = await replayDelivery(tx, id, deliveryId, deps.clock.now())
    if (!delivery) throw new AppError('not_found')
    if (webhook.state !== 'active') throw new AppError('webhook_off')
    await deps.queue.send(tx, { name: 'webhook.deliver', payload: { webhookId: id } })
    return delivery
  })
}

async function lockOwn(tx: Tx, ownerId: string, id: string): Promise<Webhook> {
  const webhook = await lockWebhook(tx, id)
  if (webhook?.ownerId !== ownerId) throw new AppError('not_found')
  return webhook
}
