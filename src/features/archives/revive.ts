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
import { type Archive, freshArchive, readArchiveKey } from '../../domain/archive.ts'
import type { Asset, Kind } from '../../domain/asset.ts'
import { freshGallery, type Gallery, slugFrom } from '../../domain/gallery.ts'
import { type Manifest, type ManifestPhoto, remarksOf } from '../../domain/manifest-read.ts'
import { imagesHash, recipeHash } from '../../domain/plan.ts'
import type { Recipe } from '../../domain/recipe.ts'
import type { Tx } from '../../ports/database/port.ts'
import type { Deps } from '../../ports/deps.ts'
import type { Found } from './found.ts'
import { type Chosen, choose, type Left, type Loose, readLoose, survey } from './left.ts'
import { dataAt } from './sealed.ts'

type Needs = Pick<Deps, 'db' | 'storage' | 'queue' | 'images' | 'clock' | 'log' | 'settings'>

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
  const gallery: Gallery = { ...fresh, ...guestsIn(manifest), isPublic: false, eventDate: manifest?.gallery.event_date ?? null }
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

/** Without the watermark itself, which is lost with the database, their pictures stay small until there is one again. */
const guestsIn = (manifest: Manifest | undefined): Partial<Gallery> => {
  const guests = manifest?.gallery.guests
  if (!guests) return {}
  const { sizes, watermark } = guests
  return { downloadEnabled: sizes !== 'none', watermark, ...(sizes === 'none' ? {} : { downloadSize: sizes }) }
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

/** A version that the store has, or had: its number is used up. */
function archiveOf(
  gallery: Gallery,
  { manifest, sealed }: Found,
  { id, purpose, version, now }: { id: string; purpose: 'delivery' | 'final'; version: number; now: Date },
): Archive {
  const recipe: Recipe = { purpose, format: 'zip', naming: gallery.naming, slug: gallery.slug }
  const hashes = {
    recipeHash: recipeHash(recipe),
    imagesHash: imagesHash(manifest.photos.map(({ asset }) => asset)),
    planHash: sealed.planHash,
  }
  const imageCount = manifest.photos.length
  const fileSizeBytes = sealed.layout.total
  const planned = {
    id,
    galleryId: gallery.id,
    version,
    recipe,
    ...hashes,
    contentVersion: gallery.contentVersion,
    imageCount,
    fileSizeBytes,
  }
  return freshArchive(
    { ...planned, missingCount: 0, source: 'store', createdAt: now },
    { status: 'deleted', processedPhotos: imageCount, processedBytes: fileSizeBytes, progressAt: now },
  )
}

async function freeSlug(tx: Tx, wanted: string): Promise<string> {
  const base = slugFrom(wanted)
  const numbered = [base, ...Array.from({ length: 1000 }, (_, i) => `${base.slice(0, 90)}-${i + 2}`)]
  const taken = await takenSlugs(tx, numbered)
  return numbered.find((slug) => !taken.has(slug)) ?? base
}
