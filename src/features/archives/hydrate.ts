/**
 * Job gallery.hydrate: the originals of a restored gallery get keys of their own again, each when its bytes have the SHA-256 of
 * its upload. One whose old key has not been purged yet simply goes back to it. Killed and begun anew it goes on with what still
 * lies inside; what it had half copied is garbage that has a row. One that is damaged is taken from another version that has it
 * whole; where there is none it is missing from now on, and the others go on.
 */
import { after, hours } from '../../base/clock.ts'
import { isCode } from '../../base/errors.ts'
import { newToken } from '../../base/id.ts'
import { takeLost } from '../../data/archives.ts'
import { lockAsset, setAllUndrawn } from '../../data/assets.ts'
import { noteDamaged } from '../../data/damage.ts'
import { changeGallery, findGallery, lockGalleryOfAnyState } from '../../data/galleries.ts'
import { discard, forgetGarbage } from '../../data/garbage.ts'
import { dropPurge, type Inside, listInside, moveOut, type Place, takeUnneeded } from '../../data/inside.ts'
import type { Gallery } from '../../domain/gallery.ts'
import type { Deps } from '../../ports/deps.ts'
import { findWhole, listWhole } from './whole.ts'

type Needs = Pick<Deps, 'db' | 'storage' | 'queue' | 'clock' | 'log'>

const page = 200

export async function hydrate(deps: Needs, galleryId: string, signal: AbortSignal): Promise<void> {
  const gallery = await findGallery(deps.db, galleryId)
  if (!comesOut(gallery)) return
  // their small pictures went with the page; here and not in the restore, which a row of each photo would make slow
  if (gallery.hydrating) await setAllUndrawn(deps.db, galleryId)
  let last: string | null = null
  const damaged: Inside[] = []
  for (;;) {
    if (!comesOut(await findGallery(deps.db, galleryId))) return
    const inside: Inside[] = await listInside(deps.db, galleryId, last, page)
    damaged.push(...(await takeOut(deps, inside, signal)))
    last = inside.at(-1)?.id ?? null
    if (!last) break
  }
  if (damaged.length) await mend(deps, galleryId, damaged, signal)
  await deps.db.transaction().execute(async (tx) => {
    if (!comesOut(await lockGalleryOfAnyState(tx, galleryId))) return
    await changeGallery(tx, galleryId, { hydrating: false })
    const unneeded = [...(await takeUnneeded(tx, galleryId)), ...(await takeLost(tx, galleryId))]
    await discard(tx, unneeded, 'restored without it', after(deps.clock.now(), hours(24)))
  })
}

/**
 * Archived once more it stays inside; and while that archive is made every original lies still, for its plan says where they lie.
 * If none comes of it this goes on. What is deleted needs nothing.
 */
const comesOut = (gallery: Gallery | undefined): gallery is Gallery =>
  gallery !== undefined && !['archiving', 'archived', 'deleted'].includes(gallery.state)

/** Another version may have whole what this one has not. */
async function mend(deps: Needs, galleryId: string, damaged: Inside[], signal: AbortSignal): Promise<void> {
  const { places } = await findWhole(deps, galleryId, damaged, await listWhole(deps, galleryId))
  const whole = new Map(places.map((place) => [place.id, place]))
  for (const asset of damaged) {
    const place = whole.get(asset.id)
    const copy = place && (await copyOf(deps, asset, place, signal))
    if (!copy || !(await finish(deps, copy))) await noteDamaged(deps, asset)
  }
}

/** Answers those whose bytes are not what was uploaded. While one copy is read back the next one is made. */
async function takeOut(deps: Needs, inside: Inside[], signal: AbortSignal): Promise<Inside[]> {
  const damaged: Inside[] = []
  let last: Copy | undefined
  for (const asset of inside) {
    signal.throwIfAborted()
    if (asset.oldKey && (await hasBytes(deps, asset.oldKey, asset, signal))) {
      await settle(deps, asset, asset.oldKey)
      continue
    }
    const copy = await copyOf(deps, asset, asset, signal)
    if (!copy) damaged.push(asset)
    if (last && !(await finish(deps, last))) damaged.push(last.asset)
    last = copy
  }
  if (last && !(await finish(deps, last))) damaged.push(last.asset)
  return damaged
}

async function hasBytes(deps: Needs, key: string, asset: Inside, signal: AbortSignal): Promise<boolean> {
  if ((await deps.storage.size(key)) !== asset.size) return false
  try {
    return (await deps.storage.digest(key, Float64Array.of(asset.size), { signal })).sha256 === asset.sha256.toString('hex')
  } catch (error) {
    if (isCode(error, 'source_changed')) return false
    throw error
  }
}

/** An original under a key of its own that nobody knows yet. */
interface Copy {
  asset: Inside
  key: string
  /** are its bytes those of the upload? */
  right: Promise<boolean>
}

/** Undefined when it cannot be copied because its bytes are damaged. */
async function copyOf(
  deps: Needs,
  asset: Inside,
  { storageKey, storageOffset: from }: Place,
  signal: AbortSignal,
): Promise<Copy | undefined> {
  const key = `galleries/${asset.galleryId}/assets/${asset.id}-${newToken(9)}`
  // garbage until the transaction says otherwise: whatever happens in between, nothing is left that nobody knows
  await deps.db.transaction().execute((tx) => discard(tx, [key], 'unfinished restore', after(deps.clock.now(), hours(24))))
  const piece = { kind: 'copy' as const, key: storageKey, from, to: from + asset.size, crc32: asset.crc32 }
  try {
    const { sha256 } = await deps.storage.assemble(key, [piece], { signal })
    const right = sha256 === null ? hasBytes(deps, key, asset, signal) : Promise.resolve(sha256 === asset.sha256.toString('hex'))
    // whoever waits for it hears of a failure; when the next copy fails first, nobody does
    right.catch(() => undefined)
    return { asset, key, right }
  } catch (error) {
    if (!isCode(error, 'source_changed')) throw error
    deps.log.error({ asset: asset.id, archive: storageKey, error: error.facts }, '[Archive] an original cannot be taken out of its archive')
    return undefined
  }
}

async function finish(deps: Needs, { asset, key, right }: Copy): Promise<boolean> {
  if (!(await right)) return false
  await settle(deps, asset, key)
  return true
}

/** The asset lies under `key` from now on, unless it was moved or deleted meanwhile, or is to stay; then `key` is left to the collector. */
async function settle(deps: Needs, asset: Inside, key: string): Promise<void> {
  await deps.db.transaction().execute(async (tx) => {
    if (!comesOut(await lockGalleryOfAnyState(tx, asset.galleryId))) return
    if (!(await lockAsset(tx, asset.id)) || !(await moveOut(tx, asset, key))) return
    await forgetGarbage(tx, key)
    if (asset.oldKey && asset.oldKey !== key) {
      await dropPurge(tx, asset.oldKey)
      await discard(tx, [asset.oldKey], 'restored under another key', after(deps.clock.now(), hours(24)))
    }
    await deps.queue.send(tx, { name: 'asset.render', payload: { assetId: asset.id } })
  })
}
