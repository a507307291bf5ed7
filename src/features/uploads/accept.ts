/**
 * Takes the bytes of an upload: stored and synced, hashed as they pass, the offset noted, and at the last byte the asset.
 *
 * An upload goes: begun → receiving (offset grows) → complete (offset = size) → finished (asset committed, or told that the
 * gallery has these bytes). A kill anywhere leaves an earlier one of these, and the next request goes on from there: the
 * row's offset is never ahead of what is durable, and a complete upload is finished by whoever asks for it next.
 * One request at a time holds the lease in the row; who has lost it notes nothing. A lease that ends without being let go was
 * that of a server that died, or only stalls and may still write: whoever takes it over gives the upload bytes of its own (the
 * next generation), so that a late write reaches neither them nor the original they become.
 */
import { after, seconds } from '../../base/clock.ts'
import { AppError } from '../../base/errors.ts'
import { newToken } from '../../base/id.ts'
import {
  becameAsset,
  type Claimed,
  claimUpload,
  findUpload,
  releaseUpload,
  renewUpload,
  saveOffset,
  type Upload,
} from '../../data/uploads.ts'
import { nextChunk, readAll } from '../../ports/bytes.ts'
import type { Deps } from '../../ports/deps.ts'
import { type FinishOptions, finish, forget, type Lease, openHeld, type Result } from './finish.ts'
import { type Hashes, pass, type Running, startHash } from './hashes.ts'

export type UploadDeps = Pick<Deps, 'db' | 'storage' | 'queue' | 'images' | 'clock'> & { hashes: Hashes }

export interface Received {
  /** what is durable now */
  offset: number
  /** what became of it; null until the last byte is there */
  result: Result | null
}

// A killed server's upload waits this long; a living one renews it while bytes come.
const lease = seconds(10)
// So much at most has to be sent again after a kill.
const stretchBytes = 32 * 1024 * 1024

/**
 * Appends `body` at `offset`. A body that breaks off is no error: what came is kept. `upload_busy` while another request
 * holds the lease, `upload_offset` when the upload is not there, `upload_too_large` for more than was announced.
 */
export async function receive(
  deps: UploadDeps,
  id: string,
  offset: number,
  body: AsyncIterable<Uint8Array>,
  options: FinishOptions = {},
): Promise<Received> {
  const token = newToken(12)
  const upload = await claim(deps, id, token)
  const held = holder(deps, id, token)
  // Not let go when this fails: then the next one has to take it over, too.
  if (upload.tookOver && !upload.finishedAt) await takeOver(deps, upload, held)
  try {
    if (upload.received !== offset) throw new AppError('upload_offset', { offset: upload.received })
    if (upload.finishedAt) return { offset: upload.size, result: await resultOf(deps, upload) }
    const running = await append(deps, upload, { token, held }, body)
    if (running.at < upload.size) {
      deps.hashes.keep(id, running)
      return { offset: running.at, result: null }
    }
    const digest = { crc32: running.crc32, sha256: running.sha256.digest() }
    return { offset: upload.size, result: await finish(deps, upload, { token, held }, digest, options) }
  } finally {
    await letGo(deps, id, token)
  }
}

/** How far the upload is. One that is complete but was not finished, because the server was killed, is finished now. */
export async function standing(deps: UploadDeps, id: string): Promise<Received & { upload: Upload }> {
  const upload = await findUpload(deps.db, id)
  if (!upload) throw new AppError('upload_unknown')
  if (upload.finishedAt) return { upload, offset: upload.size, result: await resultOf(deps, upload) }
  if (upload.received < upload.size) return { upload, offset: upload.received, result: null }
  return { upload, ...(await receive(deps, id, upload.size, nothing())) }
}

