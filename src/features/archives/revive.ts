/**
 * The database is lost, the store is left: galleries come back from what lies there. Of each the newest sound archive says by its
 * manifest what was in it; every byte of it is read before its rows are written, all in one transaction, so a run that was killed
 * goes on with the galleries that are not back yet. Originals that no archive names come back under their keys. Nothing of the
 * store is changed.
 *
 * A gallery whose final archive holds all of it is archived again. Any other is a draft. Of both the password, the clients and
 * who might see them are lost (nothing of that lies in the store), so neither is open to anybody. The draft's photos lie in the
 * archive, or under keys of their own, and it is hydrated like a restored one.
 */
import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import type { Revived, RevivedGallery } from '../../../sdk/src/wire.ts'
import { after, days } from '../../base/clock.ts'
import { newId } from '../../base/id.ts'
import { note } from '../../data/activity.ts'
import { sealEntries } from '../../data/archiveEntries.ts'
import { insertArchive } from '../../data/archives.ts'
import { insertAssets } from '../../data/assets.ts'
import { changeGallery, findGalleryOfAnyState, insertGallery, takenSlugs } from '../../data/galleries.ts'
import { insertProof, insertPurges } from '../../data/inside.ts'
import { insertItems } from '../../data/items.ts'
import { takeBackSaid } from '../../data/said.ts'
import { type Archive, readArchiveKey } from '../../domain/archive.ts'
import { type Asset, type Kind, readAssetKey } from '../../domain/asset.ts'
import { freshGallery, type Gallery, slugFrom } from '../../domain/gallery.ts'
import { type ManifestPhoto, remarksOf } from '../../domain/manifest-read.ts'
import { imagesHash, recipeHash } from '../../domain/plan.ts'
import type { Recipe } from '../../domain/recipe.ts'
import { readAll } from '../../ports/bytes.ts'
import type { Tx } from '../../ports/database/port.ts'
import type { Deps } from '../../ports/deps.ts'
import { headBytes } from '../../ports/images/port.ts'
import { type Found, proveFound, readFound } from './found.ts'
import { dataAt } from './sealed.ts'

type Needs = Pick<Deps, 'db' | 'storage' | 'queue' | 'images' | 'clock' | 'log' | 'settings'>

interface Stored {
  key: string
  size: number
}

/** What lies below `galleries/{id}/`. */
interface Left {
  archives: Stored[]
  originals: Map<string, Stored>
}

/** Brings back every gallery of the store that has no row, as this owner's. `onGallery` is told of each. */
export async function reviveAll(
  deps: Needs,
  ownerId: string,
  { onGallery, signal }: { onGallery?: (gallery: RevivedGallery) => void; signal?: AbortSignal } = {},
): Promise<Revived> {
  const result: Revived = { galleries: [], known: 0, skipped: [] }
  for (const [id, left] of await survey(deps)) {
    signal?.throwIfAborted()
    if (await findGalleryOfAnyState(deps.db, id)) {
      result.known++
      continue
    }
    const back = await revive(deps, ownerId, id, left, result.skipped, signal)
    if (!back) continue
    result.galleries.push(back)
    onGallery?.(back)
  }
  return result
}

async function survey(deps: Pick<Deps, 'storage'>): Promise<Map<string, Left>> {
  const galleries = new Map<string, Left>()
  const of = (id: string) => galleries.get(id) ?? galleries.set(id, { archives: [], originals: new Map() }).get(id)!
  for await (const stored of deps.storage.list('galleries/')) {
    const archive = readArchiveKey(stored.key)
    const asset = readAssetKey(stored.key)
    if (archive) of(archive.galleryId).archives.push(stored)
    else if (asset) of(asset.galleryId).originals.set(asset.assetId, stored)
  }
  return galleries
}

