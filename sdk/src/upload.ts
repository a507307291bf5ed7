/** Uploads a file by tus 1.0: in parts, each tried again until it arrived, and gone on with after a reload or a restart of the service. */
import { type Connection, send } from './call.ts'
import { patience } from './patience.ts'
import { errorOf, KeepsakeError, ownError, passes } from './problem.ts'
import { type ResumeStore, resumeKey } from './resume.ts'
import { fill, routes } from './routes.ts'
import { sha256 } from './sha256.ts'

/** A file that can be read from any place: `openFile` of `@keepsake/sdk/node` answers one. */
export interface Readable {
  /** bytes */
  size: number
  name?: string
  /** when it was changed last, ms since 1970 */
  lastModified?: number
  /** the bytes [from, to), all of them */
  read(from: number, to: number): Promise<Uint8Array<ArrayBuffer>>
}

export interface UploadOptions {
  /** the name clients see; that of the file when it has one */
  name?: string
  /** ms since 1970; that of the file when it has one */
  lastModified?: number
  /** true: take the SHA-256 first and announce it, so that the service refuses what arrives differently; or the hex itself */
  sha256?: boolean | string
  /** bytes sent in one request (8 MiB); each is on the service's disk when it is answered */
  chunkBytes?: number
  /** bytes that the service holds for good, of all */
  onProgress?: (sent: number, total: number) => void
  /** stops; what the service holds stays there for the next try */
  signal?: AbortSignal
  /** remembers unfinished uploads, so that the same file later goes on where it stopped */
  store?: ResumeStore
  /** how long nothing may arrive before it throws, ms (5 minutes) */
  patienceMs?: number
}

export interface Uploaded {
  /** duplicate: the gallery had these bytes already */
  result: 'stored' | 'duplicate'
  /** hex, when it was asked for */
  sha256: string | null
}

/** One file on its way. */
interface Sending {
  to: Connection
  file: Readable
  /** for Upload-Metadata */
  metadata: Record<string, string>
  signal?: AbortSignal
}
interface Standing {
  path: string
  offset: number
  result: Uploaded['result'] | null
}

const tus = { 'tus-resumable': '1.0.0' }

/**
 * Sends a file into a gallery (id or slug) and resolves when it is stored for good. Lost connections, restarts of the service and
 * full disks are waited out. Throws KeepsakeError (`media_type`, `gallery_not_open`, `checksum_mismatch` …) when the service
 * refuses it, and the signal's reason when aborted.
 */
export async function upload(to: Connection, gallery: string, input: Blob | Readable, options: UploadOptions = {}): Promise<Uploaded> {
  const { signal, store, onProgress, chunkBytes = 8 * 1024 * 1024, patienceMs = 300_000 } = options
  const file = asReadable(input)
  const name = options.name ?? file.name ?? ''
  const modified = options.lastModified ?? file.lastModified
  const digest = options.sha256 === true ? await digestOf(file, signal) : options.sha256 || null
  const metadata: Record<string, string> = { gallery, filename: name }
  if (modified !== undefined) metadata.modified = String(modified)
  if (digest) metadata.sha256 = digest
  const sending: Sending = { to, file, metadata, signal }
  const key = resumeKey(to.url, gallery, { name, size: file.size, modified })
  const waiting = patience(patienceMs, signal)
  let path = (await store?.get(key)) ?? null
  let begunAnew = false
  let at: Standing | null = null
  for (;;) {
    try {
      if (!at && path) at = await look(sending, path)
      if (!at) {
        at = await begin(sending)
        path = at.path
        await store?.set(key, path)
      }
      onProgress?.(at.offset, file.size)
      while (at.offset < file.size || !at.result) {
        at = at.offset < file.size ? await sendPart(sending, at, chunkBytes) : ((await look(sending, at.path)) ?? gone())
        waiting.progress()
        onProgress?.(at.offset, file.size)
      }
      await store?.delete(key)
      return { result: at.result, sha256: digest }
    } catch (error) {
      signal?.throwIfAborted()
      // where it stands is asked anew: of a part that broke off the service may have kept some
      at = null
      if (!(error instanceof KeepsakeError)) throw error
      if (mayGoOn(error)) await waiting.wait(error, error.retryAfter)
      else if (path && isLost(error) && !begunAnew) {
        begunAnew = true
        path = null
      } else {
        await store?.delete(key)
        throw error
      }
    }
  }
}

const mayGoOn = (error: KeepsakeError) => passes(error) || error.code === 'upload_offset' || error.code === 'upload_busy'
/** Nobody knows this upload any more, or its bytes were damaged on the way: from the beginning, once. */
const isLost = ({ code }: KeepsakeError) => code === 'upload_unknown' || code === 'upload_gone' || code === 'checksum_mismatch'

async function begin({ to, file, metadata, signal }: Sending): Promise<Standing> {
  const { method, path } = fill(routes.beginUpload)
  const pairs = Object.entries(metadata).map(([name, value]) => `${name} ${base64(value)}`)
  const headers = { ...tus, 'upload-length': String(file.size), 'upload-metadata': pairs.join(',') }
  const answer = await send(to, method, path, { headers, signal })
  if (!answer.ok) throw await errorOf(answer)
  const location = answer.headers.get('location')
  if (!location) throw ownError('unclear', { status: answer.status })
  // only its path is kept: the key never follows an address elsewhere
  return { path: new URL(location, 'http://keepsake.invalid').pathname, offset: 0, result: null }
}

/** Where an upload stands; null when it is unknown. An answer to HEAD has no problem to read, its status says it. */
async function look({ to, signal }: Sending, path: string): Promise<Standing | null> {
  const answer = await send(to, 'HEAD', path, { headers: tus, signal })
  if (answer.status === 404 || answer.status === 410) return null
  if (answer.status === 423) throw ownError('unreachable', { detail: 'Another request is still sending this upload.' })
  if (!answer.ok) throw await errorOf(answer)
  return standingOf(answer, path)
}

async function sendPart({ to, file, signal }: Sending, at: Standing, chunkBytes: number): Promise<Standing> {
  const bytes = await file.read(at.offset, Math.min(file.size, at.offset + chunkBytes))
  const headers = { ...tus, 'upload-offset': String(at.offset), 'content-type': 'application/offset+octet-stream' }
  const answer = await send(to, 'PATCH', at.path, { bytes, headers, signal, within: 600_000 })
  if (!answer.ok) throw await errorOf(answer)
  return standingOf(answer, at.path)
}

function standingOf(answer: Response, path: string): Standing {
  const offset = Number(answer.headers.get('upload-offset') ?? Number.NaN)
  if (!Number.isSafeInteger(offset)) throw ownError('unclear', { status: answer.status })
  return { path, offset, result: answer.headers.get('upload-result') as Uploaded['result'] | null }
}

function gone(): never {
  throw ownError('unclear', { detail: 'The upload has gone after its last byte.' })
}

function asReadable(input: Blob | Readable): Readable {
  if ('read' in input) return input
  const { name, lastModified } = input as Blob & { name?: string; lastModified?: number }
  const read = async (from: number, to: number) => new Uint8Array(await input.slice(from, to).arrayBuffer())
  return { size: input.size, name, lastModified, read }
}

async function digestOf(file: Readable, signal?: AbortSignal): Promise<string> {
  const hash = sha256()
  const step = 4 * 1024 * 1024
  for (let at = 0; at < file.size; at += step) {
    signal?.throwIfAborted()
    hash.update(await file.read(at, Math.min(file.size, at + step)))
  }
  return hash.hex()
}

const base64 = (text: string) => btoa(Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join(''))
