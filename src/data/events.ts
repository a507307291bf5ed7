/** Tells the world: writes, in the transaction of a fact, a message for each webhook that wants to hear of it. */
import { newId } from '../base/id.ts'
import { type EventSubject, eventSubject } from '../domain/event.ts'
import type { EventType } from '../domain/webhook.ts'
import type { Tx } from '../ports/database/port.ts'
import type { Deps } from '../ports/deps.ts'
import { findGalleryOfAnyState } from './galleries.ts'
import { insertDelivery, listListeners } from './webhooks.ts'

export interface Fact {
  galleryId: string
  type: EventType
  /** the fact itself, such as `archive.ready {id}`: told once to each webhook, however often it is said here */
  dedupeKey: string
  /** event.archived, event.restored: where the archive lies, as `archivePath` of domain/event.ts says it */
  archivePath?: string
  /** what stands beside `event` in `data` */
  more?: Record<string, unknown>
}

/**
 * Answers how many webhooks are told. Where nobody listens this is one question by index. No webhook that goes meanwhile can make
 * the transaction fail.
 */
export async function emit(deps: Pick<Deps, 'queue' | 'clock' | 'settings'>, tx: Tx, fact: Fact): Promise<number> {
  const listeners = await listListeners(tx, fact.galleryId, fact.type)
  const gallery = listeners.length ? await findGalleryOfAnyState(tx, fact.galleryId) : undefined
  if (!gallery) return 0
  const now = deps.clock.now()
  const about: Pick<EventSubject, 'expires_at' | 'archive_path'> = {}
  if (fact.type === 'event.expired' && gallery.expiresAt) about.expires_at = gallery.expiresAt.toISOString()
  if (fact.archivePath !== undefined) about.archive_path = fact.archivePath
  // a track stands in no gallery that its owner shows: it is told of by itself
  const data = fact.type.startsWith('track.') ? fact.more : { event: eventSubject(gallery, deps.settings.publicUrl, about), ...fact.more }
  const { galleryId, type, dedupeKey } = fact
  const body = JSON.stringify({ type, timestamp: now.toISOString(), data })
  for (const webhookId of listeners)
    await insertDelivery(tx, { id: newId(now), webhookId, galleryId, type, dedupeKey, body, nextAt: now, createdAt: now })
  await deps.queue.sendAll(
    tx,
    listeners.map((webhookId) => ({ job: { name: 'webhook.deliver' as const, payload: { webhookId } } })),
  )
  return listeners.length
}