async function revive(
  deps: Needs,
  ownerId: string,
  id: string,
  left: Left,
  skipped: Revived['skipped'],
  signal?: AbortSignal,
): Promise<RevivedGallery | undefined> {
  const chosen = await choose(deps, id, left, skipped, signal)
  const inside = new Set(chosen?.found.manifest.photos.map(({ asset }) => asset))
  const loose: Loose[] = []
  for (const [assetId, stored] of left.originals) {
    if (inside.has(assetId)) continue
    const read = await readLoose(deps, assetId, stored)
    if (read) loose.push(read)
    else skipped.push({ path: stored.key, reason: 'it is no picture, video or track' })
  }
  if (!chosen && !loose.length) return undefined
  return deps.db.transaction().execute((tx) => write(deps, tx, { ownerId, id, left, chosen, loose }))
}

interface Chosen {
  found: Found
  checksum: string
  /** ids of assets that are damaged in it */
  bad: Set<string>
}

/** The newest sound archive; where none is sound, the one that has most that is whole. Photos came after a final one when originals lie there that it has not. */
async function choose(deps: Needs, id: string, left: Left, skipped: Revived['skipped'], signal?: AbortSignal): Promise<Chosen | undefined> {
  const candidates: Found[] = []
  for (const { key, size } of left.archives) {
    const found = await readFound(deps, key, size)
    if (typeof found === 'string') skipped.push({ path: key, reason: found })
    else if (found.manifest.gallery.id !== id) skipped.push({ path: key, reason: 'it is the archive of another gallery' })
    else candidates.push(found)
  }
  const names = ({ manifest }: Found) => new Set(manifest.photos.map(({ asset }) => asset))
  const holdsAll = (found: Found) => [...left.originals.keys()].every((assetId) => names(found).has(assetId))
  const rank = (found: Found) => {
    const { purpose, version, fence } = readArchiveKey(found.key)!
    return [Number(purpose === 'final' && holdsAll(found)), Number(purpose === 'delivery'), version, fence]
  }
  candidates.sort((a, b) => {
    const [ours, theirs] = [rank(a), rank(b)]
    const at = ours.findIndex((n, i) => n !== theirs[i])
    return at < 0 ? 0 : theirs[at]! - ours[at]!
  })
  let best: Chosen | undefined
  for (const found of candidates) {
    const { checksum, bad } = await proveFound(deps, found, signal)
    if (bad && !bad.size) return { found, checksum, bad }
    skipped.push({ path: found.key, reason: bad ? `${bad.size} photos in it are damaged` : 'it is damaged' })
    if (bad && (!best || bad.size < best.bad.size)) best = { found, checksum, bad }
  }
  return best
}

interface Loose extends Stored {
  assetId: string
  crc32: number
  sha256: Buffer
  mime: string
  kind: Kind
}

/** Its name is lost with the database; its bytes are all there is. */
async function readLoose(deps: Pick<Deps, 'storage' | 'images'>, assetId: string, { key, size }: Stored): Promise<Loose | undefined> {
  const sum = createHash('sha256')
  let crc = 0
  let head = Buffer.alloc(0)
  for await (const part of readAll(await deps.storage.open(key, 0, size))) {
    sum.update(part)
    crc = crc32(part, crc)
    if (head.length < headBytes) head = Buffer.concat([head, part])
  }
  const type = size ? await deps.images.identify(head.subarray(0, headBytes)) : null
  return type ? { assetId, key, size, crc32: crc, sha256: sum.digest(), mime: type.mime, kind: type.kind } : undefined
}

interface Whole {
  ownerId: string
  id: string
  left: Left
  chosen: Chosen | undefined
  loose: Loose[]
}

