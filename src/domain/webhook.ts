/**
 * Webhooks: what can be told, how it is signed, and when it is tried again. Signatures are those of https://www.standardwebhooks.com:
 * HMAC-SHA-256 over `id.timestamp.body`, base64, `v1,` before it; one for each secret that is valid, with spaces between.
 */
import { createHmac } from 'node:crypto'
import { days, hours, minutes, seconds } from '../base/clock.ts'

export const eventTypes = [
  'event.published',
  'event.expired',
  'event.archived',
  'event.restored',
  'event.deleted',
  'archive.ready',
  'archive.failed',
  'archive.downloaded',
  'export.ready',
  'track.archived',
  'track.failed',
  'track.lost',
] as const
export type EventType = (typeof eventTypes)[number]

/** Why an endpoint gets nothing more: it said 410; nothing was taken for days; its secret cannot be read; its owner's wish. */
export type DisabledReason = 'gone' | 'failing' | 'secret_lost' | 'by_owner'

/** Waits between the tries of one delivery. */
const waits = [seconds(5), minutes(5), minutes(30), hours(2), hours(5), hours(10), hours(14), hours(20), hours(24)]

/**
 * Milliseconds until the next try of a delivery that has failed `tries` times; null: there is none. `random` from 0 to 1 takes up
 * to a tenth off, so that what failed together does not come back together.
 */
export function waitAfter(tries: number, random: number): number | null {
  const wait = waits[tries - 1]
  return wait === undefined ? null : Math.round(wait * (1 - random / 10))
}

/** While an endpoint has failed for no longer than this, its deliveries wait for the oldest of them: their order outlives a hiccup. */
const patience = minutes(6)
export const keepsOrder = (failingSince: Date | null, now: Date): boolean =>
  failingSince !== null && now.getTime() < failingSince.getTime() + patience

/** Has an endpoint of which a delivery has used up its tries been deaf all the time? Else only that one delivery is lost. */
export const isDeaf = (failingSince: Date | null, now: Date): boolean =>
  failingSince !== null && now.getTime() >= failingSince.getTime() + days(2)

/** A receiver may ask for a break, of a day at most. */
const longestBreak = days(1)

/** Milliseconds that Retry-After asks for, in seconds or as a date; 0 when it is missing or makes no sense. */
export function retryAfter(header: string | undefined, now: Date): number {
  const text = (header ?? '').trim()
  const ms = /^\d{1,9}$/.test(text) ? Number(text) * seconds(1) : Date.parse(text) - now.getTime()
  return ms > 0 ? Math.min(ms, longestBreak) : 0
}

/** How long the secret before signs beside a new one: time to tell the receiver. */
export const rotationPeriod = days(1)

/** The headers that prove who sent this body, and when. `secrets` as their owner has them: base64 behind `whsec_`. */
export function signWebhook(id: string, body: Buffer, now: Date, secrets: string[]): Record<string, string> {
  const timestamp = String(Math.floor(now.getTime() / seconds(1)))
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
    return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64')}`
  })
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') }
}
