/**
 * Where the originals of an archived gallery can be read: in the archive that is asked for, in the other versions that are kept,
 * and beside them while their grace lasts. An asset never changes, so whichever place has its SHA-256 is as good as another.
 */
import { listOfGalleries } from '../../data/archives.ts'
import { markMissing } from '../../data/assets.ts'
import { bumpContent } from '../../data/galleries.ts'
import { listPurges, type Place } from '../../data/inside.ts'
import { writeToOwner } from '../../data/outbox.ts'
import type { Archive } from '../../domain/archive.ts'
import type { Asset } from '../../domain/asset.ts'
import type { Gallery } from '../../domain/gallery.ts'
import type { Tx } from '../../ports/database/port.ts'
import type { Deps } from '../../ports/deps.ts'
import { isRight } from './prove.ts'
import { dataAt, loadSealed } from './sealed.ts'

type Needs = Pick<Deps, 'db' | 'storage'>

/** Bytes of many small photos of a bucket come side by side. */
const sideBySide = 8

/** The ready versions of a gallery that hold originals, the final one first. */
export async function listWhole(deps: Pick<Deps, 'db'>, galleryId: string): Promise<Archive[]> {
  const all = await listOfGalleries(deps.db, [galleryId])
  const ready = all.filter(({ status, purpose }) => status === 'ready' && purpose !== 'selection')
  return ready.toSorted((a, b) => Number(b.purpose === 'final') - Number(a.purpose === 'final'))
}

/** Where the originals lie that this archive has packed. */
export async function placesIn(deps: Pick<Deps, 'db'>, archive: Archive): Promise<Place[]> {
  const sealed = await loadSealed(deps.db, archive)
  return sealed.entries.flatMap(({ assetId, previewKey }, i) =>
    assetId && !previewKey ? [{ id: assetId, storageKey: archive.storageKey!, storageOffset: dataAt(sealed, i) }] : [],
  )
}

/** How places are looked through. */
export interface Look {
  /** old keys, while they wait for their end, before archives; else after them */
  oldFirst?: boolean
  /** hears of bytes as they are read, and may end it by throwing */
  onRead?: ((bytes: number) => void) | undefined
}

/**
 * Reads every one of `assets` where it should lie, in the order of `archives`, until it is found with its SHA-256; those that are
 * nowhere are `lost`. As many bytes are read as the assets have, and more only for what is damaged.
 */
export async function findWhole<T extends Pick<Asset, 'id' | 'storageKey' | 'storageOffset' | 'size' | 'sha256'>>(
  deps: Needs,
  galleryId: string,
  assets: T[],
  archives: Archive[],
  { oldFirst = false, onRead }: Look = {},
): Promise<{ places: Place[]; lost: T[] }> {
  const found: Place[] = []
  let lost = assets
  const lookIn = async (listPlaces: () => Promise<Place[]>) => {
    if (!lost.length) return
    const byId = new Map((await listPlaces()).map((place) => [place.id, place]))
    const rest: T[] = []
    for (let at = 0; at < lost.length; at += sideBySide)
      await Promise.all(
        lost.slice(at, at + sideBySide).map(async (asset) => {
          const place = byId.get(asset.id)
          if (place && (await isRight(deps, { ...asset, ...place }, onRead))) found.push(place)
          else rest.push(asset)
        }),
      )
    lost = rest
  }
  const old = () => listPurges(deps.db, galleryId)
  if (oldFirst) await lookIn(old)
  for (const archive of archives) await lookIn(() => placesIn(deps, archive))
  if (!oldFirst) await lookIn(old)
  return { places: found, lost }
}

/** Those stay in the gallery, shown as missing, and its photographer is told; whoever uploads one again heals it. `once`: the fact that it is told for. */
export async function nameLost(
  deps: Pick<Deps, 'queue' | 'clock' | 'log'>,
  tx: Tx,
  gallery: Gallery,
  lost: Pick<Asset, 'id' | 'originalName'>[],
  once: string,
): Promise<void> {
  const ids = lost.map(({ id }) => id)
  if (!(await markMissing(tx, ids))) return
  await bumpContent(tx, gallery.id)
  const facts = { files: lost.map(({ originalName }) => originalName).slice(0, 20) }
  deps.log.error({ gallery: gallery.id, ...facts }, '[Archive] originals are lost')
  await writeToOwner(deps, tx, gallery, { kind: 'damage_found', archiveId: null, dedupeKey: `damage_found ${once}`, facts })
}
