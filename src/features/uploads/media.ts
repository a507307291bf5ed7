/** GET /media/…: originals, films and tracks for players, and the small pictures: for the owner, for guests, and by link. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { MediaLink } from '../../../sdk/src/wire.ts'
import { seconds } from '../../base/clock.ts'
import { AppError, isCode } from '../../base/errors.ts'
import { findAsset, findItemAsset } from '../../data/assets.ts'
import { drawLost, findDerivative } from '../../data/derivatives.ts'
import { findGallery } from '../../data/galleries.ts'
import { isHidden } from '../../data/items.ts'
import { findLink, noteUse, shareLink } from '../../data/links.ts'
import { isPublicMedia } from '../../data/tracks.ts'
import { checkAccess, mayManage } from '../../domain/access.ts'
import { type Asset, isPhoto, isWhole } from '../../domain/asset.ts'
import type { Gallery, Size } from '../../domain/gallery.ts'
import { checkLink, mintLink, readLink } from '../../domain/link.ts'
import { isMarked, markName } from '../../domain/watermark.ts'
import { idOrSlug, type RoutePlugin, uuidText } from '../../http/app.ts'
import type { Guard } from '../../http/guard.ts'
import { forGood, sendOriginal } from '../../http/original.ts'
import { sendRange } from '../../http/send.ts'
import type { DerivativesTable } from '../../ports/database/port.ts'
import type { Deps } from '../../ports/deps.ts'

/** The pictures themselves. Their addresses never change their bytes, so a browser may keep them for good. */
export const mediaRoutes: RoutePlugin = (app, deps, guard) => {
  const params = z.object({ asset: uuidText, kind: z.enum(['thumbnail', 'medium', 'preview', 'screen', 'original']) })
  const querystring = z.object({ mark: z.string().max(20).optional() })
  app.get('/media/:asset/:kind', { schema: { params, querystring } }, async (request, reply) => {
    const asset = await living(deps, request.params.asset)
    const { kind } = request.params
    const { mark } = request.query
    if (kind === 'original') {
      await mayLook(deps, guard, request, asset, sizeOf(asset))
      await sendOriginal(deps, reply, asset, { cacheControl: forGood })
      return reply
    }
    const { gallery, owns } = await mayLook(deps, guard, request, asset, kind === 'screen' ? 'screen' : null)
    const marked = isMarked(gallery, asset)
    // an owner who names the mark looks at the page as guests see it
    if (kind !== 'screen') await sendSmall(deps, reply, asset, marked && (!owns || mark !== undefined) ? markedKind[kind] : kind, { mark })
    else
      await sendSmall(deps, reply, asset, marked && !owns && gallery.watermark === 'downloads' ? 'marked_preview' : 'preview', {
        save: true,
      })
    return reply
  })

  // players seek: every range of the original, in place
  const playing = { params: z.object({ asset: uuidText }), querystring: z.object({ link: z.string().max(200).optional() }) }
  app.get('/media/:asset', { schema: playing }, async (request, reply) => {
    const { link } = request.query
    if (link !== undefined) return playByLink(deps, reply, request.params.asset, link)
    const asset = await living(deps, request.params.asset)
    // there is no smaller copy of a film to look at; a photo has one, and its original is for who may download
    await mayLook(deps, guard, request, asset, isPhoto(asset) ? 'original' : null)
    await sendOriginal(deps, reply, asset, { inPlace: true, cacheControl: forGood })
    return reply
  })

  // for players that know no cookies
  const one = z.object({ id: idOrSlug, item: uuidText })
  app.get('/api/galleries/:id/items/:item/media', { schema: { params: one } }, async (request): Promise<MediaLink> => {
    const gallery = await guard.visit(request, request.params.id)
    const asset = await findItemAsset(deps.db, gallery.id, request.params.item)
    if (!asset) throw new AppError('not_found')
    if ((await isHidden(deps.db, asset.itemId)) && !(await guard.owns(request, gallery))) throw new AppError('not_found')
    if (asset.state !== 'stored') throw new AppError('original_missing')
    if (isPhoto(asset)) await guard.download(request, gallery, 'original')
    const clientId = (await guard.pass(request, gallery))?.link.clientId ?? null
    const now = deps.clock.now()
    const grant = { kind: 'media' as const, galleryId: gallery.id, archiveId: null, assetId: asset.id, clientId }
    const link = await shareLink(deps.db, grant, now, deps.settings.linkLife.media)
    const token = mintLink({ id: link.id, kind: 'media', expiresAt: link.expiresAt }, deps.settings.tokenSecrets)
    return {
      media_url: `${deps.settings.publicUrl}/media/${asset.id}?link=${token}`,
      expires_in: Math.floor((link.expiresAt.getTime() - now.getTime()) / seconds(1)),
    }
  })
}

