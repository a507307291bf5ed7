/** Turns every error into an RFC 9457 problem that tells the caller what they may know, and the log the rest. */
import type { FastifyError } from 'fastify'
import { AppError, type ErrorCode, errorTable, fullDatabase, lostDatabase, unkeptText } from '../base/errors.ts'
import type { Log } from '../ports/deps.ts'
import type { App } from './app.ts'

/** The body of application/problem+json. */
export interface ProblemBody {
  type: string
  title: string
  status: number
  code: ErrorCode
  detail?: string
  request_id: string
  errors?: FieldError[]
  /** too_many_requests: when to ask again */
  retry_after_ms?: number
  /** export_unready: how far it is */
  percent?: number
}

/** Which part of the request is wrong, and why. */
export interface FieldError {
  path: string
  message: string
}

/** Sets the answer of an app to errors. */
export function answerProblems(app: App, log: Log): void {
  app.setErrorHandler((error, request, reply) => {
    const known = asAppError(error)
    if (known.status >= 500) {
      const { cause, ...rest } = describe(error)
      log.error({ request_id: request.id, code: known.code, facts: known.facts, ...rest, cause }, 'request failed')
    }
    // what a route has said about the bytes it meant to send
    for (const name of ['etag', 'content-disposition', ...(known.status === 416 ? [] : ['content-range', 'accept-ranges'])])
      reply.removeHeader(name)
    reply.header('cache-control', 'no-store')
    const wait = secondsToWait(known)
    if (wait !== undefined) reply.header('retry-after', String(wait))
    return reply
      .status(known.status)
      .type('application/problem+json')
      .send(Buffer.from(problemText(known, request.id)))
  })
}

/** The problem as text: sent as it is, so that no schema of a route can cut or refuse it. */
export function problemText(error: AppError, requestId: string): string {
  const { detail, reason, errors, percent, retryAfter } = error.facts
  // Facts are written for the log. These are written for the caller, and never about a failure of ours.
  const shown = error.status < 500 || error.code === 'storage_full'
  const body: ProblemBody = {
    type: `urn:keepsake:problem:${error.code}`,
    title: errorTable[error.code][1],
    status: error.status,
    code: error.code,
    ...(shown && typeof detail === 'string' ? { detail } : {}),
    ...(shown && error.code === 'zip_invalid' && typeof reason === 'string' ? { detail: reason } : {}),
    request_id: requestId,
    ...(error.code === 'bad_request' && Array.isArray(errors) ? { errors: errors as FieldError[] } : {}),
    ...(error.code === 'too_many_requests' && typeof retryAfter === 'number' ? { retry_after_ms: Math.ceil(retryAfter * 1000) } : {}),
    ...(error.code === 'export_unready' && typeof percent === 'number' ? { percent } : {}),
  }
  return JSON.stringify(body)
}

/** The error of our table that says what happened: ours, Fastify's, the database's, or `internal`. */
export function asAppError(error: unknown): AppError {
  if (error instanceof AppError) return error
  const fastify = error as Partial<FastifyError> & {
    validation?: { instancePath?: string; message?: string }[]
    validationContext?: string
  }
  if (fastify.validation) return badRequest(fastify.validationContext ?? 'body', fastify.validation, error)
  const code = fastifyCodes[fastify.code ?? '']
  if (code) return new AppError(code, { detail: details[fastify.code ?? ''] }, { cause: error })
  // libraries pack what happened to our database into errors of their own
  const cause = error instanceof Error ? error.cause : undefined
  if (cause instanceof AppError && (cause.status === 503 || cause.status === 507)) return cause
  if (fullDatabase(error)) return new AppError('storage_full', {}, { cause: error })
  if (lostDatabase(error)) return new AppError('unavailable', {}, { cause: error })
  if (unkeptText(error)) return new AppError('bad_request', { detail: 'A text holds a NUL, which cannot be kept.' }, { cause: error })
  const byStatus = statuses[fastify.statusCode ?? 0]
  return new AppError(byStatus ?? 'internal', {}, { cause: error })
}

const fastifyCodes: Record<string, ErrorCode> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported_type',
  FST_ERR_CTP_BODY_TOO_LARGE: 'bad_request',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'bad_request',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'bad_request',
  FST_ERR_CTP_INVALID_JSON_BODY: 'bad_request',
  FST_ERR_BAD_URL: 'bad_request',
  FST_ERR_MAX_PARAM_LENGTH: 'bad_request',
  FST_ERR_NOT_FOUND: 'not_found',
}
const details: Record<string, string> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'The body is larger than 1 MiB.',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'The body has not the length its header says.',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'The body is empty.',
  FST_ERR_CTP_INVALID_JSON_BODY: 'The body is no valid JSON.',
  FST_ERR_BAD_URL: 'The address is not well-formed.',
  FST_ERR_MAX_PARAM_LENGTH: 'A part of the address is too long.',
}
const statuses: Record<number, ErrorCode> = {
  400: 'bad_request',
  404: 'not_found',
  405: 'method_not_allowed',
  413: 'bad_request',
  415: 'unsupported_type',
  429: 'too_many_requests',
  503: 'unavailable',
}

function badRequest(part: string, found: { instancePath?: string; message?: string }[], cause: unknown): AppError {
  const errors = found.map(
    (v): FieldError => ({ path: `${part}${v.instancePath ?? ''}`.replace(/\/$/, ''), message: v.message ?? 'is not valid' }),
  )
  return new AppError('bad_request', { errors }, { cause })
}

/** Seconds to wait; services that come back by themselves and full disks name a time of ours. */
function secondsToWait(error: AppError): number | undefined {
  if (typeof error.facts.retryAfter === 'number') return Math.max(1, Math.ceil(error.facts.retryAfter))
  if (error.status === 503) return 5
  return error.status === 507 ? 60 : undefined
}

/** An error and its causes, for the log. */
function describe(error: unknown): { error: string; stack?: string; cause?: string } {
  if (!(error instanceof Error)) return { error: String(error) }
  return {
    error: error.message,
    stack: error.stack,
    cause: error.cause instanceof Error ? (error.cause.stack ?? error.cause.message) : undefined,
  }
}
