/** The HTTP server: limits, parsers, headers and errors once, then the routes of every feature in a scope of its own. */
import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Server } from 'node:http'
import path from 'node:path'
import cookie from '@fastify/cookie'
import helmet from '@fastify/helmet'
import rateLimit from '@fastify/rate-limit'
import swagger from '@fastify/swagger'
import fastify, { type FastifyBaseLogger, type FastifyReply, LogController } from 'fastify'
import { jsonSchemaTransform, serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod'
import { hours, minutes, seconds } from '../base/clock.ts'
import { AppError } from '../base/errors.ts'
import { bootOf } from '../features/galleries/boot.ts'
import { guestPage } from '../features/galleries/page.ts'
import { addressGroup } from '../http/address.ts'
import type { App, RoutePlugin } from '../http/app.ts'
import { takeStrictJson } from '../http/body.ts'
import { answerIfClosed } from '../http/closed.ts'
import { packWords } from '../http/compress.ts'
import type { Guard } from '../http/guard.ts'
import { answerUnknown } from '../http/methods.ts'
import { refuseForeignOrigins } from '../http/origin.ts'
import { answerProblems, asAppError, problemText } from '../http/problem.ts'
import type { Deps, Log } from '../ports/deps.ts'
import { serveWeb } from './web.ts'

export interface ServerParts {
  deps: Deps
  guard: Guard
  routes: RoutePlugin[]
  /** folder of the built web app: studio.html, guest.html, assets/ */
  webDir?: string
  /** whose X-Forwarded-For counts: so many proxies before us, or those at these addresses; nobody's without it */
  trustProxy?: number | string[]
  /** told of every answer */
  answered?: (facts: { method: string; route: string; status: number; seconds: number }) => void
}

/** How long running answers may go on after `close` was called. */
const graceMs = seconds(30)

/** The server, ready to `listen` or to `inject`; `close` lets running answers end for 30 s. */
export async function makeServer({ deps, guard, routes, webDir, trustProxy, answered }: ServerParts): Promise<App> {
  const app: App = fastify<Server>({
    loggerInstance: asFastifyLog(deps.log),
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomUUID(),
    bodyLimit: 1024 * 1024,
    routerOptions: { maxParamLength: 500 },
    trustProxy: typeof trustProxy === 'number' ? (_address, hop) => hop < trustProxy : (trustProxy ?? false),
    // An upload is one request and may take a working day on a slow line; headers have a minute, JSON half of one.
    requestTimeout: hours(24),
    http: { headersTimeout: minutes(1), maxHeaderSize: 32 * 1024 },
    // A download that goes on over a kept connection must not be refused while we drain: browsers give up on 503.
    return503OnClosing: false,
    frameworkErrors: (error, request, reply) => {
      const known = asAppError(error)
      const answer: FastifyReply = reply
      answer
        .status(known.status)
        .type('application/problem+json')
        .send(Buffer.from(problemText(known, request.id)))
    },
    clientErrorHandler: (error, socket) => {
      if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy()
      const status = error.code === 'HPE_HEADER_OVERFLOW' ? '431 Request Header Fields Too Large' : '400 Bad Request'
      socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`)
    },
  }).withTypeProvider<ZodTypeProvider>()
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)

  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id)
    done()
  })
  noteAnswers(app, deps.log, answered)
  answerProblems(app, deps.log)
  answerUnknown(app)
  takeStrictJson(app)
  packWords(app)
  await app.register(helmet, headersFor(deps.settings.publicUrl))
  refuseForeignOrigins(app, deps.settings.publicUrl)
  await app.register(cookie)
  await app.register(rateLimit, {
    // a gallery of thousands of thumbnails, scrolled fast by a household behind one address, stays below it
    max: 60_000,
    timeWindow: minutes(1),
    // Retry-After of a refusal says it all
    addHeaders: { 'x-ratelimit-limit': false, 'x-ratelimit-remaining': false, 'x-ratelimit-reset': false },
    addHeadersOnExceeding: { 'x-ratelimit-limit': false, 'x-ratelimit-remaining': false, 'x-ratelimit-reset': false },
    keyGenerator: (request) => addressGroup(request.ip),
    errorResponseBuilder: (_request, { ttl }) => new AppError('too_many_requests', { retryAfter: ttl / seconds(1) }),
  })
  await app.register(swagger, {
    openapi: { openapi: '3.1.0', info: { title: 'Keepsake', version: '1' }, servers: [{ url: deps.settings.publicUrl }] },
    transform: jsonSchemaTransform,
  })
  drain(app)

  // before the routes: each scope inherits it
  if (webDir !== undefined) app.decorate('noticePage', await readFile(path.join(webDir, 'notice.html'), 'utf8'))
  for (const plugin of routes) {
    await app.register(async (scope) => plugin(scope.withTypeProvider<ZodTypeProvider>(), deps, guard))
  }
  app.get('/api/openapi.json', { schema: { hide: true } }, () => app.swagger())
  if (webDir !== undefined)
    await serveWeb(app, webDir, async (request, reply, { html, slug, rest }) => {
      if (await answerIfClosed(deps, guard, request, reply, slug)) return null
      return guestPage(html, await bootOf(deps, guard, request, slug, rest), deps.clock.now())
    })
  return app
}

/** One line for each answer. The route, not the address: addresses may hold link tokens. */
function noteAnswers(app: App, log: Log, answered: ServerParts['answered']): void {
  app.addHook('onResponse', (request, reply, done) => {
    const facts = {
      request_id: request.id,
      method: request.method,
      route: request.routeOptions.url ?? 'unknown',
      status: reply.raw.statusCode,
      ms: Math.round(reply.elapsedTime),
    }
    log.info(facts, 'request')
    answered?.({ method: facts.method, route: facts.route, status: facts.status, seconds: reply.elapsedTime / seconds(1) })
    done()
  })
}

function headersFor(publicUrl: string) {
  const https = publicUrl.startsWith('https:')
  return {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        imgSrc: ["'self'", 'data:', 'blob:'],
        mediaSrc: ["'self'", 'blob:'],
        objectSrc: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
      },
    },
    // over plain http on the own network these two would lock people out
    strictTransportSecurity: https,
    crossOriginOpenerPolicy: https,
    originAgentCluster: https,
    referrerPolicy: { policy: 'same-origin' as const },
    xFrameOptions: { action: 'deny' as const },
  }
}

/** After `close`: connections that fall idle end at once, those still busy when the grace is over are cut. */
function drain(app: App): void {
  const timers: NodeJS.Timeout[] = []
  app.addHook('preClose', (done) => {
    timers.push(setInterval(() => app.server.closeIdleConnections(), 200))
    timers.push(setTimeout(() => app.server.closeAllConnections(), graceMs))
    done()
  })
  app.addHook('onClose', (_app, done) => {
    for (const timer of timers) clearInterval(timer)
    done()
  })
}

/** Fastify's logger over our port: it logs rarely (errors of hooks), we log requests and errors ourselves. */
function asFastifyLog(log: Log): FastifyBaseLogger {
  const say = (to: Log['info']) => (facts: unknown, message?: string) => {
    const { err, error, request_id } = (typeof facts === 'object' && facts !== null ? facts : {}) as Record<string, unknown>
    const cause = err ?? error
    to({ request_id, error: cause instanceof Error ? (cause.stack ?? cause.message) : undefined }, message ?? String(facts))
  }
  const none = () => {}
  const warn = say((facts, message) => log.warn(facts, message))
  const error = say((facts, message) => log.error(facts, message))
  const made: FastifyBaseLogger = {
    level: 'warn',
    silent: none,
    trace: none,
    debug: none,
    info: none,
    warn,
    error,
    fatal: error,
    child: () => made,
  }
  return made
}
