/** tus 1.0 (core, creation, creation-with-upload, termination) over the steps of this folder; the protocol itself is @tus/server's. */
import { Readable } from 'node:stream'
import { DataStore, Server, Upload as TusUpload } from '@tus/server'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { AppError, type ErrorCode } from '../../base/errors.ts'
import { isUuid } from '../../base/id.ts'
import type { Upload } from '../../data/uploads.ts'
import type { Gallery } from '../../domain/gallery.ts'
import { chapterOf } from '../../domain/item.ts'
import type { Deps } from '../../ports/deps.ts'
import { giveUp, receive, standing, type UploadDeps } from './accept.ts'
import { type Announced, begin } from './begin.ts'
import { bodyOf } from './body.ts'
import type { Result } from './finish.ts'

export const uploadsPath = '/api/uploads'

type TusDeps = UploadDeps & Pick<Deps, 'settings'>
type Metadata = Record<string, string | null>
/** The gallery an upload is for, if the one who asks may change it. */
type OpenGallery = (idOrSlug: string) => Promise<Gallery>

/** What we know of one request besides what @tus/server knows. */
interface Asked {
  openGallery: OpenGallery
  result: Result | null
  failure?: unknown
}

/** Answers one tus request, or throws an AppError. */
export type TusHandler = (request: FastifyRequest, reply: FastifyReply, openGallery: OpenGallery) => Promise<void>

export function tusHandler(deps: TusDeps): TusHandler {
  const asked = new WeakMap<object, Asked>()
  const known = (request: object): Asked => asked.get(request)!

  const server = new Server({
    path: uploadsPath,
    relativeLocation: true,
    maxSize: deps.settings.maxUploadBytes,
    allowedOrigins: [],
    datastore: new Store(deps),
    // the lease in the row is the lock: it holds across processes, and a HEAD needs none
    locker: { newLock: () => ({ lock: async () => {}, unlock: async () => {} }) },
    // the one hook that sees both the request and its metadata before anything is made
    namingFunction: async (request, metadata = {}) => {
      const length = Number(request.headers.get('upload-length'))
      const gallery = await known(request).openGallery(metadata.gallery ?? '')
      return (await begin(deps, gallery, announced(metadata, length, deps.clock.now()))).id
    },
    onUploadFinish: async (request, upload) => {
      known(request).result = (await standing(deps, upload.id)).result
      return {}
    },
    onResponseError: (request, error) => {
      known(request).failure = error
      return undefined
    },
  })

  return async (request, reply, openGallery) => {
    const web = webRequest(request, deps.settings.publicUrl)
    const facts: Asked = { openGallery, result: null }
    asked.set(web, facts)
    const answer = await server.handleWeb(web)
    reply.header('tus-resumable', '1.0.0').header('cache-control', 'no-store')
    if (facts.failure !== undefined || answer.status >= 400) throw asOurs(facts.failure, answer.status, reply)
    if (request.method === 'HEAD') facts.result = (await standing(deps, idOf(request))).result
    for (const [name, value] of answer.headers) if (!name.startsWith('access-control-')) reply.header(name, value)
    if (facts.result) reply.header('upload-result', facts.result)
    return reply.status(answer.status).send()
  }
}

/** Our steps as @tus/server asks for them. */
class Store extends DataStore {
  private readonly deps: UploadDeps

  constructor(deps: UploadDeps) {
    super()
    this.deps = deps
    // no expiration: what is finished belongs to its gallery, and what is not has sweepUploads
    this.extensions = ['creation', 'creation-with-upload', 'termination']
  }

  /** `begin` has made it already. */
  override async create(upload: TusUpload): Promise<TusUpload> {
    return upload
  }

  override async getUpload(id: string): Promise<TusUpload> {
    const { upload, offset } = await standing(this.deps, id)
    return new TusUpload({
      id,
      offset,
      size: upload.size,
      metadata: { filename: upload.name },
      creation_date: upload.createdAt.toISOString(),
    })
  }

  override async write(body: Readable, id: string, offset: number): Promise<number> {
    return (await receive(this.deps, id, offset, body)).offset
  }

  override async remove(id: string): Promise<void> {
    await giveUp(this.deps, id)
  }
}

/** The metadata a sender gives. What is only a hint (the time, the type) never refuses a picture. */
function announced(metadata: Metadata, size: number, now: Date): Announced {
  const sha256 = metadata.sha256 ?? null
  if (sha256 !== null && !/^[0-9a-f]{64}$/i.test(sha256))
    throw new AppError('bad_request', { detail: 'sha256 is not 64 hexadecimal digits.' })
  const modified = Number(metadata.modified ?? Number.NaN)
  const likely = Number.isSafeInteger(modified) && modified >= 0 && modified < Date.UTC(9999, 0)
  return {
    name: metadata.filename ?? '',
    size,
    modifiedAt: likely ? new Date(modified) : now,
    sha256: sha256 === null ? null : Buffer.from(sha256, 'hex'),
    chapter: chapterOf(metadata.chapter),
    replaces: metadata.replaces && isUuid(metadata.replaces) ? metadata.replaces : null,
  }
}

/** The request as the fetch standard has it; the body stays a stream. */
function webRequest(request: FastifyRequest, base: string): Request {
  const headers = new Headers()
  for (const [name, value] of Object.entries(request.headers)) if (typeof value === 'string') headers.set(name, value)
  const sends = request.method === 'PATCH' || (request.method === 'POST' && hasBody(request))
  const body = sends ? (Readable.toWeb(bodyOf(request.raw)) as ReadableStream<Uint8Array>) : null
  return new Request(new URL(request.url, base), { method: request.method, headers, body, duplex: 'half' } as RequestInit)
}

const hasBody = ({ headers }: FastifyRequest) => headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
export const idOf = (request: FastifyRequest): Upload['id'] => (request.params as { id: string }).id

/** An error of @tus/server in the words of our table. */
function asOurs(failure: unknown, status: number, reply: FastifyReply): unknown {
  if (status === 412) reply.header('tus-version', '1.0.0')
  const plain = typeof failure === 'object' && failure !== null && 'status_code' in failure && 'body' in failure
  if (failure !== undefined && !plain) return failure
  const { status_code: code, body } = (failure ?? { status_code: status, body: '' }) as { status_code: number; body: string }
  return new AppError(statuses[code] ?? 'bad_request', { detail: body.trim() || 'A header of the tus protocol is missing or wrong.' })
}

const statuses: Record<number, ErrorCode> = {
  404: 'upload_unknown',
  409: 'upload_offset',
  410: 'upload_gone',
  413: 'upload_too_large',
}
