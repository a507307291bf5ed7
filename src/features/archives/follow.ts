/** Routes of a download link: the bytes behind it, or a page that says why there are none and what can be done. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { AppError, isCode } from '../../base/errors.ts'
import { findArchive } from '../../data/archives.ts'
import { findAsset } from '../../data/assets.ts'
import { findGalleryOfAnyState } from '../../data/galleries.ts'
import { findLink, type HeldLink, noteUse } from '../../data/links.ts'
import { checkAccess } from '../../domain/access.ts'
import { type Gallery, stateAt } from '../../domain/gallery.ts'
import { checkLink, maskAddress, mayResume, readLink } from '../../domain/link.ts'
import { addressGroup } from '../../http/address.ts'
import { type App, strictRate, takeEmptyForms, uuidText } from '../../http/app.ts'
import { type Action, answerGone, answerNotice, refuseByPage, speaks, wantsPage } from '../../http/notice.ts'
import { noticeWords } from '../../http/notice-words.ts'
import { sendOriginal } from '../../http/original.ts'
import { askedRange } from '../../http/range.ts'
import type { Streams } from '../../http/streams.ts'
import type { Deps } from '../../ports/deps.ts'
import { asksForPage, showDelivery, wantsAnother } from './delivery-page.ts'
import { askParts, showParts } from './delivery-parts.ts'
import { type Sending, sendArchive } from './download.ts'
import { progressOf } from './progress.ts'
import { renew, renewsTo } from './renew.ts'

export function followRoutes(app: App, deps: Deps, sending: Sending, streams: Streams): void {
  takeEmptyForms(app)
  const params = z.object({ token: z.string().max(200) })

  app.route({
    method: ['GET', 'HEAD'],
    url: '/d/:token',
    schema: { params, querystring: z.object({ go: z.string().max(10).optional(), parts: uuidText.optional() }) },
    handler: async (request, reply) => {
      let link: HeldLink | undefined
      try {
        link = await linkOf(deps, request.params.token)
        await checkHolder(deps, request, link)
        const { archiveId } = link
        const { go, parts } = request.query
        if (parts) await showParts(deps, reply, link, parts)
        else if (archiveId && asksForPage(request, link, go)) await showDelivery(deps, reply, { ...link, archiveId })
        else await sendTarget(deps, sending, reply, link)
      } catch (error) {
        await answerEnded(deps, request, reply, error, link)
      }
      return reply
    },
  })

  // for the page, while its archive is being packed
  app.get('/d/:token/progress', { schema: { params }, exposeHeadRoute: false }, async (request, reply) => {
    const link = await heldLink(deps, request, request.params.token)
    // the letter was for its holder, whatever guests may see by now
    return streams.open(request, reply, progressOf(deps, link.galleryId), { asker: addressGroup(request.ip) })
  })

  // one click, and a new link is sent to the address that this one was made for; whoever clicks learns nothing of it
  const wish = z.object({ parts: z.literal('1').optional() })
  app.post(
    '/d/:token',
    { schema: { params, querystring: wish }, config: strictRate, errorHandler: refuseByPage },
    async (request, reply) => {
      let link: HeldLink | undefined
      try {
        link = await linkOf(deps, request.params.token)
        if (request.query.parts) {
          await checkHolder(deps, request, link)
          const parts = await askParts(deps, link)
          return reply.redirect(`/d/${request.params.token}${parts ? `?parts=${parts}` : ''}`, 303)
        }
        const isLive = !link.revokedAt && link.expiresAt > deps.clock.now()
        if (isLive && !(await wantsAnother(deps, link))) return reply.redirect(request.url, 303)
        const { email, locale } = await renew(deps, link)
        const to = maskAddress(email)
        if (!wantsPage(request)) return reply.code(202).send({ sent_to: to })
        const [title, text] = noticeWords[locale].sent(to)
        answerNotice(reply, 202, locale, { title, text, icon: 'mail' })
      } catch (error) {
        await answerEnded(deps, request, reply, error, link)
      }
      return reply
    },
  )
}

/** The link of a token that still gives its holder what it was made for; else why not. */
export async function heldLink(deps: Deps, request: FastifyRequest, token: string): Promise<HeldLink> {
  const link = await linkOf(deps, token)
  await checkHolder(deps, request, link)
  return link
}

