/**
 * Fetches one file of a provider: bytes flow into the storage, hashed and checked as they pass, and are read back before they count.
 *
 * Three tries; one that broke off goes on where it was when the provider's validator says that the file is the same, and begins
 * anew otherwise. When it throws nothing is left; who is killed leaves bytes that
 * the collector of garbage takes away, for the caller has noted the key there.
 */
import { createHash, type Hash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { crc32 } from 'node:zlib'
import { seconds } from '../../base/clock.ts'
import { AppError, isCode } from '../../base/errors.ts'
import { uploadUnder } from '../../domain/asset.ts'
import { type Found, mediaCheck, type Role } from '../../domain/media-check/check.ts'
import { unreadable } from '../../domain/media-check/unreadable.ts'
import type { Walk } from '../../domain/media-check/walk.ts'
import { isHostOf, providerRules } from '../../domain/provider.ts'
import { longestPause } from '../../domain/rescue.ts'
import type { Deps } from '../../ports/deps.ts'
import type { HttpAnswer } from '../../ports/http/port.ts'
import { failureOf, isSameFile, validatorOf } from './answer.ts'
import { hearSecondOpinion } from './opinion.ts'

export type FetchDeps = Pick<Deps, 'http' | 'storage' | 'clock' | 'providers' | 'probe'>

export interface MediaRequest {
  url: string
  role: Role
  /** where it is to lie: a fresh key of ours, used for this call alone */
  key: string
  /** whose rules hold; `generic` if not given */
  provider?: string
  /** the provider's id of the track: one whose API is asked says where the file lies now, when its address has ended */
  providerRef?: string | null
  /** besides those of the provider, names in small letters */
  headers?: Record<string, string>
  /** how long the provider says that it is; null: it does not say */
  expectedSeconds?: number | null
  maxBytes: number
  /** no try begins after it, and none goes on */
  deadline: Date
  signal: AbortSignal
}

/** What lies under the key now. */
export interface Fetched {
  key: string
  /** bytes */
  size: number
  crc32: number
  /** lower-case hex */
  sha256: string
  mime: string
  /** without the dot */
  extension: string
  /** null: the file does not say, or is a picture */
  seconds: number | null
  width?: number
  height?: number
}

export interface FetchPatience {
  /** milliseconds between the tries */
  waits?: readonly number[]
  /** a body that brings less than `leastBytes` in this time is given up, milliseconds */
  windowMs?: number
}

const usualWaits = [seconds(5), seconds(10)]
// slower than the slowest telephone line
const usualWindow = seconds(30)
const leastBytes = 8 * 1024
const slowestBytesPerSecond = 64 * 1024
// a timer knows no more
const longest = 2 ** 31 - 1

/**
 * Throws `remote_gone` (404, 410), `remote_busy` (facts: `retryAfterMs`), `remote_unreadable` (facts: `reason`, `detail`),
 * `remote_too_large`, `remote_unreachable`, `address_refused` (a final one: also for a host that is not the provider's), errors of
 * the storage as they are, and the signal's reason.
 */
export async function fetchMedia(deps: FetchDeps, request: MediaRequest, patience: FetchPatience = {}): Promise<Fetched> {
  const { storage } = deps
  const rules = providerRules(request.provider ?? 'generic')
  if (!isHostOf(rules, request.url)) throw new AppError('address_refused', { detail: `This is no address of ${rules.name}.` })
  await storage.beginUpload(uploadUnder(request.key))
  try {
    const { transfer, found } = await anywhere(deps, request, patience)
    await storage.finishUpload(uploadUnder(request.key), request.key)
    const digest = { crc32: transfer.crc32, sha256: transfer.sha256.digest('hex') }
    if ((await readBack(storage, request, transfer.at)) !== digest.sha256)
      throw new AppError('source_changed', { key: request.key, reason: 'sha256' })
    await hearSecondOpinion(deps, request, transfer.at)
    const { sort: _, ...facts } = found
    return { key: request.key, size: transfer.at, ...digest, ...facts }
  } catch (error) {
    // a store that is away at this moment must not hide what happened: what is left is garbage
    await abandonMedia(deps, request.key).catch(() => {})
    throw error
  }
}

/** Takes away what a fetch that failed has left for this key, to which no row points. */
async function abandonMedia({ storage }: Pick<Deps, 'storage'>, key: string): Promise<void> {
  await storage.dropUpload(uploadUnder(key))
  await storage.delete(key)
}

/**
 * SHA-256 of what is stored. Not by `storage.digest`: its threads and their ring are made for archives, and for songs of 6 MB cost
 * a gigabyte of memory before it is collected (measured, 200 songs).
 */
async function readBack(storage: Deps['storage'], { key, signal }: MediaRequest, size: number): Promise<string> {
  const source = await storage.open(key, 0, size)
  const sha256 = createHash('sha256')
  const buffer = Buffer.allocUnsafeSlow(256 * 1024)
  try {
    for (let n = await source.read(buffer); n > 0; n = await source.read(buffer)) {
      signal.throwIfAborted()
      sha256.update(buffer.subarray(0, n))
    }
    return sha256.digest('hex')
  } finally {
    await source.close()
  }
}

/** What has come so far. */
interface Transfer {
  /** bytes, all of them in the storage */
  at: number
  crc32: number
  sha256: Hash
  check: Walk<Found>
  /** bytes of the whole; null: nobody said */
  total: number | null
  /** by which the provider knows this version again; null: it cannot go on */
  validator: string | null
  /** where it came from, redirects followed */
  from: string
}

const begin = (request: MediaRequest): Transfer => ({
  at: 0,
  crc32: 0,
  sha256: createHash('sha256'),
  check: mediaCheck(request),
  total: null,
  validator: null,
  from: request.url,
})

/** Where the provider's API says that the file is, when it is not any more where we were told. */
async function anywhere(deps: FetchDeps, request: MediaRequest, patience: FetchPatience) {
  const { provider = 'generic', providerRef, role, signal } = request
  try {
    return await inTries(deps, request, patience)
  } catch (error) {
    const ended =
      isCode(error, 'remote_gone') || (isCode(error, 'remote_unreachable') && (error.facts.status === 401 || error.facts.status === 403))
    if (!ended || !providerRef) throw error
    const made = await deps.providers.find(provider, providerRef, signal).catch(() => null)
    signal.throwIfAborted()
    const url = made && { audio: made.audioUrl, cover: made.coverUrl, video: made.videoUrl }[role]
    if (!url || url === request.url || !isHostOf(providerRules(provider), url)) throw error
    return inTries(deps, { ...request, url }, patience)
  }
}

async function inTries(deps: FetchDeps, request: MediaRequest, { waits = usualWaits, windowMs = usualWindow }: FetchPatience) {
  const { signal } = request
  let transfer = begin(request)
  for (let n = 0; ; n++) {
    try {
      await deps.providers.turn(request.provider ?? 'generic', request.url, signal)
      const found = await attempt(deps, request, transfer, windowMs)
      return { transfer, found }
    } catch (error) {
      signal.throwIfAborted()
      const wait = pauseAfter(deps, request, error, waits[n])
      if (wait === null) throw error
      if (transfer.validator === null) transfer = begin(request)
      await sleep(wait, undefined, { signal }).catch(() => signal.throwIfAborted())
    }
  }
}

/** Milliseconds until the next try of this run; null: there is none. */
function pauseAfter({ clock, providers }: FetchDeps, request: MediaRequest, error: unknown, wait: number | undefined): number | null {
  const asked = isCode(error, 'remote_busy') ? Number(error.facts.retryAfterMs) : 0
  if (asked) providers.pause(request.provider ?? 'generic', request.url, Math.min(asked, longestPause))
  // an end that nobody announced may be that of a line that broke
  const broke = isCode(error, 'remote_unreadable') && error.facts.reason === 'cut' && error.facts.announced === false
  if (wait === undefined || !(broke || isCode(error, 'remote_unreachable') || isCode(error, 'remote_busy'))) return null
  const pause = Math.max(wait, asked)
  // longer than our patience: others have their turn meanwhile
  return asked > usualWaits[1]! || pause >= timeLeft({ clock }, request) ? null : pause
}

const timeLeft = ({ clock }: Pick<Deps, 'clock'>, { deadline }: MediaRequest): number => deadline.getTime() - clock.now().getTime()

async function attempt(deps: FetchDeps, request: MediaRequest, transfer: Transfer, windowMs: number): Promise<Found> {
  const left = timeLeft(deps, request)
  if (left <= 0) throw new AppError('remote_unreachable', { reason: 'no time left' })
  const byPace = seconds(90) + (request.maxBytes / slowestBytesPerSecond) * seconds(1)
  const going = transfer.at > 0
  const own = sameOrigin(transfer.from, request.url) ? headersOf(deps, request) : {}
  const on: Record<string, string> = going ? { range: `bytes=${transfer.at}-`, 'if-range': transfer.validator! } : {}
  const ask = { url: transfer.from, headers: { ...own, ...on }, redirects: 3, signal: request.signal }
  const limits = { deadlineMs: Math.ceil(Math.min(left, byPace, longest)), maxBytes: request.maxBytes }
  return deps.http.fetch({ ...ask, ...limits }, (answer) => take(deps, request, transfer, answer, windowMs))
}

function headersOf({ providers }: FetchDeps, { provider = 'generic', headers }: MediaRequest): Record<string, string> {
  return { ...providerRules(provider).headers, ...providers.headers(provider), ...headers }
}

const sameOrigin = (one: string, other: string): boolean => URL.parse(one)?.origin === URL.parse(other)?.origin

async function take(deps: FetchDeps, request: MediaRequest, transfer: Transfer, answer: HttpAnswer, windowMs: number): Promise<Found> {
  const goesOn = transfer.at > 0 && isSameFile(answer, transfer)
  if (!goesOn) {
    const led = transfer.from !== request.url
    // the whole again, or another file than before, or a refusal: nothing of what came is of use
    Object.assign(transfer, begin(request))
    const failure = failureOf(answer, deps.clock.now())
    // where a redirect led to a moment ago is no more than that: the first address is asked again
    if (failure) throw led ? new AppError('remote_unreachable', failure.facts) : failure
    const length = answer.headers['content-length']
    Object.assign(transfer, { total: length === undefined ? null : Number(length), validator: validatorOf(answer), from: answer.url })
    if (transfer.total !== null && transfer.total > request.maxBytes) throw new AppError('remote_too_large', { maxBytes: request.maxBytes })
  }
  await store(deps, request, transfer, answer.body, windowMs)
  try {
    return transfer.check.end()
  } catch (error) {
    transfer.validator = null
    const { facts } = error as AppError
    throw isCode(error, 'remote_unreadable') ? unreadable(facts.reason as 'cut', { ...facts, announced: transfer.total !== null }) : error
  }
}

/** Appends the body to what is there. Throws what broke it, after all that came is durable. */
async function store({ storage }: FetchDeps, request: MediaRequest, transfer: Transfer, body: AsyncIterable<Buffer>, windowMs: number) {
  let broken: unknown
  async function* passing(): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for await (const bytes of paced(body, windowMs)) {
        transfer.check.pass(bytes)
        transfer.crc32 = crc32(bytes, transfer.crc32)
        transfer.sha256.update(bytes)
        transfer.at += bytes.length
        yield bytes
      }
    } catch (error) {
      broken = error
    }
  }
  const reached = await storage.appendUpload(uploadUnder(request.key), transfer.at, passing(), request.maxBytes)
  if (broken === undefined && reached !== transfer.at) broken = new AppError('storage_unreachable', { key: request.key, reason: 'short' })
  if (reached !== transfer.at) transfer.validator = null
  if (broken !== undefined) throw broken
  const { total, at } = transfer
  if (total !== null && at !== total) throw new AppError('remote_unreachable', { reason: 'it broke off', at, total })
}

/** A body that drips is given up; one that is silent ends by the Http port. */
async function* paced(body: AsyncIterable<Buffer>, windowMs: number): AsyncGenerator<Buffer, void, undefined> {
  let began = performance.now()
  let came = 0
  for await (const bytes of body) {
    came += bytes.length
    yield bytes
    const now = performance.now()
    if (now - began < windowMs) continue
    if (came < leastBytes) throw new AppError('remote_unreachable', { reason: 'too slow' })
    began = now
    came = 0
  }
}
