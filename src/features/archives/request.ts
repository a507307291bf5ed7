/**
 * Asks for the archive of a gallery's content: plans it, seals the plan and sends the build, in the caller's transaction.
 *
 * However many ask, one archive: what is ready with the same content is answered as it is; what is at work is joined.
 * The plan is sealed here and not in the build, so that the live download has its bytes, size and ETag at once.
 */
import { AppError } from '../../base/errors.ts'
import { newId } from '../../base/id.ts'
import { note } from '../../data/activity.ts'
import { isNamed, listPlannedItems, sealEntries } from '../../data/archiveEntries.ts'
import { findCurrent, insertArchive, listVersions, lockOpen, markAnnounced, newestOf, nextVersion } from '../../data/archives.ts'
import { listChosen, listStored } from '../../data/assets.ts'
import { byUser } from '../../domain/activity.ts'
import { type Archive, freshArchive } from '../../domain/archive.ts'
import type { Gallery } from '../../domain/gallery.ts'
import { workOn } from '../../domain/jobs.ts'
import { makePlan, type Plan } from '../../domain/plan.ts'
import { planAgain } from '../../domain/selection.ts'
import type { Tx } from '../../ports/database/port.ts'
import type { Deps } from '../../ports/deps.ts'
import { layoutOf } from './sealed.ts'

export interface Wish {
  /** what started it, as in TRG-08: publish, api, api_retry, content, manual */
  source: string
  requestedBy: string | null
  /** build again although a ready archive has this content */
  force: boolean
  /** tell clients when it is ready */
  announce: boolean
}

/** `gallery` must be locked by this transaction. Throws `gallery_empty` when it has no photo. */
export async function requestArchive(deps: Pick<Deps, 'queue' | 'clock'>, tx: Tx, gallery: Gallery, wish: Wish): Promise<Archive> {
  const plan = await planGallery(tx, gallery)
  if (!plan) throw new AppError('gallery_empty', { gallery: gallery.id }, { final: true })
  const open = await lockOpen(tx, gallery.id, plan.recipeHash)
  if (open) return joinOpen(tx, open, plan, gallery, wish)
  const announce = wish.announce || (await isOwed(tx, gallery.id))
  const current = await findCurrent(tx, gallery.id, plan.imagesHash, plan.recipeHash)
  if (current && !wish.force && (await hasNames(tx, current, plan))) return noteCurrent(deps, tx, current, gallery, announce)
  const archive = await begin(deps, tx, gallery, plan, { ...wish, announce })
  const facts = { version: archive.version, source: wish.source, photos: archive.imageCount }
  const asked = { at: archive.createdAt, actor: byUser(wish.requestedBy), action: 'archive_asked' as const }
  await note(tx, { ...asked, galleryId: gallery.id, subject: archive.id, facts })
  return archive
}

/** A new version of what the plan's recipe is for: its row, its sealed plan and its build. */
export async function begin(
  deps: Pick<Deps, 'queue' | 'clock'>,
  tx: Tx,
  gallery: Gallery,
  plan: Plan,
  wish: Pick<Wish, 'source' | 'requestedBy' | 'announce'>,
): Promise<Archive> {
  const now = deps.clock.now()
  const { recipe, recipeHash } = plan
  const version = await nextVersion(tx, gallery.id, recipe.purpose)
  const planned = { id: newId(now), galleryId: gallery.id, version, recipe, recipeHash, ...sealedFacts(plan, gallery), createdAt: now }
  const archive = freshArchive({ ...planned, source: wish.source }, { requestedBy: wish.requestedBy, announce: wish.announce })
  await insertArchive(tx, archive)
  await sealEntries(tx, archive.id, plan.entries, plan.missing)
  await deps.queue.send(tx, ...workOn('archive.build', archive))
  return archive
}