async function linkOf(deps: Deps, token: string): Promise<HeldLink> {
  const grant = readLink(token, deps.settings.tokenSecrets)
  const link = await findLink(deps.db, grant.id)
  if (!link || link.kind !== grant.kind || !(link.archiveId || link.kind === 'file')) throw new AppError('link_unknown')
  return link
}

/** Does the link still give its holder what it was made for? */
async function checkHolder(deps: Deps, request: FastifyRequest, link: HeldLink): Promise<void> {
  const now = deps.clock.now()
  try {
    checkLink(link, now)
  } catch (error) {
    if (!isCode(error, 'link_expired') || !(await goesOn(deps, request, link))) throw error
  }
  if (!link.client) return
  checkAccess(link.client, now)
  if (link.client.permission !== 'download') throw new AppError('download_forbidden')
}

/** A later part of the very bytes (If-Range, RFC 9110 13.1.5) whose transfer began while the link lived. */
async function goesOn(deps: Deps, request: FastifyRequest, link: HeldLink): Promise<boolean> {
  const { range, 'if-range': ifRange } = request.headers
  if (ifRange === undefined || !mayResume(link, deps.clock.now())) return false
  const bytes = await bytesOf(deps, link)
  if (!bytes) return false
  const asked = askedRange({ method: request.method, range, ifRange: String(ifRange), etag: `"${bytes.etag}"`, size: bytes.size })
  return asked.kind === 'part' && asked.from > 0
}

async function bytesOf({ db }: Deps, link: HeldLink): Promise<{ etag: string; size: number } | undefined> {
  if (link.archiveId) {
    const archive = await findArchive(db, link.archiveId)
    return archive && { etag: archive.planHash, size: archive.fileSizeBytes }
  }
  const asset = link.assetId ? await findAsset(db, link.assetId) : undefined
  return asset && { etag: asset.sha256.toString('hex'), size: asset.size }
}

async function sendTarget(deps: Deps, sending: Sending, reply: FastifyReply, link: HeldLink): Promise<void> {
  const begins = () => noteUse(deps.db, link, deps.clock.now())
  if (link.archiveId) return sendArchive(deps, sending, reply, link.archiveId, { link }, begins)
  const asset = link.assetId ? await findAsset(deps.db, link.assetId) : undefined
  if (!asset) throw new AppError('link_unknown')
  await sendOriginal(deps, reply, asset, { begins })
}

/** A person reads a page with the next step, a program the problem. */
async function answerEnded(deps: Deps, request: FastifyRequest, reply: FastifyReply, error: unknown, link: HeldLink | undefined) {
  const gallery = link && (await findGalleryOfAnyState(deps.db, link.galleryId))
  const hasEnded = isCode(error, 'link_expired') && link && gallery && wantsPage(request)
  const action = hasEnded ? await nextStep(deps, request, link, gallery) : undefined
  // not that a new one can be asked for
  const isOver = hasEnded && !action && stateAt(gallery, deps.clock.now()) !== 'active'
  if (!answerGone(request, reply, isOver ? new AppError('gallery_closed') : error, gallery?.locale, action)) throw error
}

async function nextStep(deps: Deps, request: FastifyRequest, link: HeldLink, gallery: Gallery): Promise<Action | undefined> {
  const words = noticeWords[speaks(request, gallery.locale)]
  const client = await renewsTo(deps, link, gallery)
  if (client) return { label: words.renewButton, text: words.renew(maskAddress(client.email)), icon: 'mail' }
  // whoever asked on the page asks there again
  if (link.kind === 'email' || stateAt(gallery, deps.clock.now()) !== 'active' || !gallery.downloadEnabled) return undefined
  return { label: words.toGallery, text: words.again, href: `/g/${gallery.slug}` }
}
