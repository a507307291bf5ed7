/** Tells an address that does not exist from one that exists for other methods. */
import { AppError } from '../base/errors.ts'
import type { App } from './app.ts'

/** Answers 405 with Allow where only the method is wrong, and 404 everywhere else. Call it before the routes are added. */
export function answerUnknown(app: App): void {
  const known = new Map<string, { pattern: RegExp; methods: Set<string> }>()
  app.addHook('onRoute', ({ url, method }) => {
    const entry = known.get(url) ?? { pattern: patternOf(url), methods: new Set<string>() }
    for (const one of [method].flat()) entry.methods.add(one)
    known.set(url, entry)
  })
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?')[0]!
    // a literal address before one with parameters: /api/galleries/bulk-archive is not /api/galleries/:id
    const found = [...known].filter(([, { pattern }]) => pattern.test(path)).sort(([a], [b]) => count(a) - count(b))[0]
    if (!found || found[1].methods.has(request.method)) throw new AppError('not_found')
    reply.header('allow', [...found[1].methods].join(', '))
    throw new AppError('method_not_allowed')
  })
}

const count = (url: string) => url.split(/[:*]/).length

/** A route's address as a pattern: `/api/galleries/:id`, `/assets/*`. */
function patternOf(url: string): RegExp {
  const parts = url.split(/(:\w+|\*)/).map((part) => (part === '*' ? '.*' : part.startsWith(':') ? '[^/]+' : RegExp.escape(part)))
  return new RegExp(`^${parts.join('')}$`)
}
