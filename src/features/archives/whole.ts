/**
 * Where the originals of an archived gallery can be read: in the archive that is asked for, in the other versions that are kept,
 * and beside them while their grace lasts. An asset never changes, so whichever place has its SHA-256 is as good as another.
 */
import { listOfGalleries } from '../../data/archives.ts'
import { listPurges, type Place } from '../../data/inside.ts'
import type { Archive } from '../../domain/archive.ts'
import type { Asset } from '../../domain/asset.ts'
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

/**
 * Reads every one of `assets` where it should lie, in the order of `archives`, until it is found with its SHA-256; those that are
 * nowhere are `lost`. As many bytes are read as the assets have, and more only for what is damaged; `onRead` hears of them, and
 * may end it by throwing.
 */
export async function findWhole<T extends Pick<Asset, 'id' | 'storageKey' | 'storageOffset' | 'size' | 'sha256'>>(
  deps: Needs,
  galleryId: string,
  assets: T[],
  archives: Archive[],
  onRead?: (bytes: number) => void,
): Promise<{ places: Place[]; lost: T[] }> {
  const found: Place[] = []
  let lost = assets
  const lookIn = async (places: Place[]) => {
    const byId = new Map(places.map((place) => [place.id, place]))
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
  for (const archive of archives) if (lost.length) await lookIn(await placesIn(deps, archive))
  if (lost.length) await lookIn(await listPurges(deps.db, galleryId))
  return { places: found, lost }
}
