/** The words routes are written in: the app, a plugin of routes, parameters that every feature shares. */
import { Socket } from 'node:net'
// these two add their words to Fastify's types: cookies, and the rate limit of a route
import type {} from '@fastify/cookie'
import type {} from '@fastify/rate-limit'
import type { FastifyBaseLogger, FastifyInstance, RawReplyDefaultExpression, RawRequestDefaultExpression, RawServerDefault } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { AppError } from '../base/errors.ts'
import type { Deps } from '../ports/deps.ts'
import type { Guard } from './guard.ts'

/** The server as routes see it: schemas are zod, and what they parse is typed. */
export type App = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  ZodTypeProvider
>

/** The routes of one feature. Each plugin gets a scope of its own: parsers and hooks it adds stay inside. */
export type RoutePlugin = (app: App, deps: Deps, guard: Guard) => void

/** `config` of routes at which passwords are tried; the throttles count wrong ones besides. */
export const strictRate = { rateLimit: { max: 30, timeWindow: 60_000 } }

/** An id of ours, as it stands in addresses. */
export const uuidText = z.string().regex(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/, 'is not an id')
/** A gallery is named by id or slug everywhere; an id has the form of a slug too. */
export const idOrSlug = z
  .string()
  .max(100, 'is neither an id nor a slug')
  .regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/, 'is neither an id nor a slug')

/** Params of `/…/:id` where the id is a uuid. */
export const idParams = z.object({ id: uuidText })
/** Params of `/…/:id` where the id is a gallery's id or slug. */
export const galleryParams = z.object({ id: idOrSlug })
/** Params of `/…/:slug`. */
export const slugParams = z.object({ slug: idOrSlug })

/** Lets the routes of this scope be called by a form without fields: a page's button without a program. */
export function takeEmptyForms(app: App): void {
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'buffer', bodyLimit: 1024 }, (_request, body, done) => {
    done(body.length ? new AppError('unsupported_type') : null, undefined)
  })
}

/**
 * Lets the routes of this scope take bodies of `type` as they come: `request.body` is the stream, nothing is read
 * beforehand and no limit is set. A sender that says nothing for `idleMs` is cut off.
 */
export function takeRawBodies(app: App, type: string, idleMs = 120_000): void {
  app.addContentTypeParser(type, (request, payload, done) => {
    const { socket } = request.raw
    const cut = () => socket.destroy()
    // `inject` has no socket
    if (socket instanceof Socket) {
      socket.setTimeout(idleMs, cut)
      // what is done with the bytes afterwards may take its time
      payload.once('close', () => socket.setTimeout(0, cut))
    }
    done(null, payload)
  })
}
