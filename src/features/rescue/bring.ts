/**
 * A file that its owner brings by hand, because the provider has it no more: checked, proven and kept as one that was fetched. Whoever
 * fetches the track at that moment finds its fence raised, and brings nothing any more. What is here already is not replaced; what was
 * here and is lost is healed.
 */
import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { after, hours } from '../../base/clock.ts'
import { AppError, isCode } from '../../base/errors.ts'
import { newId, newToken } from '../../base/id.ts'
import { deleteAssets, handAsset } from '../../data/assets.ts'
import { discard } from '../../data/garbage.ts'
import { endRounds, listMedia, putMedia, repointMedia, takeFromHolder } from '../../data/rescues.ts'
import { findSharer, findTrack, lockTrack, type TrackRow } from '../../data/tracks.ts'
import { unfinishedRescue, uploadUnder } from '../../domain/asset.ts'
import { mediaCheck } from '../../domain/media-check/check.ts'
import { type MediaRole, mostBytes } from '../../domain/rescue.ts'
import type { Tx } from '../../ports/database/port.ts'
import type { Deps } from '../../ports/deps.ts'
import { ensureCollection } from './collection.ts'
import type { Fetched } from './fetch.ts'
import { hearSecondOpinion } from './opinion.ts'
import { findTwin, keepFile, uncollected } from './save.ts'

type Needs = Pick<Deps, 'db' | 'storage' | 'queue' | 'images' | 'probe' | 'clock' | 'settings'>
type Body = AsyncIterable<Uint8Array>

/** Throws `not_found`, `track_saved` when that file is here, `media_type` when it is no such file, `upload_too_large`. */
export async function bringMedia(deps: Needs, ownerId: string, id: string, role: MediaRole, body: Body): Promise<void> {
  const track = await findTrack(deps.db, ownerId, id)
  if (!track) throw new AppError('not_found')
  if (isHere(track, role)) throw new AppError('track_saved')
  const galleryId = await ensureCollection(deps, ownerId)
  const now = deps.clock.now()
  const assetId = newId(now)
  const key = `galleries/${galleryId}/assets/${assetId}-${newToken(9)}`
  await deps.db.transaction().execute((tx) => discard(tx, [key], unfinishedRescue, after(now, uncollected(role))))
  const file = await store(deps, key, role, body).catch(async (error: unknown) => {
    // the key itself is garbage already
    await deps.storage.dropUpload(uploadUnder(key)).catch(() => {})
    // no other server is to blame
    throw isCode(error, 'remote_unreadable') ? new AppError('media_type', error.facts, { cause: error }) : error
  })
  const twin = await findTwin(deps, galleryId, file)
  await deps.db.transaction().execute(async (tx) => {
    const held = (await lockTrack(tx, ownerId, id)) && (await findTrack(tx, ownerId, id))
    if (!held) throw new AppError('not_found')
    if (isHere(held, role)) throw new AppError('track_saved')
    await putMedia(tx, id, role)
    await keepFile(deps, tx, { ...held, galleryId }, role, { assetId, file, twin })
    await replaceLost(deps, tx, held, role)
    await settle(deps, tx, id)
  })
}

const isHere = ({ media }: TrackRow, role: MediaRole): boolean =>
  media.some((one) => one.role === role && one.state === 'stored' && one.assetState === 'stored')

/** What stood in this role before is lost: other tracks with the same bytes have the new file, too, and the old one has had its time. */
async function replaceLost({ clock }: Pick<Deps, 'clock'>, tx: Tx, { itemId, ownerId, media }: TrackRow, role: MediaRole): Promise<void> {
  const lost = media.find((one) => one.role === role)
  if (!lost?.assetId) return
  const now = (await findTrack(tx, ownerId, itemId))!
  const fresh = now.media.find((one) => one.role === role)!
  if (fresh.sha256!.equals(lost.sha256!)) await repointMedia(tx, lost.assetId, fresh.assetId!)
  else if (now.media.some(({ assetId }) => assetId === lost.assetId)) return
  const sharer = await findSharer(tx, lost.assetId, itemId)
  if (sharer) await handAsset(tx, lost.assetId, sharer.itemId)
  else await discard(tx, await deleteAssets(tx, [lost.assetId]), 'brought again', after(clock.now(), hours(24)))
}

/** Bytes under their key, proven: as `fetchMedia` leaves them. */
async function store(deps: Needs, key: string, role: MediaRole, body: Body): Promise<Fetched> {
  const { storage, settings } = deps
  const upload = uploadUnder(key)
  const check = mediaCheck({ role })
  const sha256 = createHash('sha256')
  let sum = 0
  let size = 0
  let broken: unknown
  async function* passing(): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for await (const bytes of body) {
        check.pass(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length))
        sha256.update(bytes)
        sum = crc32(bytes, sum)
        size += bytes.length
        yield bytes
      }
    } catch (error) {
      broken = error
    }
  }
  await storage.beginUpload(upload)
  const reached = await storage.appendUpload(upload, 0, passing(), Math.min(mostBytes[role], settings.maxUploadBytes))
  if (broken !== undefined) throw broken
  if (!size) throw new AppError('empty_file')
  const { sort: _, ...facts } = check.end()
  await storage.finishUpload(upload, key)
  const stored = await storage.digest(key, Float64Array.of(size))
  const digest = { crc32: sum, sha256: sha256.digest('hex') }
  if (reached !== size || stored.sha256 !== digest.sha256) throw new AppError('source_changed', { key, reason: 'sha256' })
  await hearSecondOpinion(deps, { key, role, signal: new AbortController().signal }, size)
  return { key, size, ...digest, ...facts }
}

/** What is still missing is tried once more now; nobody who held the track brings anything any more. */
async function settle({ clock }: Pick<Deps, 'clock'>, tx: Tx, id: string): Promise<void> {
  const now = clock.now()
  const media = await listMedia(tx, [id])
  const whole = media.every(({ state }) => state === 'stored')
  const audio = media.some(({ role, state }) => role === 'audio' && state === 'stored')
  const missing = media.some(({ state }) => state === 'waiting')
  await endRounds(tx, id, now)
  await takeFromHolder(tx, id, {
    // a cover alone brings no lost sound back: it is not waited for
    state: whole ? 'rescued' : audio ? 'partial' : missing ? 'retrying' : 'lost',
    dueAt: !whole && missing ? now : null,
    ...(whole ? { errorCode: null, errorDetail: null } : {}),
  })
}
