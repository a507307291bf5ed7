/** Which step does which job: with domain/jobs.ts the whole chain on two screens. */
import { build } from '../features/archives/build.ts'
import { hydrate } from '../features/archives/hydrate.ts'
import { rebuild } from '../features/archives/publish.ts'
import { purge } from '../features/archives/purge.ts'
import { retireByItself } from '../features/archives/retire.ts'
import { salvage } from '../features/archives/salvage.ts'
import { scrub } from '../features/archives/scrub.ts'
import { verify } from '../features/archives/verify.ts'
import { announce } from '../features/delivery/announce.ts'
import { writeDigests } from '../features/delivery/digest.ts'
import { invite } from '../features/delivery/invite.ts'
import { writeReminders } from '../features/delivery/remind.ts'
import { send } from '../features/delivery/send.ts'
import { daily } from '../features/operations/daily.ts'
import { reconcile } from '../features/operations/reconcile.ts'
import { poll, wakePoll } from '../features/rescue/intake.ts'
import { place } from '../features/rescue/into.ts'
import { runRescue } from '../features/rescue/run.ts'
import { digestTracks, tellOwners } from '../features/rescue/tell.ts'
import { render } from '../features/uploads/render.ts'
import { sweepUploads } from '../features/uploads/sweep.ts'
import { syncGallery } from '../features/uploads/sync.ts'
import { drawMarks } from '../features/watermarks/draw.ts'
import { deliver } from '../features/webhooks/deliver.ts'
import type { Deps } from '../ports/deps.ts'
import type { Handlers } from '../ports/queue/port.ts'

export function handlers(deps: Deps): Handlers {
  return {
    'archive.build': ({ archiveId }, job) => build(deps, archiveId, job),
    'archive.verify': ({ archiveId }, job) => verify(deps, archiveId, job),
    'delivery.announce': ({ archiveId }) => announce(deps, archiveId),
    'delivery.invite': ({ galleryId }) => invite(deps, galleryId),
    'delivery.send': ({ letterId }, job) => send(deps, letterId, job),
    'asset.render': (payload, job) => render(deps, payload, job),
    'gallery.mark': ({ galleryId }, { signal }) => drawMarks(deps, galleryId, signal),
    'gallery.rebuild': ({ galleryId, source }) => rebuild(deps, galleryId, source),
    'gallery.sync': async ({ galleryId }, { signal }) => {
      await syncGallery(deps, galleryId, { signal })
    },
    'gallery.retire': ({ galleryId, source }) => retireByItself(deps, galleryId, source),
    'gallery.purge': ({ galleryId }, { signal }) => purge(deps, galleryId, signal),
    'gallery.salvage': ({ galleryId }, job) => salvage(deps, galleryId, job),
    'gallery.hydrate': ({ galleryId }, { signal }) => hydrate(deps, galleryId, signal),
    'rescue.poll': (_, { signal }) => poll(deps, signal),
    scrub: async (_, { signal }) => {
      await scrub(deps, signal)
    },
    'rescue.run': (_, { signal }) => runRescue(deps, signal),
    'tracks.place': ({ placementId }, { signal }) => place(deps, placementId, signal),
    'webhook.deliver': ({ webhookId }, job) => deliver(deps, webhookId, job),
    maintenance: () => daily(deps, { sweepUploads: () => sweepUploads(deps) }),
    // one that fails stops no other: while the store is away nothing is saved, and who owns the tracks has to hear of it
    reconcile: () =>
      eachOf([
        async () => {
          await reconcile(deps)
          // what nobody goes on with ends by a clock that is to be believed
          if (await isSure(deps)) await sweepUploads(deps)
        },
        () => wakePoll(deps),
        () => writeDigests(deps),
        () => tellOwners(deps),
        () => digestTracks(deps),
        async () => {
          if (await isSure(deps)) await writeReminders(deps)
        },
      ]),
  }
}

/** One after the other, to the last; then throws the first failure. */
async function eachOf(parts: (() => Promise<void>)[]): Promise<void> {
  const failures: unknown[] = []
  for (const part of parts) await part().catch((error: unknown) => failures.push(error))
  if (failures.length) throw failures[0]
}

const isSure = (deps: Deps): Promise<boolean> =>
  deps.calendar.now().then(
    () => true,
    () => false,
  )
