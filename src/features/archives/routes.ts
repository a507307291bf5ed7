/** Routes of archives: publish, status, versions, and every way to download. */
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { ArchiveStatus, Archive as ArchiveView, DownloadResponse, Page } from '../../../sdk/src/wire.ts'
import { AppError } from '../../base/errors.ts'
import { findArchive, listVersions } from '../../data/archives.ts'
import type { HeldLink } from '../../data/links.ts'
import { archiveWord, atWork } from '../../domain/archive.ts'
import { isPhoto } from '../../domain/asset.ts'
import { type App, galleryParams, idParams } from '../../http/app.ts'
import type { Guard } from '../../http/guard.ts'
import { eventStreams } from '../../http/streams.ts'
import type { Deps } from '../../ports/deps.ts'
import { archivedRoutes } from './archived-routes.ts'
import { askArchive, askDownload, findFile, linkFile } from './ask.ts'
import { sendArchive } from './download.ts'
import { followRoutes, heldLink } from './follow.ts'
import { makeNotes } from './note.ts'
import { archivesOf } from './own.ts'
import { progressRoute } from './progress.ts'
import { publish } from './publish.ts'
import { retireRoutes } from './retire-routes.ts'
import { planCache } from './sealed.ts'
import { archiveStatus, viewArchive } from './status.ts'
import { workRoutes } from './work.ts'

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
    const gallery = await guard.kept(request, request.params.id, 'galleries:read')
    const versions = await listVersions(deps.db, gallery.id)
    return { rows: await Promise.all(versions.map((a) => viewArchive(deps.db, a))), next: null }
  })

  const name = z.string().min(1).max(1000).optional()
  // file_name: as the clients of 001 ask
  const asked = { params: galleryParams, querystring: z.object({ file: name, file_name: name }) }
  // the addresses of 000 and 001 beside ours
  for (const url of ['/api/galleries/:id/download', '/api/gallery/:id/download', '/albums/:id/download'])
    app.get(url, { schema: asked }, async (request, reply): Promise<DownloadResponse> => {
      const gallery = await guard.visit(request, request.params.id)
      const { file_name, file = file_name } = request.query
      if (file !== undefined) {
        await guard.download(request, gallery, 'screen')
        const asset = await findFile(deps, gallery, file)
        const { clientId } = await guard.download(request, gallery, isPhoto(asset) ? 'original' : 'screen')
        return linkFile(deps, gallery, asset, clientId)
      }
      const { clientId } = await guard.download(request, gallery, 'original')
      const answer = await askDownload(deps, gallery, clientId)
      reply.code(answer.status === 'ready' || answer.status === 'error' ? 200 : 202)
      return answer
    })

  const streams = eventStreams(app, deps)
  progressRoute(app, deps, guard, streams, async (request, idOrSlug) => {
    const gallery = await guard.visit(request, idOrSlug)
    await guard.download(request, gallery, 'screen')
    return gallery
  })

  const ownArchive = archivesOf(deps, guard)
  app.route({
    method: ['GET', 'HEAD'],
    url: '/api/archives/:id/download',
    schema: { params: idParams },
    handler: async (request, reply) => {
      const { id } = await ownArchive(request, request.params.id)
      await sendArchive(deps, sending, reply, id, { userId: await guard.acting(request, 'galleries:read') })
      return reply
    },
  })

  // the address of 000: an owner, or a token of a link to this archive; HEAD says how far it is (D-03)
  const tokenText = z.string().max(200)
  app.route({
    method: ['GET', 'HEAD'],
    url: '/api/download/:id',
    schema: { params: idParams, querystring: z.object({ token: tokenText.optional() }) },
    handler: async (request, reply) => {
      const { token } = request.query
      const link: HeldLink | undefined = token === undefined ? undefined : await heldLink(deps, request, token)
      const archive = link ? await findArchive(deps.db, request.params.id) : await ownArchive(request, request.params.id)
      if (link && link.archiveId !== archive?.id) throw new AppError('link_unknown')
      if (!archive || archive.status === 'deleted') throw new AppError('not_found')
      reply.header('x-archive-status', archiveWord(archive, archive, archive.status === 'ready'))
      if (request.method === 'HEAD' && atWork(archive.status)) return reply.code(202).send()
      const reader = link ? { link } : { userId: await guard.acting(request, 'galleries:read') }
      return sendArchive(deps, sending, reply, archive.id, reader)
    },
  })
  retireRoutes(app, deps, guard)
  workRoutes(app, deps, guard, streams)
  archivedRoutes(app, deps, guard)
  app.register(async (scope) => followRoutes(scope.withTypeProvider<ZodTypeProvider>(), deps, sending, streams))
}
