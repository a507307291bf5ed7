/** One HTTP server with one way to serve the ZIP: `live|stored|static <store> <plan> <key>`; prints its port. */
import path from 'node:path'
import fastifyStatic from '@fastify/static'
import fastify from 'fastify'
import { openLive } from '../src/features/archives/source.ts'
import { sendRange } from '../src/http/send.ts'
import { sealedOf, storeAt } from './plan.ts'

const [way, store, plan, key] = process.argv.slice(2) as [string, string, string, string]
const storage = await storeAt(store)
const sealed = sealedOf(plan)
const app = fastify()

if (way === 'static') await app.register(fastifyStatic, { root: path.join(store, 'objects') })
else
  app.get('/*', async (_request, reply) => {
    // as features/archives/download.ts does
    await sendRange(reply, {
      size: sealed.layout.total,
      etag: sealed.planHash,
      mime: 'application/zip',
      fileName: 'gallery.zip',
      flushFirst: true,
      open: (from, to) => (way === 'stored' ? storage.open(key, from, to) : openLive(storage, sealed, from, to)),
    })
  })
console.log(await app.listen({ port: 0, host: '127.0.0.1' }))
process.once('SIGTERM', () => void app.close())
