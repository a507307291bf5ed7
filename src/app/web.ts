/** Serves the built web app: two pages under their addresses, and files that never change under /assets. */
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import serveFiles from '@fastify/static'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { App } from '../http/app.ts'

const pages = {
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
 * Adds the pages of the folder `dir`. Names in assets/ carry a hash, so browsers keep them for good. `closed` answers for a gallery
 * that has nothing to show, without a program and with a status that search engines understand; false: the page may come.
 */
export async function serveWeb(
  app: App,
  dir: string,
  closed: (request: FastifyRequest, reply: FastifyReply, slug: string) => Promise<boolean>,
): Promise<void> {
  await app.register(serveFiles, {
    root: path.join(path.resolve(dir), 'assets'),
    prefix: '/assets/',
    immutable: true,
    maxAge: '365d',
    index: false,
    decorateReply: false,
  })
  for (const [file, addresses] of Object.entries(pages)) {
    const html = await readFile(path.join(dir, file))
    for (const address of addresses) {
      app.get<{ Params: { slug?: string } }>(address, { schema: { hide: true } }, async (request, reply) => {
        const { slug } = request.params
        if (slug !== undefined && (await closed(request, reply, slug))) return reply
        return reply.header('cache-control', 'no-cache').type('text/html; charset=utf-8').send(html)
      })
    }
  }
}