/** Which size its file is: films and tracks have no other. */
const sizeOf = (asset: Asset): Size => (isPhoto(asset) ? 'original' : 'screen')

// thumbnails are too small to be taken, and the wall is drawn of them at once
const markedKind = { thumbnail: 'thumbnail', medium: 'marked_medium', preview: 'marked_preview' } as const

/** `mark`: what the address says of the mark. Only the address that names what is sent may be kept for good: with another mark, or none, it is another one. */
async function sendSmall(
  deps: Pick<Deps, 'db' | 'storage' | 'queue' | 'clock' | 'log'>,
  reply: FastifyReply,
  asset: Asset,
  kind: DerivativesTable['kind'],
  { mark, save = false }: { mark?: string | undefined; save?: boolean },
): Promise<void> {
  const small = await findDerivative(deps.db, asset.id, kind)
  // somebody may have found it lost since the asset was read
  if (!small) throw notThere(await living(deps, asset.id))
  const lasting = !save && mark === (small.mark ? markName(small.mark) : undefined)
  try {
    await sendRange(reply, {
      size: small.size,
      etag: small.storageKey.slice(small.storageKey.lastIndexOf('/') + 1),
      mime: small.mime,
      cacheControl: lasting ? forGood : 'private, no-cache, no-transform',
      open: (from, to) => deps.storage.open(small.storageKey, from, to),
      ...(save ? { fileName: `${asset.originalName.replace(/\.[^.]*$/, '') || 'photo'}.jpg` } : {}),
    })
  } catch (error) {
    // a store that is away is another error: this one is there, and has not what the row says
    if (!isCode(error, 'source_changed')) throw error
    // what was lost together may come back together: then nothing is to be drawn
    if (asset.state !== 'stored' || !isWhole(await deps.storage.size(asset.storageKey), asset)) throw new AppError('not_found')
    deps.log.warn({ asset: asset.id, key: small.storageKey, error: String(error) }, 'a small picture is lost and is drawn again')
    await deps.db.transaction().execute((tx) => drawLost(deps, tx, asset.galleryId, small))
    throw notThere({ ...asset, renderState: 'waiting' })
  }
}

/** A small picture that waits to be drawn comes by itself, as soon as its original is there; others never. */
const notThere = ({ state, renderState }: Asset): AppError =>
  new AppError(state === 'stored' && renderState === 'waiting' ? 'pictures_waiting' : 'not_found')

async function living({ db }: Pick<Deps, 'db'>, id: string): Promise<Asset> {
  const asset = await findAsset(db, id)
  if (!asset) throw new AppError('not_found')
  return asset
}

async function playByLink(deps: Deps, reply: FastifyReply, assetId: string, token: string): Promise<FastifyReply> {
  const grant = readLink(token, deps.settings.tokenSecrets)
  const link = await findLink(deps.db, grant.id)
  const now = deps.clock.now()
  if (grant.kind !== 'media' || link?.kind !== 'media' || link.assetId !== assetId) throw new AppError('link_unknown')
  checkLink(link, now)
  if (link.client) checkAccess(link.client, now)
  const asset = await living(deps, assetId)
  // hidden since it was given
  if (link.clientId && (await isHidden(deps.db, asset.itemId))) throw new AppError('not_found')
  await sendOriginal(deps, reply, asset, { inPlace: true, begins: () => noteUse(deps.db, link, now) })
  return reply
}

/** The owner sees everything; a guest what is published, and takes home (`take`: in which size) where that is theirs. */
async function mayLook(
  deps: Pick<Deps, 'db'>,
  guard: Guard,
  request: FastifyRequest,
  asset: Asset,
  take: Size | null,
): Promise<{ gallery: Gallery; owns: boolean }> {
  const gallery = await findGallery(deps.db, asset.galleryId)
  if (!gallery) throw new AppError('not_found')
  if (mayManage(await guard.asker(request), gallery, 'galleries:read')) return { gallery, owns: true }
  if (await isHidden(deps.db, asset.itemId)) throw new AppError('not_found')
  // a track of somebody's library: only where its owner says that all may play it (C15)
  if (gallery.kind === 'collection' && (await isPublicMedia(deps.db, asset.id))) return { gallery, owns: false }
  await guard.guest(request, gallery.slug)
  if (take) await guard.download(request, gallery, take)
  return { gallery, owns: false }
}