async function write(deps: Needs, tx: Tx, { ownerId, id, left, chosen, loose }: Whole): Promise<RevivedGallery> {
  const now = deps.clock.now()
  const manifest = chosen?.found.manifest
  const closes = chosen !== undefined && !chosen.bad.size && !loose.length && readArchiveKey(chosen.found.key)!.purpose === 'final'
  const slug = await freeSlug(tx, manifest?.gallery.slug ?? `recovered-${id.slice(-12)}`)
  const title = manifest?.gallery.title ?? `Recovered ${id}`
  const fresh = freshGallery({ id, ownerId, slug, title, now })
  // its password is lost: it must not open to anybody before its photographer says so
  const gallery: Gallery = { ...fresh, isPublic: false, eventDate: manifest?.gallery.event_date ?? null }
  await insertGallery(tx, gallery)
  const items = [
    // a rescued track is one item of several files
    ...new Map((manifest?.photos ?? []).map((photo) => [photo.item, itemOf(photo)])).values(),
    ...loose.map((one) => ({ id: newId(now), kind: one.kind, title: nameOf(one.key) })),
  ].map((item, i) => ({ ...item, galleryId: id, position: now.getTime() * 1000 + i, createdAt: now }))
  const looseItems = items.slice(items.length - loose.length)
  await insertItems(tx, items)
  const packed = chosen ? packedAssets(deps, id, chosen) : []
  const beside = loose.map((one, i): Asset => looseAsset(deps, id, looseItems[i]!.id, one, now))
  await insertAssets(
    tx,
    [...packed, ...beside].map((asset) => ({ ...asset, createdAt: now })),
  )
  const archiveId = chosen && (await keepArchive(deps, tx, gallery, chosen, left))
  const said = (manifest?.photos ?? []).flatMap((photo) => remarksOf(photo).remarks.map((remark) => ({ itemId: photo.item, remark })))
  const feedback = await takeBackSaid(tx, id, said)
  if (closes && archiveId) await changeGallery(tx, id, { state: 'archived', archivedAt: now, publishedAt: now, finalArchiveId: archiveId })
  else if (chosen) {
    await changeGallery(tx, id, { hydrating: true })
    await deps.queue.send(tx, { name: 'gallery.hydrate', payload: { galleryId: id } })
  }
  const missing = packed.filter(({ state }) => state === 'missing').map(({ originalName }) => originalName)
  await note(tx, {
    at: now,
    actor: 'system',
    action: 'restored',
    galleryId: id,
    facts: { from: 'store', photos: packed.length + loose.length },
  })
  const state = closes ? ('archived' as const) : ('draft' as const)
  return { id, slug, state, photos: packed.length + loose.length - missing.length, missing, feedback, archive: chosen?.found.key ?? null }
}

const kindOf = ({ type }: ManifestPhoto): Kind => (type.startsWith('video/') ? 'video' : type.startsWith('audio/') ? 'track' : 'photo')
const itemOf = (photo: ManifestPhoto) => ({
  id: photo.item,
  kind: photo.track ? ('track' as const) : kindOf(photo),
  title: photo.track?.title ?? photo.original_name,
  chapter: photo.chapter,
  hidden: photo.hidden,
  artist: photo.track?.artist ?? null,
  provider: photo.track?.provider ?? null,
})
const nameOf = (key: string) => key.slice(key.lastIndexOf('/') + 1)

function packedAssets(deps: Needs, galleryId: string, { found, bad }: Chosen): Asset[] {
  const { sealed, key, manifest } = found
  const places = new Map(sealed.entries.flatMap(({ assetId, crc32 }, i) => (assetId ? [[assetId, { at: dataAt(sealed, i), crc32 }]] : [])))
  return manifest.photos.map((photo) => ({
    id: photo.asset,
    galleryId,
    itemId: photo.item,
    role: photo.track?.role ?? 'original',
    originalName: photo.original_name,
    mime: photo.type,
    size: photo.size,
    crc32: places.get(photo.asset)!.crc32,
    sha256: photo.sha256,
    state: bad.has(photo.asset) ? 'missing' : 'stored',
    storageKey: key,
    storageOffset: places.get(photo.asset)!.at,
    width: null,
    height: null,
    capturedAt: photo.captured_at ?? null,
    modifiedAt: photo.modified_at,
    renderState: deps.images.renderable(photo.type) ? 'waiting' : 'none',
  }))
}

const looseAsset = (deps: Needs, galleryId: string, itemId: string, one: Loose, now: Date): Asset => ({
  id: one.assetId,
  galleryId,
  itemId,
  role: 'original',
  originalName: nameOf(one.key),
  mime: one.mime,
  size: one.size,
  crc32: one.crc32,
  sha256: one.sha256,
  state: 'stored',
  storageKey: one.key,
  storageOffset: 0,
  width: null,
  height: null,
  capturedAt: null,
  modifiedAt: now,
  renderState: deps.images.renderable(one.mime) ? 'waiting' : 'none',
})

