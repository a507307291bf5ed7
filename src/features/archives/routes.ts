/** Routes of archives: publish, status, versions, and every way to download. */
import { z } from 'zod'
import type { ArchiveStatus, Archive as ArchiveView, DownloadResponse, Page } from '../../../sdk/src/wire.ts'
import { AppError } from '../../base/errors.ts'
import { findArchive, listVersions } from '../../data/archives.ts'
import { findGalleryOfAnyState } from '../../data/galleries.ts'
import { findLink } from '../../data/links.ts'
import { readLink } from '../../domain/link.ts'
import { type App, galleryParams, idParams } from '../../http/app.ts'
import type { Guard } from '../../http/guard.ts'
import type { Deps } from '../../ports/deps.ts'
import { askArchive, askDownload, checkLink } from './ask.ts'
import { sendArchive } from './download.ts'
import { answerGone } from './gone.ts'
import { makeNotes } from './note.ts'
import { publish } from './publish.ts'
import { planCache } from './sealed.ts'
import { archiveStatus, viewArchive } from './status.ts'

export function archiveRoutes(app: App, deps: Deps, guard: Guard): void {
  const sending = { plans: planCache(deps.db), notes: makeNotes(deps) }
  app.addHook('onClose', () => sending.notes.settled())

  app.post('/api/galleries/:id/publish', { schema: { params: galleryParams } }, async (request, reply) => {
    const userId = await guard.acting(request, 'galleries:write')
    const { id } = await guard.gallery(request, request.params.id, 'galleries:write')
    const { archive } = await publish(deps, id, { userId, source: 'publish' })
    return reply.code(202).send({ archive: await viewArchive(deps.db, archive) })
  })

  app.get('/api/galleries/:id/archive', { schema: { params: galleryParams } }, async (request): Promise<ArchiveStatus> => {
    return archiveStatus(deps.db, await guard.gallery(request, request.params.id, 'galleries:read'))
  })

  const wish = z.strictObject({ force: z.boolean().default(false) })
  app.post('/api/galleries/:id/archive', { schema: { params: galleryParams, body: wish } }, async (request, reply) => {
    const userId = await guard.acting(request, 'galleries:write')
    const gallery = await guard.gallery(request, request.params.id, 'galleries:write')
    await askArchive(deps, gallery.id, { userId, force: request.body.force })
    return reply.code(202).send(await archiveStatus(deps.db, gallery))
  })

  app.get('/api/galleries/:id/archives', { schema: { params: galleryParams } }, async (request): Promise<Page<ArchiveView>> => {
    const gallery = await guard.gallery(request, request.params.id, 'galleries:read')
    const versions = await listVersions(deps.db, gallery.id)
    return { rows: await Promise.all(versions.map((a) => viewArchive(deps.db, a))), next: null }
  })

  app.get('/api/galleries/:id/download', { schema: { params: galleryParams } }, async (request, reply): Promise<DownloadResponse> => {
    const gallery = await guard.visit(request, request.params.id)
    if (!gallery.downloadEnabled && !(await guard.owns(request, gallery))) throw new AppError('download_disabled')
    const answer = await askDownload(deps, gallery)
    reply.code(answer.status === 'ready' || answer.status === 'error' ? 200 : 202)
    return answer
  })

  app.route({
    method: ['GET', 'HEAD'],
    url: '/api/archives/:id/download',
    schema: { params: idParams },
    handler: async (request, reply) => {
      // who may not know says nothing of what is there
      const userId = await guard.acting(request, 'galleries:read')
      const archive = await findArchive(deps.db, request.params.id)
      if (!archive) throw new AppError('not_found')
      await guard.gallery(request, archive.galleryId, 'galleries:read')
      await sendArchive(deps, sending, reply, archive.id, { userId })
      return reply
    },
  })

  app.route({
    method: ['GET', 'HEAD'],
    url: '/d/:token',
    schema: { params: z.object({ token: z.string().max(200) }) },
    handler: async (request, reply) => {
      let galleryId: string | undefined
      try {
        const grant = readLink(request.params.token, deps.settings.tokenSecrets)
        const link = await findLink(deps.db, grant.id)
        galleryId = link?.galleryId
        checkLink(link, deps.clock.now())
        if (!link?.archiveId || link.kind !== grant.kind) throw new AppError('link_unknown')
        await sendArchive(deps, sending, reply, link.archiveId, { link })
      } catch (error) {
        const gallery = galleryId && (await findGalleryOfAnyState(deps.db, galleryId))
        if (!answerGone(request, reply, error, gallery ? gallery.locale : undefined)) throw error
      }
      return reply
    },
  })
}