/** Gives up an upload that was not finished, with its bytes. */
export async function giveUp(deps: Pick<Deps, 'db' | 'storage' | 'clock'>, id: string): Promise<void> {
  const token = newToken(12)
  const upload = await claim(deps, id, token)
  try {
    if (upload.finishedAt) throw new AppError('upload_gone')
    // No `takeOver`: of what goes nothing is copied, the bytes of all who held it go at once.
    if (!(await forget(deps, upload, token, 'upload given up'))) throw new AppError('upload_busy', { id })
  } finally {
    // As above: bytes that were neither taken nor dropped are left to one who takes over.
    if (!upload.tookOver || upload.finishedAt) await letGo(deps, id, token)
  }
}

/** The bytes come under our own name. Who slept meanwhile has lost them to the next one, and leaves nothing behind. */
async function takeOver({ storage }: Pick<Deps, 'storage'>, upload: Upload, held: Lease['held']): Promise<void> {
  await storage.takeUpload(upload, upload.received, held)
  if (await held()) return
  await storage.dropUpload(upload)
  throw new AppError('upload_busy', { id: upload.id })
}

async function claim({ db, clock }: Pick<Deps, 'db' | 'clock'>, id: string, token: string): Promise<Claimed> {
  const now = clock.now()
  const upload = await claimUpload(db, id, token, now, after(now, lease))
  if (upload) return upload
  throw new AppError((await findUpload(db, id)) ? 'upload_busy' : 'upload_unknown', { id })
}

// A database that is gone at this moment must not hide what happened: the lease ends by itself.
const letGo = ({ db }: Pick<Deps, 'db'>, id: string, token: string) => releaseUpload(db, id, token).catch(() => {})

function holder({ db, clock }: Pick<Deps, 'db' | 'clock'>, id: string, token: string): Lease['held'] {
  let renewAt = after(clock.now(), lease / 2)
  return async () => {
    const now = clock.now()
    if (now < renewAt) return true
    renewAt = after(now, lease / 2)
    return renewUpload(db, id, token, after(now, lease))
  }
}

const resultOf = async ({ db }: Pick<Deps, 'db'>, upload: Upload): Promise<Result> =>
  (await becameAsset(db, upload.assetId)) ? 'stored' : 'duplicate'

/** Stores the body stretch by stretch, and notes each. Answers the digest of everything that is durable now. */
async function append(deps: UploadDeps, upload: Upload, { token, held }: Lease, body: AsyncIterable<Uint8Array>): Promise<Running> {
  const { db, storage, clock } = deps
  const { id, size } = upload
  let running = deps.hashes.take(id, upload.received) ?? (await hashAgain(deps, upload, upload.received, held))
  const chunks = body[Symbol.asyncIterator]()
  let ahead = await nextChunk(chunks)

  async function* stretch(): AsyncGenerator<Uint8Array, void, undefined> {
    for (let passed = 0; ahead && passed < stretchBytes && (await held()); ahead = await nextChunk(chunks)) {
      pass(running, ahead)
      passed += ahead.length
      yield ahead
    }
  }
  for (let at = upload.received; ahead; ) {
    const reached = await storage.appendUpload(upload, at, stretch(), size)
    const now = clock.now()
    if (!(await saveOffset(db, id, token, { from: at, to: reached, now, until: after(now, lease) })))
      throw new AppError('upload_busy', { id })
    if (running.at !== reached) running = await hashAgain(deps, upload, reached, held)
    if (reached === at) break
    at = reached
  }
  return running
}

/** Another process received these bytes, or this one forgot: their digest is made from what is stored. */
async function hashAgain(deps: UploadDeps, upload: Upload, to: number, held: Lease['held']): Promise<Running> {
  const running = startHash()
  if (to === 0) return running
  for await (const bytes of readAll(await openHeld(deps, upload, 0, to))) {
    // of a long film this takes minutes
    if (!(await held())) throw new AppError('upload_busy', { id: upload.id })
    pass(running, bytes)
  }
  return running
}

async function* nothing(): AsyncGenerator<Uint8Array, void, undefined> {}
