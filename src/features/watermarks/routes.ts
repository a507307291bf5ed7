/** Routes of watermarks: the owner's one, its picture, and how far the pictures of a gallery bear it. */
import { Readable } from 'node:stream'
import { z } from 'zod'
import type { MarkProgress, Watermark as WatermarkView } from '../../../sdk/src/wire.ts'
import { AppError } from '../../base/errors.ts'
import { countMarked } from '../../data/derivatives.ts'
import { findImage, findWatermark } from '../../data/watermarks.ts'
import { positions, type Watermark } from '../../domain/watermark.ts'
import { type App, galleryParams, type RoutePlugin, takeRawBodies } from '../../http/app.ts'
import { dropWatermark, setImage, setPlacing } from './save.ts'

/** A logo; the studio makes a larger one smaller before it sends it. */
const largest = 4 * 1024 * 1024

export const watermarkRoutes: RoutePlugin = (app, deps, guard) => {
  app.get('/api/watermark', async (request): Promise<{ watermark: WatermarkView | null }> => {
    const found = await findWatermark(deps.db, await guard.acting(request, 'galleries:read'))
    return { watermark: found ? viewWatermark(found) : null }
  })

  app.get('/api/watermark/image', async (request, reply) => {
    const found = await findImage(deps.db, await guard.acting(request, 'galleries:read'))
    if (!found) throw new AppError('watermark_missing')
    reply.header('cache-control', 'private, no-cache').header('content-security-policy', "default-src 'none'; sandbox")
    return reply.type('image/png').send(found.image)
  })

  const placing = z
    .strictObject({
      position: z.enum(positions).optional(),
      opacity: z.number().min(0.05).max(1).optional(),
      scale: z.number().min(0.05).max(1).optional(),
    })
    .refine((body) => Object.keys(body).length > 0, 'changes nothing')
  app.patch('/api/watermark', { schema: { body: placing } }, async (request) => {
    const ownerId = await guard.acting(request, 'galleries:write')
    const { position, opacity, scale } = request.body
    const change = { ...(position && { position }), ...(opacity && { opacity }), ...(scale && { scale }) }
    return viewWatermark(await setPlacing(deps, ownerId, change))
  })

  app.delete('/api/watermark', async (request, reply) => {
    await dropWatermark(deps, await guard.acting(request, 'galleries:write'))
    return reply.code(204).send()
  })

  app.get('/api/galleries/:id/watermark', { schema: { params: galleryParams } }, async (request): Promise<MarkProgress> => {
    const gallery = await guard.gallery(request, request.params.id, 'galleries:read')
    const found = await findWatermark(deps.db, gallery.ownerId)
    // without one nothing bears it
    const count = await countMarked(deps.db, gallery.id, found?.id ?? gallery.id)
    return { ...count, drawing: gallery.watermark !== 'off' && count.marked < count.photos }
  })

  app.register(async (scope) => imageRoute(scope as App, deps, guard))
}

const imageRoute: RoutePlugin = (app, deps, guard) => {
  // whatever its sender calls it: the first bytes decide
  for (const type of ['image/png', 'image/webp', 'application/octet-stream']) takeRawBodies(app, type)
  const text = z
    .string()
    .trim()
    .min(1)
    .max(100)
    .refine((value) => !value.includes('\0'), 'holds a NUL')
  const querystring = z.strictObject({ text: text.optional() })
  app.put('/api/watermark/image', { schema: { querystring } }, async (request) => {
    const ownerId = await guard.acting(request, 'galleries:write')
    const picture = await readPicture(request.body)
    return viewWatermark(await setImage(deps, ownerId, picture, request.query.text ?? null))
  })
}

async function readPicture(body: unknown): Promise<Buffer> {
  const parts: Buffer[] = []
  let size = 0
  if (body instanceof Readable)
    for await (const part of body as AsyncIterable<Buffer>) {
      size += part.length
      if (size > largest) throw new AppError('upload_too_large')
      parts.push(part)
    }
  if (!size) throw new AppError('empty_file')
  return Buffer.concat(parts)
}

const viewWatermark = ({ id, width, height, text, position, opacity, scale }: Watermark): WatermarkView => ({
  // another picture has another address
  image: `/api/watermark/image?of=${id.slice(-12)}`,
  width,
  height,
  text,
  position,
  opacity,
  scale,
})
