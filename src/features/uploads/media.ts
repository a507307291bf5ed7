/** GET /media/…: originals and the small pictures, for the owner and for guests of a published gallery. */
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { AppError } from '../../base/errors.ts'
import { findAsset } from '../../data/assets.ts'
import { findDerivative } from '../../data/derivatives.ts'
import { findGallery } from '../../data/galleries.ts'
import { mayManage } from '../../domain/access.ts'
import { type RoutePlugin, uuidText } from '../../http/app.ts'
import type { Guard } from '../../http/guard.ts'
import { sendStored } from '../../http/handover.ts'
import { sendRange } from '../../http/send.ts'
import type { Deps } from '../../ports/deps.ts'

/** The pictures themselves. Their addresses never change their bytes, so a browser may keep them for good. */
export const mediaRoutes: RoutePlugin = (app, deps, guard) => {
  const params = z.object({ asset: uuidText, kind: z.enum(['thumbnail', 'preview', 'original']) })
  app.get('/media/:asset/:kind', { schema: { params } }, async (request, reply) => {
    const { asset: id, kind } = request.params
    const asset = await findAsset(deps.db, id)
    if (!asset) throw new AppError('not_found')
    await mayLook(deps, guard, request, asset.galleryId, kind === 'original')
    const cacheControl = 'private, max-age=31536000, immutable, no-transform'
    if (kind === 'original') {
      if (asset.state !== 'stored') throw new AppError('original_missing')
      const { mime, size, storageKey, originalName } = asset
      const fileName = originalName || 'file'
      await sendStored(deps.storage, reply, storageKey, { size, etag: asset.sha256.toString('hex'), mime, fileName, cacheControl })
      return reply
    }
    const small = await findDerivative(deps.db, id, kind)
    if (!small) throw new AppError('not_found')
    const open = (from: number, to: number) => deps.storage.open(small.storageKey, from, to)
    await sendRange(reply, {
      size: small.size,
      etag: small.storageKey.slice(small.storageKey.lastIndexOf('/') + 1),
      mime: small.mime,
      cacheControl,
      open,
    })
    return reply
  })
}

/** The owner sees everything; a guest what is published, and originals where downloads are on. */
async function mayLook(deps: Pick<Deps, 'db'>, guard: Guard, request: FastifyRequest, galleryId: string, original: boolean) {
  const gallery = await findGallery(deps.db, galleryId)
  if (!gallery) throw new AppError('not_found')
  if (mayManage(await guard.asker(request), gallery, 'galleries:read')) return
  await guard.guest(request, gallery.slug)
  if (original && !gallery.downloadEnabled) throw new AppError('download_disabled')
}
