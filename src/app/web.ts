/** Serves the built web app: two pages under their addresses, and files that never change under /assets. */
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import serveFiles from '@fastify/static'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { App } from '../http/app.ts'

/** Each built page, and the addresses it stands under. */
export const pages = {
  'studio.html': [
    '/',
    '/setup',
    '/setup/*',
    '/invite/*',
    '/sign-in',
    ...['galleries', 'archives', 'rescue', 'jobs', 'webhooks', 'outbox', 'pages', 'activity', 'settings'].flatMap((page) => [
      `/${page}`,
      `/${page}/*`,
    ]),
  ],
  'guest.html': ['/g/:slug', '/g/:slug/*'],
}

/**
 * Adds the pages of the folder `dir`. Names in assets/ carry a hash, so browsers keep them for good. `front` makes the page of a
 * gallery out of the built one; null: it has answered itself, because there is nothing to show.
 */
export async function serveWeb(
  app: App,
  dir: string,
  front: (request: FastifyRequest, reply: FastifyReply, page: { html: string; slug: string; rest: string }) => Promise<string | null>,
): Promise<void> {
  await app.register(serveFiles, {
    root: path.join(path.resolve(dir), 'assets'),
    prefix: '/assets/',
    immutable: true,
    maxAge: '365d',
    index: false,
    decorateReply: false,
    preCompressed: true,
  })
  for (const [file, addresses] of Object.entries(pages)) {
    const html = await readFile(path.join(dir, file), 'utf8')
    for (const address of addresses) {
      app.get<{ Params: { slug?: string; '*'?: string } }>(address, { schema: { hide: true } }, async (request, reply) => {
        const { slug, '*': rest = '' } = request.params
        const page = slug === undefined ? html : await front(request, reply, { html, slug, rest })
        if (page === null) return reply
        return reply.header('cache-control', 'private, no-cache').type('text/html; charset=utf-8').send(page)
      })
    }
  }
}
