/**
 * Job reconcile, once a minute for the whole cluster: no state without an owner.
 *
 * Whatever waits for a job and shows no sign of life gets its job again (the queue drops it when one waits already), dates
 * that have passed are noted, archives whose time is over go, garbage is collected, and once a day the maintenance begins. Every
 * part stands alone: one that fails stops no other. What deletes asks the calendar, and waits while the clock cannot be believed.
 */
import { after, days, minutes } from '../../base/clock.ts'
import { isCode } from '../../base/errors.ts'
import { listIdle } from '../../data/archives.ts'
import { listUnrendered } from '../../data/assets.ts'
import { listUnproven, setProof } from '../../data/derivatives.ts'
import { expireExports, settleCancelled } from '../../data/exports.ts'
import { listHydrating, listRetirable, listUnarchived } from '../../data/galleries.ts'
import { discard } from '../../data/garbage.ts'
import { listPurgeable } from '../../data/inside.ts'
import { listWaiting } from '../../data/letters.ts'
import { listIdlePlacements } from '../../data/placements.ts'
import { isAnyDue, pullForward } from '../../data/rescues.ts'
import { listSalvaging } from '../../data/salvages.ts'
import { takeDueSources } from '../../data/sources.ts'
import { listMarking } from '../../data/watermarks.ts'
import { listDueWebhooks } from '../../data/webhooks.ts'
import { rest } from '../../domain/expiry.ts'
import { workOn } from '../../domain/jobs.ts'
import { longestWait } from '../../domain/rescue.ts'
import type { Deps } from '../../ports/deps.ts'
import { collect } from './collect.ts'
import { expireGalleries } from './expire.ts'
import { endArchives, sweepTemporary } from './retention.ts'
import { watchRoom } from './room.ts'
import { startMaintenance } from './schedule.ts'

type Needs = Pick<Deps, 'db' | 'storage' | 'queue' | 'clock' | 'calendar' | 'log' | 'settings'>

// longer than a heartbeat is missed and a job is handed out again, short enough for "resumed within 120 s"
const patience = minutes(1)
const most = 500

export async function reconcile(deps: Needs): Promise<void> {
  await deps.storage.ready()
  const waiting: string[] = []
  for (const [part, work] of Object.entries({
    wakeArchives,
    wakeLetters,
    wakeWebhooks,
    wakeRescue,
    wakePlacements,
    wakeRenders,
    wakeMarks,
    expireGalleries,
    endExports,
    endArchives,
    wakeRetired,
    wakeRestored,
    provePreviews,
    lookAtBuckets,
    sweepTemporary,
    collect,
    watchRoom,
    startMaintenance,
  })) {
    try {
      await work(deps)
    } catch (error) {
      // for an hour after every longer pause: nothing has failed
      if (isCode(error, 'clock_unsure')) waiting.push(part)
      else deps.log.error({ part, error: String(error) }, 'a part of the reconciler failed; the others go on')
    }
  }
  if (waiting.length) deps.log.warn({ waiting }, 'what deletes waits until the clock has gone steadily for a while, see keepsake doctor')
}

/** Answers how many archives got their job again. */
export async function wakeArchives(deps: Pick<Deps, 'db' | 'queue' | 'clock'>, limit = most): Promise<number> {
  const idle = await listIdle(deps.db, after(deps.clock.now(), -patience), limit)
  for (const archive of idle) {
    const name = archive.status === 'verifying' ? 'archive.verify' : 'archive.build'
    await deps.queue.send(deps.db, ...workOn(name, archive))
  }
  return idle.length
}

async function wakeLetters(deps: Needs): Promise<void> {
  for (const letterId of await listWaiting(deps.db, after(deps.clock.now(), -patience), most))
    await deps.queue.send(deps.db, { name: 'delivery.send', payload: { letterId } })
}

/** Deliveries whose next try has come, or whose job is lost. */
async function wakeWebhooks(deps: Needs): Promise<void> {
  for (const webhookId of await listDueWebhooks(deps.db, deps.clock.now(), most))
    await deps.queue.send(deps.db, { name: 'webhook.deliver', payload: { webhookId } })
}

