/** Sends words packed: a list of 10,000 photos is 4 MB as JSON and 0.3 MB packed. Files and streams pass as they are. */
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import type { App } from './app.ts'

const brotli = promisify(brotliCompress)
const zip = promisify(gzip)
/** Below one packet nothing is won. */
const least = 1400
const words = /^(application\/(problem\+)?json|text\/(html|csv|plain)|image\/svg)/

export function packWords(app: App): void {
  app.addHook('onSend', async (request, reply, payload) => {
    const takes = String(request.headers['accept-encoding'] ?? '')
    if (typeof payload !== 'string' || payload.length < least || !words.test(String(reply.getHeader('content-type')))) return payload
    reply.header('vary', 'accept-encoding')
    if (reply.hasHeader('content-encoding') || request.method === 'HEAD') return payload
    const way = /\bbr\b/.test(takes) ? 'br' : /\bgzip\b/.test(takes) ? 'gzip' : undefined
    if (!way) return payload
    reply.header('content-encoding', way).removeHeader('content-length')
    return way === 'br' ? brotli(payload, { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } }) : zip(payload)
  })
}
