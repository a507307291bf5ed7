/** Routes of links to a gallery's page: they leave a pass in the browser and lead to the page. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { AppError } from '../../base/errors.ts'
import { findGalleryOfAnyState } from '../../data/galleries.ts'
import { countUse } from '../../data/links.ts'
import type { Gallery } from '../../domain/gallery.ts'
import { type App, strictRate, takeEmptyForms } from '../../http/app.ts'
import type { Guard } from '../../http/guard.ts'
import { answerGone, answerNotice, refuseByPage, speaks } from '../../http/notice.ts'
import { noticeWords } from '../../http/notice-words.ts'
import { leavePass, type Pass, passOfToken } from '../../http/pass.ts'
import type { Deps } from '../../ports/deps.ts'

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
        return answerNotice(reply, 200, gallery.locale, { title, text, action: { label: words.open } })
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

  async function follow(
    request: FastifyRequest,
    reply: FastifyReply,
    token: string,
    work: (pass: Pass, gallery: Gallery) => Promise<void>,
  ): Promise<FastifyReply> {
    try {
      const pass = await passOfToken(deps, token)
      const gallery = await findGalleryOfAnyState(deps.db, pass.link.galleryId)
      if (!gallery || gallery.state === 'deleted') throw new AppError('link_unknown')
      await work(pass, gallery)
    } catch (error) {
      if (!answerGone(request, reply, error, undefined)) throw error
    }
    return reply
  }

  /** This very link was opened here before, or the browser knows who sits at it and the link does not. */
  async function hasBetter(request: FastifyRequest, pass: Pass, gallery: Gallery): Promise<boolean> {
    const had = await guard.pass(request, gallery)
    return had !== undefined && (had.link.id === pass.link.id || (had.link.client !== null && pass.link.client === null))
  }
}

function enter(reply: FastifyReply, gallery: Gallery): void {
  reply.header('cache-control', 'no-store').redirect(`/g/${gallery.slug}`, 303)
}