/** Tracks that a provider will delete, when the next one is due, or whoever held one has died. */
export async function wakeRescue(deps: Pick<Deps, 'db' | 'queue' | 'clock'>): Promise<void> {
  const now = deps.clock.now()
  // the clock had jumped ahead, and is back
  await pullForward(deps.db, now, after(now, longestWait))
  if (await isAnyDue(deps.db, now)) await deps.queue.send(deps.db, { name: 'rescue.run', payload: {} })
}

/** Tracks on their way into a gallery whose worker has died. */
async function wakePlacements(deps: Needs): Promise<void> {
  for (const placementId of await listIdlePlacements(deps.db, after(deps.clock.now(), -patience), most))
    await deps.queue.send(deps.db, { name: 'tracks.place', payload: { placementId } })
}

async function wakeRenders(deps: Needs): Promise<void> {
  for (const assetId of await listUnrendered(deps.db, after(deps.clock.now(), -patience), most))
    await deps.queue.send(deps.db, { name: 'asset.render', payload: { assetId } })
}

async function wakeMarks(deps: Needs): Promise<void> {
  for (const galleryId of await listMarking(deps.db, most)) await deps.queue.send(deps.db, { name: 'gallery.mark', payload: { galleryId } })
}

/** Galleries that ended a day ago are archived, originals whose grace is over go. */
async function wakeRetired(deps: Needs): Promise<void> {
  const now = await deps.calendar.now()
  await archiveAll(deps, await listRetirable(deps.db, after(now, -rest), most))
  for (const galleryId of await listPurgeable(deps.db, now, most * 20))
    await deps.queue.send(deps.db, { name: 'gallery.purge', payload: { galleryId } })
}

/** What lies inside an open gallery's archive comes out, and what is whole of a damaged one: whatever the clock says. */
async function wakeRestored(deps: Needs): Promise<void> {
  for (const galleryId of await listHydrating(deps.db, most))
    await deps.queue.send(deps.db, { name: 'gallery.hydrate', payload: { galleryId } })
  for (const galleryId of await listSalvaging(deps.db, most))
    await deps.queue.send(deps.db, { name: 'gallery.salvage', payload: { galleryId } })
}

/** Every night: expired galleries whose archiving has failed. Answers how many. */
export async function retryArchiving(deps: Pick<Deps, 'db' | 'queue' | 'calendar'>): Promise<number> {
  const ids = await listUnarchived(deps.db, after(await deps.calendar.now(), -rest), most)
  await archiveAll(deps, ids)
  return ids.length
}

async function archiveAll(deps: Pick<Deps, 'db' | 'queue'>, ids: string[]): Promise<void> {
  for (const galleryId of ids) await deps.queue.send(deps.db, { name: 'gallery.retire', payload: { galleryId, source: 'expiry' } })
}

/** Events of the bucket are hints and may be lost: every prefix is looked at once an hour, and a minute after a look that broke off. */
async function lookAtBuckets(deps: Needs): Promise<void> {
  if (!deps.storage.foreign) return
  for (const galleryId of await takeDueSources(deps.db, deps.clock.now(), most))
    await deps.queue.send(deps.db, { name: 'gallery.sync', payload: { galleryId } })
}

/** The pointer goes first, then the bytes, through garbage. */
async function endExports(deps: Needs): Promise<void> {
  const now = await deps.calendar.now()
  await expireExports(deps.db, now)
  await deps.db.transaction().execute(async (tx) => {
    // their builder has died; should it wake up once more, its bytes are found a day later
    const keys = (await settleCancelled(tx, { before: after(now, -patience) })).flatMap(({ storageKey }) => storageKey ?? [])
    await discard(tx, keys, 'export cancelled', after(now, days(1)))
  })
}

/** Previews that an older Keepsake has made: what is not known beforehand cannot be packed. */
async function provePreviews(deps: Needs): Promise<void> {
  for (const { storageKey, size } of await listUnproven(deps.db, most)) {
    const found = await deps.storage.digest(storageKey, Float64Array.of(size))
    await setProof(deps.db, storageKey, { crc32: found.crc32[0]!, sha256: Buffer.from(found.sha256, 'hex') })
  }
}
