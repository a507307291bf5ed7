/** Every job: its name, payload and how it is retried. app/worker.ts says which step does it. */
import { minutes, seconds } from '../base/clock.ts'

export interface Payloads {
  /** build the ZIP of this archive */
  'archive.build': { archiveId: string }
  /** read the stored ZIP back and prove it */
  'archive.verify': { archiveId: string }
  /** write a letter for everybody who waits for this archive */
  'delivery.announce': { archiveId: string }
  /** write a letter for everybody who may look at this gallery and gets no archive of it */
  'delivery.invite': { galleryId: string }
  /** hand one letter to the mail port */
  'delivery.send': { letterId: string }
  /** make the small pictures of one asset */
  'asset.render': { assetId: string }
  /** draw the watermark into the pictures of this gallery that do not bear it yet */
  'gallery.mark': { galleryId: string }
  /** the content of a published gallery changed a while ago: ask for a new archive */
  'gallery.rebuild': { galleryId: string; source?: string }
  /** look at the prefix of the bucket that this gallery reads: new, changed and vanished photos */
  'gallery.sync': { galleryId: string }
  /** make the final archive of this gallery and close it: its date has passed, or its archiving failed before */
  'gallery.retire': { galleryId: string; source: 'expiry' | 'again' }
  /** delete the originals that lie inside a proven archive and whose time is over */
  'gallery.purge': { galleryId: string }
  /** read every original of a damaged archived gallery, and bring back what is whole */
  'gallery.salvage': { galleryId: string }
  /** give the originals of a restored gallery keys of their own again */
  'gallery.hydrate': { galleryId: string }
  /** ask providers for what they have made since the last look */
  'rescue.poll': Record<string, never>
  /** copy these tracks of a library into a gallery */
  'tracks.place': { placementId: string }
  /** read again what nobody has read for long */
  scrub: Record<string, never>
  /** save every track that is due, the most urgent first */
  'rescue.run': Record<string, never>
  /** send what waits for this webhook, one after the other */
  'webhook.deliver': { webhookId: string }
  /** find what waits without a job, and what nobody needs any more */
  reconcile: Record<string, never>
  /** once a day: every gallery and every stored object is looked at */
  maintenance: Record<string, never>
}

export type JobName = keyof Payloads
export type Payload<N extends JobName> = Payloads[N]
export type Job = { [N in JobName]: { name: N; payload: Payloads[N] } }[JobName]

// what nobody waits for: a night's rebuilds, photos that came in, galleries whose day has passed
const byItself: ReadonlySet<string> = new Set(['content', 'registration', 'maintenance_stale', 'expiry', 'again'])

/** What the queue is sent to work on an archive: one that somebody asked for goes before those that Keepsake began by itself (JOB-03, C12). */
export const workOn = (name: 'archive.build' | 'archive.verify', archive: { id: string; source: string }): [Job, { priority: number }] => [
  { name, payload: { archiveId: archive.id } },
  { priority: byItself.has(archive.source) ? 0 : 1 },
]

export interface JobRule {
  /** tries after the first one */
  retries: number
  /** wait before the first retry, milliseconds; doubled at each further one */
  retryDelay: number
  /** after this time without an end the job counts as dead, milliseconds */
  expire: number
  /** how many of this name one process works at the same time */
  parallel: number
}

// 3 tries at 2, 4, 8 s (JOB-01). Builds may take hours: a heartbeat, not this limit, finds dead workers.
const patient: JobRule = { retries: 3, retryDelay: seconds(2), expire: minutes(24 * 60), parallel: 1 }
export const jobRules: Record<JobName, JobRule> = {
  'archive.build': patient,
  'archive.verify': patient,
  'delivery.announce': { ...patient, expire: minutes(5) },
  'delivery.invite': { ...patient, expire: minutes(5) },
  // about an hour of a dead mail server before the reconciler takes the letter up again
  'delivery.send': { retries: 7, retryDelay: seconds(30), expire: minutes(5), parallel: 4 },
  'asset.render': { ...patient, expire: minutes(5), parallel: 2 },
  'gallery.mark': patient,
  'gallery.rebuild': { ...patient, expire: minutes(5) },
  'gallery.sync': patient,
  'gallery.retire': { ...patient, expire: minutes(30) },
  'gallery.purge': patient,
  'gallery.salvage': patient,
  'gallery.hydrate': patient,
  // the next one is sent five minutes later
  'rescue.poll': { retries: 0, retryDelay: seconds(1), expire: minutes(30), parallel: 1 },
  scrub: { retries: 0, retryDelay: seconds(1), expire: minutes(24 * 60), parallel: 1 },
  'tracks.place': patient,
  // tries stand in the rows of the tracks; the reconciler asks every minute
  'rescue.run': { retries: 0, retryDelay: seconds(1), expire: minutes(24 * 60), parallel: 1 },
  // tries of a delivery stand in its row; an endpoint that hangs holds one of these for 15 s
  'webhook.deliver': { ...patient, expire: minutes(30), parallel: 4 },
  maintenance: { retries: 0, retryDelay: seconds(1), expire: minutes(24 * 60), parallel: 1 },
  reconcile: { retries: 0, retryDelay: seconds(1), expire: minutes(10), parallel: 1 },
}

/** Two jobs with the same key never wait twice: the id of what the job is about. By its name: a payload that was stored comes back in another order. */
export function jobKey(job: Job): string {
  const [, id] = Object.entries(job.payload).find(([name]) => name.endsWith('Id')) ?? []
  return id ?? job.name
}
