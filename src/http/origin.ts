/** Refuses changes that another site sends through somebody's browser. */
import { AppError } from '../base/errors.ts'
import type { App } from './app.ts'

/** Refuses every request with a foreign Origin or Sec-Fetch-Site that could change something. */
export function refuseForeignOrigins(app: App, publicUrl: string): void {
  const own = new URL(publicUrl).host
  app.addHook('onRequest', (request, _reply, done) => {
    const safe = request.method === 'GET' || request.method === 'HEAD' || request.method === 'OPTIONS'
    // a browser never adds an API key by itself
    const byKey = request.headers.authorization !== undefined && request.headers.cookie === undefined
    done(safe || byKey || isOwn(request.headers, own) ? undefined : new AppError('foreign_origin'))
  })
}

/** Browsers say where a request comes from in one of these headers and no page can change them; programs send neither. */
function isOwn(headers: Record<string, string | string[] | undefined>, own: string): boolean {
  const site = headers['sec-fetch-site']
  if (site !== undefined) return site === 'same-origin' || site === 'none'
  const { origin, host } = headers
  if (origin === undefined) return true
  const from = URL.parse(String(origin))?.host
  // the address in the browser may be another one than the configured one: on the own network, or behind a tunnel
  return from !== undefined && from !== '' && (from === own || from === host)
}
