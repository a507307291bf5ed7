/** Routes of links to a gallery's page: they leave a pass in the browser and lead to the page. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { AppError } from '../../base/errors.ts'
import { findGalleryOfAnyState } from '../../data/galleries.ts'
import { countUse, findLink } from '../../data/links.ts'
import { type Gallery, isClosed, stateAt } from '../../domain/gallery.ts'
import { readLink } from '../../domain/link.ts'
import { type App, idOrSlug, strictRate, takeEmptyForms } from '../../http/app.ts'
import { answerNotFound } from '../../http/closed.ts'
import type { Guard } from '../../http/guard.ts'
import { answerGone, answerNotice, refuseByPage, speaks, wantsPage } from '../../http/notice.ts'
import { noticeWords } from '../../http/notice-words.ts'
import { type LinkPass, leavePass, passOfToken } from '../../http/pass.ts'
import type { Deps } from '../../ports/deps.ts'
import { askRestore } from './ask-restore.ts'

export function openRoutes(app: App, deps: Deps, guard: Guard): void {
  takeEmptyForms(app)
  const params = z.object({ token: z.string().max(200) })

  // what looks into every link of a letter (mail scanners, previews of chats) uses none up: that takes the click
  app.get('/s/:token', { schema: { params } }, (request, reply) =>
    follow(request, reply, request.params.token, async (pass, gallery) => {
      if (await hasBetter(request, pass, gallery)) return enter(reply, gallery)
      if (pass.link.maxUses !== null) {
        if (pass.link.usedCount >= pass.link.maxUses) throw new AppError('link_used_up')
        const words = noticeWords[speaks(request, gallery.locale)]
        const [title, text] = words.shared
        return answerNotice(reply, 200, gallery.locale, { title, text, icon: 'box', action: { label: words.open } })
      }
      leavePass(deps, reply, pass)
      enter(reply, gallery)
    }),
  )

  app.post('/s/:token', { schema: { params }, config: strictRate, errorHandler: refuseByPage }, (request, reply) =>
    follow(request, reply, request.params.token, async (pass, gallery) => {
      if (await hasBetter(request, pass, gallery)) return enter(reply, gallery)
      if (!(await countUse(deps.db, pass.link.id))) throw new AppError('link_used_up')
      leavePass(deps, reply, pass)
      enter(reply, gallery)
    }),
  )

  // the button of the page that says there is no such gallery; a name that could be none is none
  app.post(
    '/g/:slug',
    { schema: { params: z.object({ slug: z.string().max(200) }) }, config: strictRate, errorHandler: refuseByPage },
    (request, reply) => askRestore(deps, request, reply, idOrSlug.safeParse(request.params.slug).data ?? ''),
  )

  async function follow(
    request: FastifyRequest,
    reply: FastifyReply,
    token: string,
    work: (pass: LinkPass, gallery: Gallery) => Promise<void>,
  ): Promise<FastifyReply> {
    try {
      const gallery = await galleryOf(token)
      // archived: its links were closed with it, and what was behind them is no longer there
      if (gallery.state === 'archived') return await closed(request, reply, gallery)
      const pass = await passOfToken(deps, token)
      // the page says when it ended; a visit that shows nothing is not counted
      if (isClosed(stateAt(gallery, deps.clock.now()))) {
        leavePass(deps, reply, pass)
        enter(reply, gallery)
      } else await work(pass, gallery)
    } catch (error) {
      if (!answerGone(request, reply, error, undefined)) throw error
    }
    return reply
  }

  async function galleryOf(token: string): Promise<Gallery> {
    const link = await findLink(deps.db, readLink(token, deps.settings.tokenSecrets).id)
    const gallery = link && (await findGalleryOfAnyState(deps.db, link.galleryId))
    if (!gallery || gallery.state === 'deleted') throw new AppError('link_unknown')
    return gallery
  }

  async function closed(request: FastifyRequest, reply: FastifyReply, gallery: Gallery): Promise<FastifyReply> {
    if (!wantsPage(request)) throw new AppError('not_found')
    // the button of that very page
    if (request.method === 'POST') return askRestore(deps, request, reply, gallery.id)
    await answerNotFound(deps, request, reply)
    return reply
  }

  /** This very link was opened here before, or the browser knows who sits at it and the link does not. */
  async function hasBetter(request: FastifyRequest, pass: LinkPass, gallery: Gallery): Promise<boolean> {
    const had = await guard.pass(request, gallery)
    return had !== undefined && (had.link.id === pass.link.id || (had.link.client !== null && pass.link.client === null))
  }
}

function enter(reply: FastifyReply, gallery: Gallery): void {
  reply.header('cache-control', 'no-store').redirect(`/g/${gallery.slug}`, 303)
}
