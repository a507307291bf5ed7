/** Serves the built web app: two pages under their addresses, and files that never change under /assets. */
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import serveFiles from '@fastify/static'
import type { App } from '../http/app.ts'

const pages = {
  'studio.html': ['/', '/galleries', '/galleries/*', '/setup', '/sign-in', '/outbox'],
  'guest.html': ['/g/:slug', '/g/:slug/*'],
}

/** Adds the pages of the folder `dir`. Names in assets/ carry a hash, so browsers keep them for good. */
export async function serveWeb(app: App, dir: string): Promise<void> {
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
      app.get(address, { schema: { hide: true } }, (_request, reply) =>
        reply.header('cache-control', 'no-cache').type('text/html; charset=utf-8').send(html),
      )
    }
  }
}
