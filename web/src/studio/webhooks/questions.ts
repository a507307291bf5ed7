/** What the pages of webhooks ask. */
import { call, type NewWebhook, type Page, type Webhook, type WebhookDelivery, type WebhookInput } from '../../api.ts'
import { useAsk } from '../../ui/ask.ts'

const path = (id: string) => `/api/webhooks/${encodeURIComponent(id)}`
export const useWebhooks = () => useAsk(['webhooks'], (signal) => call<Page<Webhook>>('GET', '/api/webhooks', undefined, signal))
export const useWebhook = (id: string) => useAsk(['webhook', id], (signal) => call<Webhook>('GET', path(id), undefined, signal))
/** Asked again while a message is on its way. */
export const useMessages = (id: string, query: string) =>
  useAsk(['messages', id, query], (signal) => call<Page<WebhookDelivery>>('GET', `${path(id)}/deliveries${query}`, undefined, signal), {
    keep: true,
    every: ({ rows }) => (rows.some(({ status }) => status === 'queued') ? 2000 : 15_000),
  })
export const createWebhook = (input: WebhookInput) => call<NewWebhook>('POST', '/api/webhooks', input)
export const changeWebhook = (id: string, change: Partial<WebhookInput> & { active?: boolean }) => call<Webhook>('PATCH', path(id), change)
export const deleteWebhook = (id: string) => call<void>('DELETE', path(id))
export const rotateWebhook = (id: string) => call<NewWebhook>('POST', `${path(id)}/rotate`)
export const testWebhook = (id: string) => call<WebhookDelivery>('POST', `${path(id)}/test`)
export const replayMessage = (id: string, message: string) => call<WebhookDelivery>('POST', `${path(id)}/deliveries/${message}/replay`)
