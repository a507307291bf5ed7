/** How failed work of each kind is tried again: joins the features that do it. */
import type { Failure } from '../data/failures.ts'
import { askArchive } from '../features/archives/ask.ts'
import { retryExport } from '../features/archives/export-retry.ts'
import { retire } from '../features/archives/retire.ts'
import { retryLetter } from '../features/delivery/again.ts'
import type { Retries } from '../features/operations/jobs.ts'
import { replay } from '../features/webhooks/edit.ts'
import type { Deps } from '../ports/deps.ts'

export const retriesOf = (deps: Deps): Retries => ({
  archive: async ({ galleryId, subject }, userId) => {
    if (subject === 'final') await retire(deps, galleryId!, { userId, source: 'manual' })
    else await askArchive(deps, galleryId!, { userId, force: false })
  },
  export: ({ galleryId, id }) => retryExport(deps, galleryId!, id),
  letter: ({ id }) => retryLetter(deps, id),
  webhook: async ({ parentId, id }: Failure, userId) => {
    await replay(deps, userId, parentId!, id)
  },
  import: ({ id }) => deps.queue.send(deps.db, { name: 'gallery.sync', payload: { galleryId: id } }),
})