/** The archive as a row, its proof, and the originals that lie beside it: they are wanted back first. Answers its id. */
async function keepArchive(deps: Needs, tx: Tx, gallery: Gallery, { found, checksum, bad }: Chosen, left: Left): Promise<string> {
  const now = deps.clock.now()
  const { purpose } = readArchiveKey(found.key)!
  const archive = archiveOf(gallery, found, { id: newId(now), purpose, version: newest(left, purpose), now })
  // what is damaged is never shown as ready; its photos that are whole are read from it all the same
  const state = bad.size ? { status: 'failed' as const, errorCode: 'archive_mismatch' } : { status: 'ready' as const, verifiedAt: now }
  const retainedUntil = purpose === 'final' ? null : after(now, days(deps.settings.retentionDays))
  await insertArchive(tx, { ...archive, ...state, checksum, storageKey: found.key, completedAt: now, retainedUntil })
  await sealEntries(tx, archive.id, found.sealed.entries, [])
  // keys are never written twice: the numbers that the store has seen are used up
  const other = purpose === 'final' ? 'delivery' : 'final'
  const used = newest(left, other)
  if (used) await insertArchive(tx, archiveOf(gallery, found, { id: newId(now), purpose: other, version: used, now }))
  if (bad.size) return archive.id
  const proof = { id: newId(now), archiveId: archive.id, checksum, verifiedAt: now }
  await insertProof(tx, proof)
  const old = found.manifest.photos.flatMap(({ asset, size }) => {
    const stored = left.originals.get(asset)
    return stored?.size === size ? [{ key: stored.key, assetId: asset }] : []
  })
  await insertPurges(tx, gallery.id, old, { proofId: proof.id, notBefore: after(now, days(deps.settings.purgeGraceDays)) })
  return archive.id
}

const newest = ({ archives }: Left, purpose: 'delivery' | 'final'): number =>
  Math.max(0, ...archives.map(({ key }) => readArchiveKey(key)!).map((one) => (one.purpose === purpose ? one.version : 0)))

function archiveOf(
  gallery: Gallery,
  { manifest, sealed }: Found,
  { id, purpose, version, now }: { id: string; purpose: 'delivery' | 'final'; version: number; now: Date },
): Archive {
  const recipe: Recipe = { purpose, format: 'zip', naming: gallery.naming, slug: gallery.slug }
  return {
    id,
    galleryId: gallery.id,
    version,
    purpose,
    status: 'deleted',
    fence: 0,
    attempts: 0,
    recipe,
    recipeHash: recipeHash(recipe),
    imagesHash: imagesHash(manifest.photos.map(({ asset }) => asset)),
    planHash: sealed.planHash,
    contentVersion: gallery.contentVersion,
    storageKey: null,
    checksum: null,
    movedBytes: null,
    storeRequests: null,
    fileSizeBytes: sealed.layout.total,
    imageCount: manifest.photos.length,
    missingCount: 0,
    processedPhotos: manifest.photos.length,
    processedBytes: sealed.layout.total,
    etaSeconds: null,
    source: 'store',
    requestedBy: null,
    announce: false,
    errorCode: null,
    errorMessage: null,
    progressAt: now,
    createdAt: now,
    startedAt: null,
    completedAt: null,
    verifiedAt: null,
    retainedUntil: null,
    supersededBy: null,
    downloadCount: 0,
    lastDownloadedAt: null,
  }
}

async function freeSlug(tx: Tx, wanted: string): Promise<string> {
  const base = slugFrom(wanted)
  const numbered = [base, ...Array.from({ length: 1000 }, (_, i) => `${base.slice(0, 90)}-${i + 2}`)]
  const taken = await takenSlugs(tx, numbered)
  return numbered.find((slug) => !taken.has(slug)) ?? base
}
