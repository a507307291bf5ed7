/** Routes of uploads: tus 1.0 below /api/uploads. */
import { AppError } from '../../base/errors.ts'
import { findUpload } from '../../data/uploads.ts'
import { idOrSlug, idParams, type RoutePlugin, takeRawBodies } from '../../http/app.ts'
import { endUnread, keepPace } from './body.ts'
import { recentHashes } from './hashes.ts'
import { idOf, tusHandler, uploadsPath } from './tus.ts'

const bodyType = 'application/offset+octet-stream'

/** tus 1.0 below /api/uploads: see tus.ts. */
export const tusRoutes: RoutePlugin = (app, deps, guard) => {
  takeRawBodies(app, bodyType)
  const answer = tusHandler({ ...deps, hashes: recentHashes() })
  const schema = { params: idParams }

  app.options(uploadsPath, (request, reply) => answer(request, reply, closed))
  app.post(uploadsPath, async (request, reply) => {
    await guard.user(request, 'galleries:write')
    keepPace(request.raw)
    return answer(request, reply, async (named) => guard.gallery(request, galleryNamed(named), 'galleries:write'))
  })
  app.route({
    method: ['HEAD', 'PATCH', 'DELETE'],
    url: `${uploadsPath}/:id`,
    schema,
    handler: async (request, reply) => {
      await guard.user(request, 'galleries:write')
      const upload = await findUpload(deps.db, idOf(request))
      if (!upload) throw new AppError('upload_unknown')
      await guard.gallery(request, upload.galleryId, 'galleries:write').catch(unknownUpload)
      if (request.method === 'PATCH' && request.headers['content-type'] !== bodyType)
        throw new AppError('unsupported_type', { detail: `Send the bytes as ${bodyType}.` })
      keepPace(request.raw)
      return answer(request, reply, closed)
    },
  })
  app.addHook('onResponse', async (request) => endUnread(request.raw))
}

const closed = async (): Promise<never> => {
  throw new AppError('not_found')
}
/** Somebody else's upload answers like one that does not exist. */
function unknownUpload(error: unknown): never {
  throw error instanceof AppError && error.code === 'not_found' ? new AppError('upload_unknown') : error
}
function galleryNamed(text: string): string {
  const parsed = idOrSlug.safeParse(text)
  if (!parsed.success) throw new AppError('bad_request', { detail: 'Upload-Metadata names no gallery.' })
  return parsed.data
}