/** One that nobody has begun to build takes up this plan, in place of the one it was asked for with. */
export async function reseal(tx: Tx, open: Archive, plan: Plan, gallery: Gallery): Promise<Archive> {
  const change = sealedFacts(plan, gallery)
  await sealEntries(tx, open.id, plan.entries, plan.missing)
  await tx.updateTable('archives').set(change).where('id', '=', open.id).execute()
  return { ...open, ...change }
}

/** A version that was to be announced failed before anybody was told: the next one tells them. */
async function isOwed(tx: Tx, galleryId: string): Promise<boolean> {
  const { failures } = newestOf(await listVersions(tx, galleryId))
  return failures.some((archive) => archive.announce && !archive.verifiedAt)
}

/** The same photos in another order are the same archive, unless their places are in their names. */
const hasNames = async (tx: Tx, archive: Archive, plan: Plan): Promise<boolean> =>
  plan.recipe.naming !== 'numbered' || isNamed(tx, archive.id, plan.entries)

/** A photo was lost and sent again: the content has moved on and come back to what this archive holds. */
async function noteCurrent(
  deps: Pick<Deps, 'queue'>,
  tx: Tx,
  archive: Archive,
  { contentVersion }: Gallery,
  announce: boolean,
): Promise<Archive> {
  if (archive.contentVersion !== contentVersion)
    await tx.updateTable('archives').set({ contentVersion }).where('id', '=', archive.id).execute()
  // built for the owner's own download before it was published, or the one that was to be announced has failed
  if (announce && !archive.announce) await announceInstead(deps, tx, archive)
  return { ...archive, contentVersion, announce: archive.announce || announce }
}

/** What another version was to be announced for is now this one's to tell: when it is ready, or at once when it is. */
export async function announceInstead(deps: Pick<Deps, 'queue'>, tx: Tx, archive: Archive): Promise<void> {
  await markAnnounced(tx, archive.id)
  if (archive.status === 'ready') await deps.queue.send(tx, { name: 'delivery.announce', payload: { archiveId: archive.id } })
}

/** The plan of what the gallery holds now; undefined when no photo is left that could be packed. */
export async function planGallery(tx: Tx, gallery: Gallery): Promise<Plan | undefined> {
  const assets = await listStored(tx, gallery.id, true)
  if (!assets.some((a) => a.state === 'stored')) return undefined
  return makePlan({ gallery, assets, feedback: [], purpose: 'delivery' })
}

/** The plan of the same archive over what is there now, under the names it was asked for; undefined when nothing is left of it. */
export async function replan(tx: Tx, gallery: Gallery, archive: Archive): Promise<Plan | undefined> {
  const { recipe } = archive
  const named = { ...gallery, slug: recipe.slug, naming: recipe.naming }
  // a final archive is never partial: without one of its originals there is none
  if (recipe.purpose !== 'selection') return recipe.purpose === 'delivery' ? planGallery(tx, named) : undefined
  const sealed = await listPlannedItems(tx, archive.id)
  const chosen = await listChosen(tx, gallery.id, [...sealed.keys()], { marked: recipe.marked ?? false })
  return chosen.some(({ asset }) => asset.state === 'stored') ? planAgain(named, recipe, chosen, sealed) : undefined
}

/** One that nobody has begun takes up the newest content; one at work goes on, and its end sees that the content has changed. */
async function joinOpen(tx: Tx, open: Archive, plan: Plan, gallery: Gallery, wish: Wish): Promise<Archive> {
  if (wish.announce && !open.announce) await markAnnounced(tx, open.id)
  const stale = open.status === 'queued' && open.planHash !== plan.planHash
  const archive = stale ? await reseal(tx, open, plan, gallery) : open
  return { ...archive, announce: open.announce || wish.announce }
}

/** The columns that follow from a plan. */
export const sealedFacts = (plan: Plan, gallery: Gallery) => ({
  contentVersion: gallery.contentVersion,
  imagesHash: plan.imagesHash,
  planHash: plan.planHash,
  fileSizeBytes: layoutOf(plan.entries, plan.recipe.format).total,
  imageCount: plan.entries.filter((e) => e.assetId).length,
  missingCount: plan.missing.length,
})
