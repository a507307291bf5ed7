/** Which step does which job: with domain/jobs.ts the whole chain on two screens. */
import { build } from '../features/archives/build.ts'
import { rebuild } from '../features/archives/publish.ts'
import { verify } from '../features/archives/verify.ts'
import { announce } from '../features/delivery/announce.ts'
import { writeDigests } from '../features/delivery/digest.ts'
import { send } from '../features/delivery/send.ts'
import { reconcile } from '../features/operations/reconcile.ts'
import { render } from '../features/uploads/render.ts'
import { sweepUploads } from '../features/uploads/sweep.ts'
import type { Deps } from '../ports/deps.ts'
import type { Handlers } from '../ports/queue/port.ts'

export function handlers(deps: Deps): Handlers {
  return {
    'archive.build': ({ archiveId }, job) => build(deps, archiveId, job),
    'archive.verify': ({ archiveId }, job) => verify(deps, archiveId, job),
    'delivery.announce': ({ archiveId }) => announce(deps, archiveId),
    'delivery.send': ({ letterId }, job) => send(deps, letterId, job),
    'asset.render': (payload, job) => render(deps, payload, job),
    'gallery.rebuild': ({ galleryId }) => rebuild(deps, galleryId),
    reconcile: async () => {
      await reconcile(deps)
      await sweepUploads(deps)
      await writeDigests(deps)
    },
  }
}
