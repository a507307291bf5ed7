/**
 * Every question that src/data asks of a table that grows, as its callers ask it. `file.function`, and behind a colon which way
 * of asking. Each runs in a transaction that is rolled back.
 */
import { sql } from 'kysely'
import { unplaced } from '../../sdk/src/watermark.ts'
import { isCode } from '../../src/base/errors.ts'
import * as activity from '../../src/data/activity.ts'
import * as archived from '../../src/data/archived.ts'
import * as entries from '../../src/data/archiveEntries.ts'
import * as archives from '../../src/data/archives.ts'
import * as assets from '../../src/data/assets.ts'
import * as clients from '../../src/data/clients.ts'
import * as cover from '../../src/data/cover.ts'
import * as derivatives from '../../src/data/derivatives.ts'
import * as downloads from '../../src/data/downloads.ts'
import * as events from '../../src/data/events.ts'
import * as exports from '../../src/data/exports.ts'
import * as failures from '../../src/data/failures.ts'
import * as feedback from '../../src/data/feedback.ts'
import * as feedbackGuests from '../../src/data/feedbackGuests.ts'
import * as figures from '../../src/data/figures.ts'
import * as galleries from '../../src/data/galleries.ts'
import * as garbage from '../../src/data/garbage.ts'
import * as inside from '../../src/data/inside.ts'
import * as items from '../../src/data/items.ts'
import * as letters from '../../src/data/letters.ts'
import * as links from '../../src/data/links.ts'
import * as marks from '../../src/data/marks.ts'
import * as notifications from '../../src/data/notifications.ts'
import * as outbox from '../../src/data/outbox.ts'
import * as overview from '../../src/data/overview.ts'
import * as placements from '../../src/data/placements.ts'
import * as rescues from '../../src/data/rescues.ts'
import * as said from '../../src/data/said.ts'
import * as salvages from '../../src/data/salvages.ts'
import * as scrub from '../../src/data/scrub.ts'
import * as sources from '../../src/data/sources.ts'
import * as suppressions from '../../src/data/suppressions.ts'
import * as throttles from '../../src/data/throttles.ts'
import * as tracks from '../../src/data/tracks.ts'
import * as uploads from '../../src/data/uploads.ts'
import * as watermarks from '../../src/data/watermarks.ts'
import * as webhooks from '../../src/data/webhooks.ts'
import type { Archive } from '../../src/domain/archive.ts'
import type { Asset } from '../../src/domain/asset.ts'
import type { Gallery } from '../../src/domain/gallery.ts'
import type { Database, Tx } from '../../src/ports/database/port.ts'
import type { Deps } from '../../src/ports/deps.ts'
import { today } from './fill.ts'

/** Modules of src/data whose tables grow with galleries and their visitors. */
export const asked = {
  activity,
  archiveEntries: entries,
  archived,
  archives,
  assets,
  clients,
  cover,
  derivatives,
  downloads,
  events,
  exports,
  feedback,
  feedbackGuests,
  failures,
  figures,
  galleries,
  garbage,
  inside,
  items,
  letters,
  links,
  said,
  salvages,
  scrub,
  marks,
  notifications,
  outbox,
  overview,
  placements,
  rescues,
  tracks,
  sources,
  suppressions,
  throttles,
  uploads,
  watermarks,
  webhooks,
}
/** Those with a row for each photographer, or one for all; or a few of the last 30 days. */
export const small = ['apiKeys', 'moment', 'pages', 'passedOver', 'passkeys', 'settings', 'users']
/** Made of questions that are asked here one by one; and seen, which reads all there is, on purpose. */
export const besides = ['damage', 'expire', 'seen']
/** What these modules hold that asks nothing. */
export const silent = [
  'archives.newestOf',
  'assets.ownKeys',
  'downloads.forgotten',
  'feedback.asFeedback',
  'failures.failureKinds',
  'sources.lookEvery',
  'sources.lookAgain',
]

/** Rows of one ordinary gallery that lies in the middle of the others, and of the last one, which is big. */
export interface Sample {
  /** of nearly all galleries */
  owner: string
  /** of five old ones */
  smallOwner: string
  gallery: Gallery
  /** its newest, ready */
  archive: Archive
  asset: Asset & { createdAt: Date }
  client: clients.Client
  letter: letters.Letter
  link: links.Link
  selection: Archive
  export: exports.Export
  guest: string
  said: { id: string; itemId: string; createdAt: Date }
  deleted: string
  big: string
  bigItems: string[]
  bigAsset: string
  /** where some of its photos lie in the bucket */
  bigPaths: string[]
  atWork: Archive
  keys: string[]
  upload: uploads.Upload
  /** a proof of an archive */
  retired: string
  track: rescues.Rescue
  /** has ended well */
  placement: placements.Placement
  library: string
  webhook: webhooks.Webhook
  /** waits */
  delivery: webhooks.Delivery
  /** the ids of a page of galleries */
  some: string[]
}

export async function takeSample(db: Database): Promise<Sample> {
  const one = async <T>(query: { executeTakeFirst(): Promise<T | undefined> }): Promise<T> => {
    const row = await query.executeTakeFirst()
    if (!row) throw new Error('the database holds no such row')
    return row
  }
  const slug = async (n: number) => (await galleries.findGallery(db, `gallery-${n}`))!
  const { n } = await one(
    db
      .selectFrom('galleries')
      .select((eb) => eb.fn.countAll<number>().as('n'))
      .where('kind', '=', 'gallery'),
  )
  const track = await one(db.selectFrom('rescues').selectAll().where('state', '=', 'rescued').orderBy('itemId').offset(20))
  // divisible by 20, so with small pictures and entries; its neighbour with a selection ends in 08
  const middle = Math.floor(n / 2 / 500) * 500 + 20
  const gallery = await slug(middle)
  const archive = (await archives.listVersions(db, gallery.id))[0]!
  const selected = await slug(middle - 12)
  const big = await slug(n)
  const selection = await one(db.selectFrom('archives').selectAll().where('galleryId', '=', selected.id).where('purpose', '=', 'selection'))
  const client = (await clients.listClients(db, gallery.id))[0]!
  const bigItems = (await items.pageItems(db, big.id, { limit: 400 })).map((row) => row)
  return {
    owner: gallery.ownerId,
    smallOwner: (await slug(2)).ownerId,
    gallery,
    archive,
    asset: await one(db.selectFrom('assets').selectAll().where('galleryId', '=', gallery.id)),
    client,
    letter: await one(db.selectFrom('letters').selectAll().where('galleryId', '=', gallery.id)),
    link: await one(db.selectFrom('links').selectAll().where('clientId', '=', client.id).where('kind', '=', 'email')),
    selection,
    export: (await exports.listExports(db, selected.id, 1))[0]!,
    said: await one(db.selectFrom('feedback').select(['id', 'itemId', 'createdAt']).where('galleryId', '=', gallery.id)),
    guest: (await one(db.selectFrom('feedback').select('guestIdentifier').where('galleryId', '=', gallery.id))).guestIdentifier,
    deleted: (
      await one(
        db
          .selectFrom('galleries')
          .select('id')
          .where('slug', '=', `gallery-${middle - 19}`),
      )
    ).id,
    big: big.id,
    bigItems: bigItems.map((row) => row.id),
    // every 48th has a link that lives
    bigAsset: bigItems[47]!.assetId,
    bigPaths: Array.from({ length: 10 }, (_, n) => `albums/${big.slug}/photos/IMG_${n + 1}.jpg`),
    atWork: await one(db.selectFrom('archives').selectAll().where('status', '=', 'processing')),
    keys: [
      ...(await assets.listStored(db, gallery.id)).map((a) => a.storageKey),
      ...Array.from({ length: 20 }, (_, i) => `galleries/${gallery.id}/assets/nobody-${i}.jpg`),
    ],
    track,
    placement: await one(db.selectFrom('placements').selectAll().where('galleryId', '=', gallery.id)),
    library: (await one(db.selectFrom('galleries').select('id').where('kind', '=', 'collection'))).id,
    webhook: (await webhooks.listWebhooks(db, gallery.ownerId)).at(-1)!,
    delivery: await one(db.selectFrom('webhookDeliveries').selectAll().where('status', '=', 'queued').orderBy('seq')),
    upload: await one(db.selectFrom('uploads').selectAll()),
    retired: (await one(db.selectFrom('archiveProofs').select('id'))).id,
    some: (await galleries.walkGalleries(db, gallery.id, 100)).map((row) => row.id),
  }
}

const now = today
const ago = (days: number) => new Date(now.getTime() - days * 86_400_000)
const uuid = (n: number) => `01900000-0000-7000-8000-${String(n).padStart(12, '0')}`

const triedNow = { status: 'sent' as const, answerStatus: 200, answerBody: null, error: null, sentAt: now }
const fresh = ({ seq: _, ...rest }: webhooks.Delivery) => ({ ...rest, id: uuid(1), dedupeKey: 'fresh' })

/** `rows`: how many rows it may take into its hands, 1,000 if not said; 'all': it counts a table, and says so in docs/scale.md. */
export interface Question {
  ask: (tx: Tx, s: Sample) => Promise<unknown>
  rows?: number | 'all'
  /** pages of 8 kB it may look at in the large database, 10,000 if not said */
  pages?: number
}

const question = (ask: Question['ask'], rows?: Question['rows'], pages?: number): Question => ({ ask, rows, pages })

// the queue has questions of its own: what is measured here is the outbox
const outboxDeps = { queue: { send: async () => {}, sendAll: async () => {} }, clock: { now: () => now } } as unknown as Deps
const aboutKey = (s: Sample) => ({
  kind: 'key_made' as const,
  dedupeKey: 'fresh',
  galleryId: null,
  ownerId: s.owner,
  archiveId: null,
  linkId: null,
  recipient: 'ida@example.com',
  locale: 'en' as const,
})

export const questions: Record<string, Question> = {
  'galleries.findGallery': question((tx, s) => galleries.findGallery(tx, s.gallery.id)),
  'galleries.findGallery: slug': question((tx, s) => galleries.findGallery(tx, s.gallery.slug)),
  'galleries.findGalleryOfAnyState': question((tx, s) => galleries.findGalleryOfAnyState(tx, s.deleted)),
  'galleries.lockGallery': question((tx, s) => galleries.lockGallery(tx, s.gallery.id)),
  'galleries.lockGalleryOfAnyState': question((tx, s) => galleries.lockGalleryOfAnyState(tx, s.deleted)),
  'galleries.bumpContent': question((tx, s) => galleries.bumpContent(tx, s.gallery.id)),
  'galleries.insertGallery': question((tx, s) => galleries.insertGallery(tx, { ...s.gallery, id: uuid(1), slug: 'fresh' })),
  'galleries.takenSlugs': question((tx, s) => galleries.takenSlugs(tx, [s.gallery.slug, 'fresh', 'fresh-2'])),
  'galleries.changeGallery': question((tx, s) => galleries.changeGallery(tx, s.gallery.id, { title: 'New' })),
  'galleries.listRetirable': question((tx) => galleries.listRetirable(tx, ago(1), 500)),
  'galleries.listUnarchived': question((tx) => galleries.listUnarchived(tx, ago(1), 500)),
  'galleries.listHydrating': question((tx) => galleries.listHydrating(tx, 500)),
  'galleries.listEnded': question((tx, s) => galleries.listEnded(tx, now, [s.gallery.id], 200)),
  'galleries.listReminding': question((tx, s) => galleries.listReminding(tx, now, [s.gallery.id], 200)),
  'galleries.setReminder': question((tx, s) => galleries.setReminder(tx, s.gallery.id, now)),
  'galleries.findLocale': question((tx, s) => galleries.findLocale(tx, s.owner)),
  'galleries.walkGalleries': question((tx, s) => galleries.walkGalleries(tx, s.gallery.id, 200)),
  'galleries.listUncleared': question((tx) => galleries.listUncleared(tx, ago(30), null, 500)),
  'galleries.countGallery': question((tx, s) => galleries.countGallery(tx, s.gallery.id)),
  'galleries.countGallery: big': question((tx, s) => galleries.countGallery(tx, s.big), 'all'),
  'galleries.listGalleries': question((tx, s) => galleries.listGalleries(tx, { ownerId: s.owner }, { limit: 50, now }), 1500),
  'galleries.listGalleries: deep': question((tx, s) =>
    galleries.listGalleries(
      tx,
      { ownerId: s.owner },
      { limit: 50, now, after: { mark: s.gallery.createdAt.toISOString(), id: s.gallery.id } },
    ),
  ),
  'galleries.listGalleries: by title': question(
    (tx, s) => galleries.listGalleries(tx, { ownerId: s.owner }, { limit: 50, now, sort: 'title', descending: false }),
    1500,
  ),
  'galleries.listGalleries: by end': question(
    (tx, s) => galleries.listGalleries(tx, { ownerId: s.owner }, { limit: 50, now, sort: 'expires_at', descending: false }),
    1500,
  ),
  'galleries.listGalleries: by date': question(
    (tx, s) => galleries.listGalleries(tx, { ownerId: s.owner }, { limit: 50, now, sort: 'event_date' }),
    1500,
  ),
  'galleries.listGalleries: search': question(
    (tx, s) => galleries.listGalleries(tx, { ownerId: s.owner, search: 'wedding of a' }, { limit: 50, now }),
    2500,
  ),
  'galleries.listGalleries: search in vain': question(
    (tx, s) => galleries.listGalleries(tx, { ownerId: s.owner, search: 'zz zz' }, { limit: 50, now }),
    'all',
  ),
  'galleries.listGalleries: small owner': question((tx, s) => galleries.listGalleries(tx, { ownerId: s.smallOwner }, { limit: 50, now })),
  'overview.listTroubles': question((tx, s) => overview.listTroubles(tx, s.owner, ago(30), 10), 2000),
  'overview.listTaken': question((tx, s) => overview.listTaken(tx, s.owner, ago(30), 8), 500),
  'galleries.countStates': question((tx, s) => galleries.countStates(tx, { ownerId: s.owner }, now), 'all'),
  'items.isHidden': question((tx, s) => items.isHidden(tx, s.asset.itemId)),
  'items.countShown': question((tx, s) => items.countShown(tx, s.gallery.id)),
  'items.countHidden': question((tx, s) => items.countHidden(tx, s.gallery.id)),
  'items.changeItems': question((tx, s) => items.changeItems(tx, s.gallery.id, [s.asset.itemId], { hidden: true })),
  'items.listOrder': question((tx, s) => items.listOrder(tx, s.gallery.id)),
  'items.placeItems': question((tx, s) => items.placeItems(tx, [{ id: s.asset.itemId, position: 5 }])),
  'items.pageItems': question((tx, s) => items.pageItems(tx, s.big, { limit: 100 })),
  // each photo with its asset and three small pictures
  'items.pageItems: deep': question(
    (tx, s) => items.pageItems(tx, s.big, { limit: 100, after: { position: 300, id: s.bigItems[299]! } }),
    2000,
  ),
  'cover.findCover': question((tx, s) => cover.findCover(tx, s.big, null)),
  'cover.findCover: the chosen one': question((tx, s) => cover.findCover(tx, s.gallery.id, s.asset.itemId)),
  'said.takeBackSaid': question((tx, s) =>
    said.takeBackSaid(tx, s.gallery.id, [
      {
        itemId: s.asset.itemId,
        remark: {
          kind: 'like',
          rating: null,
          comment: null,
          guest: 'g1',
          guest_name: 'Mara',
          guest_email: null,
          created_at: now,
          hidden: false,
        },
      },
    ]),
  ),
  'items.findItem': question((tx, s) => items.findItem(tx, s.gallery.id, s.asset.itemId)),
  'items.lockItemAssets': question((tx, s) => items.lockItemAssets(tx, s.gallery.id, s.asset.itemId)),
  'items.insertItem': question((tx, s) =>
    items.insertItem(tx, { id: uuid(1), galleryId: s.gallery.id, kind: 'photo', title: 'x', position: 1, createdAt: now }),
  ),
  'assets.listStored': question((tx, s) => assets.listStored(tx, s.gallery.id)),
  'assets.listChosen': question((tx, s) => assets.listChosen(tx, s.gallery.id, 'all')),
  'assets.listChosen: some of a big one': question((tx, s) => assets.listChosen(tx, s.big, s.bigItems.slice(0, 50))),
  'assets.findAsset': question((tx, s) => assets.findAsset(tx, s.asset.id)),
  'assets.findItemAsset': question((tx, s) => assets.findItemAsset(tx, s.gallery.id, s.asset.itemId)),
  'assets.findNamed': question((tx, s) => assets.findNamed(tx, s.gallery.id, s.asset.originalName)),
  'assets.lockAsset': question((tx, s) => assets.lockAsset(tx, s.asset.id)),
  'assets.findSame': question((tx, s) => assets.findSame(tx, s.gallery.id, s.asset.sha256, s.asset.size)),
  'assets.lockLost': question((tx, s) => assets.lockLost(tx, s.gallery.id, s.asset.sha256, s.asset.size)),
  'assets.hasSize': question((tx, s) => assets.hasSize(tx, s.big, 17), 10),
  'assets.insertAsset': question(async (tx, s) => {
    const item = { id: uuid(1), galleryId: s.gallery.id, kind: 'photo' as const, title: 'x', position: 1, createdAt: now }
    await items.insertItem(tx, item)
    await assets.insertAsset(tx, { ...s.asset, role: 'original', id: uuid(2), itemId: uuid(1), storageKey: 'fresh' })
  }),
  'assets.insertAssets': question(async (tx, s) => {
    const item = { id: uuid(1), galleryId: s.gallery.id, kind: 'photo' as const, title: 'x', position: 1, createdAt: now }
    await items.insertItems(tx, [item])
    await assets.insertAssets(tx, [{ ...s.asset, role: 'original', id: uuid(2), itemId: uuid(1), storageKey: 'fresh' }])
  }),
  'items.insertItems': question((tx, s) =>
    items.insertItems(tx, [{ id: uuid(1), galleryId: s.gallery.id, kind: 'photo', title: 'x', position: 1, createdAt: now }]),
  ),
  'items.listNames': question((tx, s) => items.listNames(tx, s.gallery.id, [s.asset.itemId])),
  'items.listStands': question((tx, s) => items.listStands(tx, s.gallery.id)),
  'assets.listLost': question((tx, s) => assets.listLost(tx, s.gallery.id)),
  'assets.setFound': question((tx, s) => assets.setFound(tx, s.asset.id, s.asset.storageKey)),
  'assets.markMissing': question((tx, s) => assets.markMissing(tx, [s.asset.id])),
  'assets.markDeleted': question((tx, s) => assets.markDeleted(tx, s.asset.id)),
  'assets.deleteAllOf': question((tx, s) => assets.deleteAllOf(tx, s.gallery.id)),
  'assets.setRendered': question((tx, s) => assets.setRendered(tx, s.asset.id, { width: 1, height: 1 })),
  'assets.setAllUndrawn': question((tx, s) => assets.setAllUndrawn(tx, s.gallery.id)),
  'assets.setUndrawn': question((tx, s) => assets.setUndrawn(tx, s.asset.id)),
  'assets.setRenderFailed': question((tx, s) => assets.setRenderFailed(tx, s.asset.id)),
  'assets.listUnrendered': question((tx) => assets.listUnrendered(tx, now, 500)),
  'derivatives.findDerivative': question((tx, s) => derivatives.findDerivative(tx, s.asset.id, 'preview')),
  'derivatives.deleteDerivativesOf': question((tx, s) => derivatives.deleteDerivativesOf(tx, s.gallery.id)),
  'derivatives.deleteDerivatives': question((tx, s) => derivatives.deleteDerivatives(tx, s.asset.id)),
  'derivatives.insertDerivatives': question(async (tx, s) => {
    await derivatives.deleteDerivatives(tx, s.asset.id)
    const row = { assetId: s.asset.id, storageKey: 'fresh', mime: 'image/webp', size: 1, width: 1, height: 1, crc32: 1, sha256: null }
    await derivatives.insertDerivatives(tx, [{ ...row, kind: 'preview', mark: null }])
  }),
  'watermarks.findWatermark': question((tx, s) => watermarks.findWatermark(tx, s.owner)),
  'watermarks.findImage': question((tx, s) => watermarks.findImage(tx, s.owner)),
  'watermarks.holdWatermark': question((tx, s) => watermarks.holdWatermark(tx, s.owner)),
  'watermarks.putWatermark': question((tx, s) =>
    watermarks.putWatermark(tx, s.owner, { ...unplaced, id: uuid(1), image: Buffer.alloc(9), width: 3, height: 1, text: null }),
  ),
  'watermarks.changeWatermark': question((tx, s) => watermarks.changeWatermark(tx, s.owner, { id: uuid(2) })),
  'watermarks.deleteWatermark': question((tx, s) => watermarks.deleteWatermark(tx, s.owner)),
  'watermarks.isShown': question((tx, s) => watermarks.isShown(tx, s.owner)),
  'watermarks.markAllOf': question((tx, s) => watermarks.markAllOf(tx, s.owner)),
  'watermarks.listMarking': question((tx) => watermarks.listMarking(tx, 500)),
  'derivatives.deleteMarked': question((tx, s) => derivatives.deleteMarked(tx, s.asset.id)),
  'derivatives.deleteMarkedOf': question((tx, s) => derivatives.deleteMarkedOf(tx, s.gallery.id)),
  // each photo of the gallery with its preview, to know which come next by their ids
  'derivatives.listUnmarked': question((tx, s) => derivatives.listUnmarked(tx, s.big, uuid(1), s.asset.id, 100), 1_100),
  'derivatives.countMarked': question((tx, s) => derivatives.countMarked(tx, s.gallery.id, uuid(1))),
  'derivatives.drawLost': question(async (tx, s) => {
    const known = (await derivatives.findDerivative(tx, s.asset.id, 'preview'))!
    return derivatives.drawLost(outboxDeps, tx, s.gallery.id, known)
  }),
  'derivatives.drawAgain': question((tx, s) => derivatives.drawAgain(outboxDeps, tx, s.asset.id)),
  'derivatives.listUnproven': question((tx) => derivatives.listUnproven(tx, 500)),
  'derivatives.setProof': question((tx, s) => derivatives.setProof(tx, s.keys[0]!, { crc32: 1, sha256: s.asset.sha256 })),
  'uploads.lockSpace': question((tx) => uploads.lockSpace(tx)),
  'uploads.announcedBytes': question((tx) => uploads.announcedBytes(tx, ago(1))),
  'uploads.insertUpload': question((tx, s) => uploads.insertUpload(tx, { ...s.upload, id: uuid(1), assetId: uuid(2) })),
  'uploads.findUpload': question((tx, s) => uploads.findUpload(tx, s.upload.id)),
  'uploads.claimUpload': question((tx, s) => uploads.claimUpload(tx, s.upload.id, 'token', now, now)),
  'uploads.renewUpload': question((tx, s) => uploads.renewUpload(tx, s.upload.id, 'token', now)),
  'uploads.saveOffset': question((tx, s) => uploads.saveOffset(tx, s.upload.id, 'token', { from: 0, to: 1, now, until: now })),
  'uploads.releaseUpload': question((tx, s) => uploads.releaseUpload(tx, s.upload.id, 'token')),
  'uploads.endUpload': question((tx, s) => uploads.endUpload(tx, s.upload.id, 'token', now)),
  'uploads.deleteUpload': question((tx, s) => uploads.deleteUpload(tx, s.upload.id, null)),
  'uploads.becameAsset': question((tx, s) => uploads.becameAsset(tx, s.asset.id)),
  'uploads.listUntouched': question((tx) => uploads.listUntouched(tx, ago(7), 1000)),
  'archives.findArchive': question((tx, s) => archives.findArchive(tx, s.archive.id)),
  'archives.lockOpen': question((tx, s) => archives.lockOpen(tx, s.gallery.id, s.archive.recipeHash)),
  'archives.findCurrent': question((tx, s) => archives.findCurrent(tx, s.gallery.id, s.archive.imagesHash, s.archive.recipeHash)),
  'archives.listVersions': question((tx, s) => archives.listVersions(tx, s.gallery.id)),
  'archived.listArchived': question((tx, s) =>
    archived.listArchived(tx, { ownerId: s.owner }, { sort: 'archived_at', descending: true, limit: 50 }),
  ),
  'archived.countArchived': question((tx, s) => archived.countArchived(tx, { ownerId: s.owner }), 'all'),
  'archives.markGone': question((tx, s) => archives.markGone(tx, s.gallery.id)),
  'archives.listFinal': question((tx, s) => archives.listFinal(tx, s.gallery.id)),
  'archives.nextVersion': question((tx, s) => archives.nextVersion(tx, s.gallery.id, 'delivery')),
  'archives.insertArchive': question((tx, s) =>
    archives.insertArchive(tx, { ...s.archive, id: uuid(1), version: 99, status: 'queued', recipeHash: 'fresh', storageKey: 'fresh' }),
  ),
  'archives.claimForBuild': question((tx, s) => archives.claimForBuild(tx, s.atWork.id, now)),
  'archives.claimForVerify': question((tx, s) => archives.claimForVerify(tx, s.atWork.id, now)),
  'archives.changeHeld': question((tx, s) => archives.changeHeld(tx, s.atWork, { processedBytes: 1, progressAt: now })),
  'archives.findNewer': question((tx, s) => archives.findNewer(tx, s.archive)),
  'archives.markAnnounced': question((tx, s) => archives.markAnnounced(tx, s.archive.id)),
  'archives.supersede': question((tx, s) => archives.supersede(tx, { ...s.archive, version: 99 }, now)),
  'archives.markLost': question((tx, s) => archives.markLost(tx, s.archive.id, now)),
  'archives.keepUntil': question((tx, s) => archives.keepUntil(tx, s.archive.id, now)),
  'archives.takeLost': question((tx, s) => archives.takeLost(tx, s.gallery.id)),
  'archives.limitFinal': question((tx, s) => archives.limitFinal(tx, s.gallery.id, now)),
  'archives.endRetention': question((tx, s) => archives.endRetention(tx, s.archive.id, now)),
  'archives.listIdle': question((tx) => archives.listIdle(tx, now, 500)),
  'archives.listIdle: begun': question((tx) => archives.listIdle(tx, now, 500, ['processing', 'verifying'])),
  'archives.takeAway': question((tx, s) => archives.takeAway(tx, s.atWork, { status: 'queued' })),
  'archives.listOfGalleries': question((tx, s) => archives.listOfGalleries(tx, s.some)),
  'archives.listOutlived': question((tx) => archives.listOutlived(tx, now, 500), 2500),
  'archives.markDeleted': question(async (tx, s) => {
    await archives.endRetention(tx, s.archive.id, ago(1))
    await archives.markDeleted(tx, s.archive.id, now)
  }),
  'archives.cancelWork': question((tx, s) => archives.cancelWork(tx, s.atWork.id, now)),
  'archiveEntries.sealEntries': question((tx, s) =>
    entries.sealEntries(
      tx,
      s.archive.id,
      [{ path: 'x', assetId: s.asset.id, previewKey: null, size: 1, crc32: 1, sha256: s.asset.sha256, mtime: now, content: null }],
      [],
    ),
  ),
  'archiveEntries.listSealed': question((tx, s) => entries.listSealed(tx, s.archive.id)),
  'archiveEntries.listMissing': question((tx, s) => entries.listMissing(tx, s.archive.id)),
  'archiveEntries.listPlannedItems': question((tx, s) => entries.listPlannedItems(tx, s.archive.id)),
  'archiveEntries.isNamed': question((tx, s) => entries.isNamed(tx, s.archive.id, [{ assetId: s.asset.id, path: 'x' }])),
  'clients.upsertClient': question((tx, s) =>
    clients.upsertClient(tx, { id: uuid(1), galleryId: s.gallery.id, email: 'x@example.com', createdAt: now }, {}),
  ),
  'clients.changeClient': question((tx, s) => clients.changeClient(tx, s.gallery.id, s.client.id, { name: 'x' })),
  'clients.findClient': question((tx, s) => clients.findClient(tx, s.gallery.id, s.client.id)),
  'clients.findClientByEmail': question((tx, s) => clients.findClientByEmail(tx, s.gallery.id, s.client.email)),
  'clients.lockClient': question((tx, s) => clients.lockClient(tx, s.gallery.id, s.client.id)),
  'clients.listClients': question((tx, s) => clients.listClients(tx, s.gallery.id)),
  'clients.removeClient': question((tx, s) => clients.removeClient(tx, s.gallery.id, s.client.id, now)),
  'links.insertLink': question((tx, s) => links.insertLink(tx, { ...s.link, id: uuid(1) })),
  'links.insertLinks': question((tx, s) => links.insertLinks(tx, [{ ...s.link, id: uuid(1) }])),
  'links.findLink': question((tx, s) => links.findLink(tx, s.link.id)),
  'links.findExportLink': question((tx, s) => links.findExportLink(tx, s.selection.id, null, now)),
  'links.grantPageLinks': question((tx, s) => links.grantPageLinks(tx, s.gallery.id, [s.client.id], now, 31_536_000_000)),
  'links.grantLink': question((tx, s) =>
    links.grantLink(
      tx,
      { kind: 'client', galleryId: s.gallery.id, archiveId: s.archive.id, assetId: null, clientId: s.client.id },
      now,
      21_600_000,
    ),
  ),
  'links.grantLink: one file of a big gallery': question((tx, s) =>
    links.grantLink(tx, { kind: 'file', galleryId: s.big, archiveId: null, assetId: s.bigAsset, clientId: null }, now, 10_800_000),
  ),
  'links.grantPages': question((tx, s) => links.grantPages(tx, s.gallery.id, [s.client.id], now, 21_600_000)),
  'links.shareLink': question((tx, s) =>
    links.shareLink(tx, { kind: 'file', galleryId: s.big, archiveId: null, assetId: s.bigAsset, clientId: null }, now, 1000),
  ),
  'links.revokeLink': question((tx, s) => links.revokeLink(tx, s.gallery.id, s.link.id, now)),
  'links.revokeTakings': question((tx, s) => links.revokeTakings(tx, s.gallery.id, now)),
  'links.revokeVisits': question((tx, s) => links.revokeVisits(tx, s.gallery.id, now)),
  'links.revokeShares': question((tx, s) => links.revokeShares(tx, s.big, now)),
  'links.countUse': question((tx, s) => links.countUse(tx, s.link.id)),
  'links.noteUse': question((tx, s) => links.noteUse(tx, s.link, now)),
  'links.revokeExportLinks': question((tx, s) => links.revokeExportLinks(tx, s.selection.id, now)),
  'links.listLinks': question((tx, s) => links.listLinks(tx, s.big), 3000),
  // as many as are due, with what points at each
  'links.sweepLinks': question((tx) => links.sweepLinks(tx, now), 3000, 50_000),
  'links.listOfClient': question((tx, s) => links.listOfClient(tx, s.client.id)),
  'links.listLinked': question((tx, s) => links.listLinked(tx, s.gallery.id, now)),
  'letters.insertLetter': question((tx, s) =>
    letters.insertLetter(tx, { ...s.letter, id: uuid(1), dedupeKey: 'fresh', facts: '{}' } as letters.NewLetter),
  ),
  'letters.insertLetters': question((tx, s) =>
    letters.insertLetters(tx, [{ ...s.letter, id: uuid(1), dedupeKey: 'fresh', facts: '{}' } as letters.NewLetter]),
  ),
  'outbox.writeLetters': question((tx, s) => outbox.writeLetters(outboxDeps, tx, now, [aboutKey(s)])),
  'outbox.writeToAccount': question((tx, s) => outbox.writeToAccount(outboxDeps, tx, s.owner, aboutKey(s))),
  'outbox.writeToOwner': question((tx, s) =>
    outbox.writeToOwner(outboxDeps, tx, s.gallery, { kind: 'gallery_restored', archiveId: null, dedupeKey: 'fresh' }),
  ),
  'letters.isWritten': question((tx, s) => letters.isWritten(tx, s.letter.dedupeKey)),
  'letters.listWritten': question((tx, s) => letters.listWritten(tx, [s.letter.dedupeKey, 'fresh'])),
  'letters.findLetter': question((tx, s) => letters.findLetter(tx, s.letter.id)),
  'letters.noteTry': question((tx, s) => letters.noteTry(tx, s.letter.id, { status: 'sent', error: null, sentAt: now })),
  'letters.listWaiting': question((tx) => letters.listWaiting(tx, now, 500)),
  'letters.listTold': question((tx, s) => letters.listTold(tx, s.gallery.id, now)),
  'letters.wakeLetter': question((tx, s) => letters.wakeLetter(tx, s.letter.id, s.letter.linkId)),
  'letters.takeBack': question((tx, s) => letters.takeBack(tx, s.archive, now)),
  'letters.findLast': question((tx, s) => letters.findLast(tx, s.gallery.id, 'gallery_ending', ago(1))),
  'letters.takeBackKinds': question((tx, s) => letters.takeBackKinds(tx, s.gallery.id, ['gallery_ending'])),
  'letters.pageLetters': question((tx, s) => letters.pageLetters(tx, s.owner, { limit: 50 })),
  'letters.pageLetters: deep': question((tx, s) => letters.pageLetters(tx, s.owner, { limit: 50, before: s.letter })),
  'letters.pageLetters: small owner': question((tx, s) => letters.pageLetters(tx, s.smallOwner, { limit: 50 })),
  'letters.findOwnLetter': question((tx, s) => letters.findOwnLetter(tx, s.owner, s.letter.id)),
  'letters.listOfArchive': question((tx, s) => letters.listOfArchive(tx, s.archive.id)),
  'letters.listOfClient': question((tx, s) => letters.listOfClient(tx, s.gallery.id, s.client)),
  'letters.findSelection': question((tx, s) => letters.findSelection(tx, s.gallery.id, 'g1')),
  'letters.findSent': question((tx, s) => letters.findSent(tx, s.archive.id)),
  'letters.countByHand': question((tx, s) => letters.countByHand(tx, s.gallery.id, s.client.email, ago(1))),
  'letters.noteReturned': question((tx, s) => letters.noteReturned(tx, s.letter.id, 'x')),
  'downloads.lockDownload': question((tx, s) =>
    downloads.lockDownload(tx, {
      id: uuid(1),
      galleryId: s.gallery.id,
      archiveId: s.archive.id,
      planHash: 'fresh',
      size: 1,
      reader: `client:${s.client.id}`,
      linkId: s.link.id,
      clientId: s.client.id,
      userId: null,
      agent: 'x',
      firstAt: now,
      lastAt: now,
    }),
  ),
  'downloads.changeDownload': question((tx, s) => downloads.changeDownload(tx, s.letter.id, { received: [], answers: [], lastAt: now })),
  'downloads.countDownload': question((tx, s) => downloads.countDownload(tx, s.archive.id, true, now)),
  'downloads.listDownloads': question((tx, s) => downloads.listDownloads(tx, s.gallery.id)),
  'downloads.listComplete': question((tx, s) => downloads.listComplete(tx, s.gallery.id, null)),
  'downloads.listComplete: of one content': question((tx, s) => downloads.listComplete(tx, s.gallery.id, s.archive.planHash)),
  'downloads.countSent': question((tx, s) => downloads.countSent(tx, s.gallery.id)),
  'downloads.forgetClient': question((tx, s) => downloads.forgetClient(tx, s.gallery.id, s.client.id)),
  'downloads.sweepDownloads': question((tx) => downloads.sweepDownloads(tx, ago(30))),
  'downloads.listDigestsDue': question((tx) => downloads.listDigestsDue(tx, { from: ago(30), until: ago(0.2) })),
  'downloads.tellIn': question((tx, s) => downloads.tellIn(tx, [s.gallery.id], { from: ago(900), until: ago(0.2) }, s.letter.id)),
  'downloads.listTold': question((tx, s) => downloads.listTold(tx, s.letter.id)),
  'activity.note': question((tx, s) => activity.note(tx, { at: now, actor: 'system', action: 'expired', galleryId: s.gallery.id })),
  'activity.titlesOf': question((tx, s) => activity.titlesOf(tx, s.owner, s.some)),
  'activity.pageActivity': question((tx, s) => activity.pageActivity(tx, { galleryId: s.gallery.id }, { limit: 50 })),
  'activity.pageActivity: of an owner': question((tx, s) =>
    activity.pageActivity(tx, { ownerId: s.owner }, { limit: 50, before: s.gallery }),
  ),
  'activity.pageActivity: of a small owner': question((tx, s) => activity.pageActivity(tx, { ownerId: s.smallOwner }, { limit: 50 })),
  'activity.pageActivity: of all': question((tx, s) => activity.pageActivity(tx, {}, { limit: 50, before: s.gallery })),
  'notifications.wasTold': question((tx, s) => notifications.wasTold(tx, s.gallery.id, 'gallery_expired', ago(1))),
  'notifications.sweepNotifications': question((tx) => notifications.sweepNotifications(tx, ago(9000))),
  'notifications.tell': question((tx, s) => notifications.tell(tx, s.gallery, 'gallery_expired', now)),
  'notifications.pageNotifications': question((tx, s) => notifications.pageNotifications(tx, s.owner, { limit: 50, before: s.gallery })),
  // a count of what one person has not read: nearly all of them are read
  'notifications.countUnread': question((tx, s) => notifications.countUnread(tx, s.owner)),
  'notifications.markRead': question((tx, s) => notifications.markRead(tx, s.owner, s.letter.id, now)),
  'exports.insertExport': question((tx, s) => exports.insertExport(tx, { ...s.export, id: uuid(1) }, [s.selection.id])),
  'exports.findExport': question((tx, s) => exports.findExport(tx, s.export.galleryId, s.export.id)),
  'exports.lockExport': question((tx, s) => exports.lockExport(tx, s.export.id)),
  'exports.findSameExport': question((tx, s) => exports.findSameExport(tx, s.export.requester, [s.selection.id])),
  'exports.listExports': question((tx, s) => exports.listExports(tx, s.export.galleryId, 50)),
  'exports.listParts': question((tx, s) => exports.listParts(tx, s.export.id)),
  'exports.listExportsOf': question((tx, s) => exports.listExportsOf(tx, s.selection.id, ['open', 'ready'])),
  'exports.changeExport': question((tx, s) => exports.changeExport(tx, s.export.id, s.export.status, { endedAt: now })),
  'exports.listPartial': question((tx, s) => exports.listPartial(tx, s.export.galleryId)),
  'exports.putPart': question((tx, s) => exports.putPart(tx, s.export.id, s.selection.id, s.archive.id)),
  'exports.replacePart': question((tx, s) => exports.replacePart(tx, s.selection.id, s.archive.id)),
  'exports.settleCancelled': question((tx) => exports.settleCancelled(tx, { before: now })),
  'exports.endGuestExports': question((tx, s) => exports.endGuestExports(tx, s.gallery.id, now)),
  'exports.expireExports': question((tx) => exports.expireExports(tx, now)),
  'exports.forgetExports': question((tx) => exports.forgetExports(tx, ago(5.999), 500), 200),
  'feedback.listFavorites': question((tx, s) => feedback.listFavorites(tx, s.gallery.id, s.guest)),
  'feedback.listFeedback': question((tx, s) => feedback.listFeedback(tx, s.gallery.id)),
  'feedback.listSaid': question((tx, s) => feedback.listSaid(tx, s.gallery.id, { kind: 'favorite', guest: s.guest })),
  'feedback.pageFeedback': question((tx, s) =>
    feedback.pageFeedback(tx, s.gallery.id, { hidden: false }, { limit: 50, before: { createdAt: now, id: uuid(1) } }),
  ),
  'feedback.pageComments': question((tx, s) =>
    feedback.pageComments(
      tx,
      { galleryId: s.gallery.id, itemId: s.said.itemId, guest: s.guest },
      { limit: 50, after: { createdAt: ago(9000), id: uuid(1) } },
    ),
  ),
  'feedback.setHidden': question((tx, s) => feedback.setHidden(tx, s.gallery.id, s.said.id, now)),
  'feedback.findSaid': question((tx, s) => feedback.findSaid(tx, s.gallery.id, s.said.id)),
  'feedback.deleteFeedback': question((tx, s) => feedback.deleteFeedback(tx, s.gallery.id, s.said.id)),
  'feedback.deleteFeedbackOf': question((tx, s) => feedback.deleteFeedbackOf(tx, s.gallery.id, s.guest)),
  'feedback.forgetFeedback': question((tx, s) => feedback.forgetFeedback(tx, s.gallery.id)),
  'feedbackGuests.setGuest': question((tx, s) =>
    feedbackGuests.setGuest(tx, { galleryId: s.gallery.id, guestIdentifier: s.guest, name: 'Mara', email: null, createdAt: now }),
  ),
  'feedbackGuests.findGuest': question((tx, s) => feedbackGuests.findGuest(tx, s.gallery.id, s.guest)),
  'feedbackGuests.hasGuests': question((tx, s) => feedbackGuests.hasGuests(tx, s.gallery.id, 10_000)),
  'feedbackGuests.forgetGuest': question((tx, s) => feedbackGuests.forgetGuest(tx, s.gallery.id, s.guest)),
  'feedbackGuests.forgetGuests': question((tx, s) => feedbackGuests.forgetGuests(tx, s.gallery.id)),
  'marks.setMark': question((tx, s) =>
    marks.setMark(tx, {
      id: uuid(1),
      galleryId: s.gallery.id,
      itemId: s.asset.itemId,
      guestIdentifier: 'x',
      kind: 'rating',
      rating: 5,
      createdAt: now,
    }),
  ),
  'marks.removeMark': question((tx, s) =>
    marks.removeMark(tx, { galleryId: s.gallery.id, itemId: s.said.itemId, guestIdentifier: s.guest, kind: 'favorite' }),
  ),
  'marks.countItems': question((tx, s) => marks.countItems(tx, s.gallery.id, s.guest)),
  'marks.addComment': question((tx, s) =>
    marks.addComment(tx, {
      id: uuid(1),
      galleryId: s.gallery.id,
      itemId: s.said.itemId,
      guestIdentifier: s.guest,
      comment: 'x',
      createdAt: now,
    }),
  ),
  'marks.removeComment': question((tx, s) =>
    marks.removeComment(tx, { galleryId: s.gallery.id, itemId: s.said.itemId, guestIdentifier: s.guest, id: s.said.id }),
  ),
  'marks.countComments': question((tx, s) =>
    marks.countComments(tx, { galleryId: s.gallery.id, itemId: s.said.itemId, guestIdentifier: s.guest }),
  ),
  'marks.hasRows': question((tx, s) => marks.hasRows(tx, s.gallery.id, 100_000)),
  'marks.hasRows: comments': question((tx, s) => marks.hasRows(tx, s.gallery.id, 5_000, 'comment')),
  'garbage.discard': question((tx) => garbage.discard(tx, ['fresh'], 'x', now)),
  'garbage.dueGarbage': question((tx) => garbage.dueGarbage(tx, now, 1000)),
  'garbage.isNeeded': question((tx, s) => garbage.isNeeded(tx, s.keys[0]!)),
  'garbage.unknownKeys': question((tx, s) => garbage.unknownKeys(tx, s.keys)),
  'scrub.listUnreadAssets': question((tx) => scrub.listUnreadAssets(tx, ago(60), 100)),
  'scrub.listUnreadArchives': question((tx) => scrub.listUnreadArchives(tx, ago(60), 100)),
  'scrub.noteRead': question((tx, s) => scrub.noteRead(tx, 'assets', s.asset.id, now)),
  'archives.lockReady': question((tx, s) => archives.lockReady(tx, [s.archive.id])),
  'inside.insertPurges': question((tx, s) =>
    inside.insertPurges(tx, s.gallery.id, [{ key: 'galleries/x/assets/old', assetId: s.asset.id }], { proofId: s.retired, notBefore: now }),
  ),
  'inside.listPurges': question((tx, s) => inside.listPurges(tx, s.gallery.id)),
  'inside.moveTo': question((tx, s) =>
    inside.moveTo(tx, s.gallery.id, [{ id: s.asset.id, storageKey: 'galleries/x/other', storageOffset: 0 }]),
  ),
  'inside.takeUnneeded': question((tx, s) => inside.takeUnneeded(tx, s.gallery.id)),
  'salvages.findSalvage': question((tx, s) => salvages.findSalvage(tx, s.gallery.id)),
  'salvages.askAnew': question((tx, s) =>
    salvages.askAnew(tx, { galleryId: s.gallery.id, archiveId: null, expiresAt: null, dryRun: true, askedBy: s.owner, askedAt: now }),
  ),
  'salvages.claimSalvage': question((tx, s) => salvages.claimSalvage(tx, s.gallery.id, now)),
  'salvages.changeSalvage': question(async (tx, s) => {
    await tx.updateTable('salvages').set({ status: 'processing' }).where('galleryId', '=', s.gallery.id).execute()
    await salvages.changeSalvage(tx, { galleryId: s.gallery.id, fence: 2 }, { readBytes: 1 })
  }),
  'salvages.listSalvaging': question((tx) => salvages.listSalvaging(tx, 500)),
  'salvages.forgetSalvage': question((tx, s) => salvages.forgetSalvage(tx, s.gallery.id)),
  'inside.insertProof': question((tx, s) =>
    inside.insertProof(tx, { id: uuid(1), archiveId: s.archive.id, checksum: 'x', verifiedAt: now }),
  ),
  'inside.listProofs': question((tx, s) => inside.listProofs(tx, s.archive.id, 100)),
  'inside.findProof': question((tx, s) => inside.findProof(tx, s.archive.id)),
  'inside.moveInside': question((tx, s) => {
    const place = { assetId: s.asset.id, storageKey: s.asset.storageKey, storageOffset: s.asset.storageOffset, offset: 99 }
    const purge = { proofId: s.retired, notBefore: now }
    return inside.moveInside(tx, { galleryId: s.asset.galleryId, storageKey: 'galleries/x/final/1-1.zip' }, [place], purge)
  }),
  'inside.listPurgeable': question((tx) => inside.listPurgeable(tx, now, 1000), 2000),
  'inside.takePurges': question((tx, s) => inside.takePurges(tx, s.gallery.id, ago(-365), 500)),
  'inside.takeAllPurges': question((tx, s) => inside.takeAllPurges(tx, s.gallery.id)),
  'inside.renewPurges': question((tx, s) => inside.renewPurges(tx, s.gallery.id, s.retired)),
  'inside.listInside': question((tx, s) => inside.listInside(tx, s.gallery.id, null, 200)),
  'inside.countInside': question((tx, s) => inside.countInside(tx, s.gallery.id)),
  'inside.moveOut': question((tx, s) => inside.moveOut(tx, { ...s.asset, oldKey: null }, 'galleries/x/assets/y')),
  'inside.dropPurge': question((tx) => inside.dropPurge(tx, 'galleries/x/assets/y')),
  'garbage.postponeDue': question((tx, s) => garbage.postponeDue(tx, s.keys[0]!, now, ago(-1))),
  'garbage.forgetDue': question((tx, s) => garbage.forgetDue(tx, s.keys[0]!, now)),
  'garbage.forgetGarbage': question((tx, s) => garbage.forgetGarbage(tx, s.keys[0]!)),
  // to which nobody listens
  'events.emit': question((tx, s) => events.emit({} as Deps, tx, { galleryId: s.gallery.id, type: 'track.lost', dedupeKey: 'fresh' })),
  'placements.insertPlacement': question((tx, s) =>
    placements.insertPlacement(tx, { ...s.placement, id: uuid(1), createdAt: now }, [s.track.itemId]),
  ),
  'placements.findPlacement': question((tx, s) => placements.findPlacement(tx, s.placement.id)),
  'placements.listPlacements': question((tx, s) => placements.listPlacements(tx, s.placement.galleryId, 20)),
  'placements.notePlaced': question((tx, s) =>
    placements.notePlaced(tx, { placementId: s.placement.id, position: 1 }, { outcome: 'added', now }),
  ),
  'placements.endPlacement': question((tx, s) => placements.endPlacement(tx, s.placement.id, now, null)),
  'placements.reopenPlacement': question((tx, s) => placements.reopenPlacement(tx, s.placement.id, now)),
  'placements.listWatched': question((tx, s) => placements.listWatched(tx, s.owner, ago(1 / 144), 20), 300),
  'placements.listLeftOut': question((tx, s) => placements.listLeftOut(tx, s.placement.id, 20)),
  'placements.listIdlePlacements': question((tx) => placements.listIdlePlacements(tx, now, 500)),
  'placements.sweepPlacements': question((tx) => placements.sweepPlacements(tx, ago(29.9))),
  'rescues.findCollection': question((tx, s) => rescues.findCollection(tx, s.track.ownerId)),
  'rescues.lockKnown': question((tx, s) => rescues.lockKnown(tx, s.track.ownerId, [s.track])),
  'rescues.insertRescues': question((tx, s) => {
    const item = { id: uuid(1), galleryId: s.library, title: 'x', artist: null, provider: 'suno', position: 1, createdAt: now }
    const rescue = { ...s.track, itemId: uuid(1), providerRef: 'fresh' }
    return rescues.insertRescues(tx, [
      { item, rescue, media: [{ itemId: uuid(1), role: 'audio', url: 'https://x.example/1', state: 'waiting' }] },
    ])
  }),
  'rescues.offerMedia': question((tx, s) => rescues.offerMedia(tx, s.track.itemId, [{ role: 'cover', url: 'https://x.example/1' }])),
  'rescues.changeRescue': question((tx, s) => rescues.changeRescue(tx, s.track.itemId, { isPublic: true })),
  // what is due at a later minute is passed by
  'rescues.claimRescue': question((tx) => rescues.claimRescue(tx, { now, until: now, ownerId: null, paused: [] })),
  'rescues.claimRescue: this one': question((tx, s) =>
    rescues.claimRescue(tx, { now, until: now, ownerId: s.track.ownerId, paused: [], itemId: s.track.itemId }),
  ),
  'rescues.findRescue': question((tx, s) => rescues.findRescue(tx, s.track.itemId)),
  'rescues.renewRescue': question((tx, s) => rescues.renewRescue(tx, s.track, now)),
  'rescues.lockHeld': question((tx, s) => rescues.lockHeld(tx, s.track)),
  'rescues.letGo': question((tx, s) => rescues.letGo(tx, s.track, { state: 'rescued' })),
  'rescues.noteMedia': question((tx, s) => rescues.noteMedia(tx, s.track.itemId, 'audio', { tries: 1 })),
  'rescues.loseMedia': question((tx, s) => rescues.loseMedia(tx, s.track.itemId)),
  'rescues.listMedia': question((tx, s) => rescues.listMedia(tx, [s.track.itemId])),
  'rescues.insertRound': question((tx, s) => {
    const urls = { audioUrl: null, coverUrl: null, videoUrl: null }
    return rescues.insertRound(tx, { id: uuid(1), itemId: s.track.itemId, fence: 9, startedAt: now, ...urls })
  }),
  'rescues.endRound': question((tx, s) =>
    rescues.endRound(tx, s.track, { endedAt: now, outcome: 'failed', errorCode: null, errorDetail: null }),
  ),
  'rescues.endRounds': question((tx, s) => rescues.endRounds(tx, s.track.itemId, now)),
  'rescues.takeFromHolder': question((tx, s) => rescues.takeFromHolder(tx, s.track.itemId, { state: 'rescued' })),
  'rescues.putMedia': question((tx, s) => rescues.putMedia(tx, s.track.itemId, 'video')),
  'rescues.repointMedia': question((tx, s) => rescues.repointMedia(tx, s.asset.id, s.asset.id)),
  'rescues.pullForward': question((tx) => rescues.pullForward(tx, now, ago(-1))),
  'rescues.isAnyDue': question((tx) => rescues.isAnyDue(tx, now)),
  'tracks.pageTracks': question((tx, s) => tracks.pageTracks(tx, s.track.ownerId, { limit: 50, sort: 'created' })),
  'tracks.pageTracks: urgent': question((tx, s) => tracks.pageTracks(tx, s.track.ownerId, { limit: 50, sort: 'expires' })),
  'tracks.pageTracks: urgent, deep': question((tx, s) =>
    tracks.pageTracks(tx, s.track.ownerId, { limit: 50, sort: 'expires', after: { value: '3025-01-01', id: uuid(1) } }),
  ),
  'tracks.pageTracks: by title': question((tx, s) => tracks.pageTracks(tx, s.track.ownerId, { limit: 50, sort: 'title' })),
  'tracks.pageTracks: by title, deep': question((tx, s) =>
    tracks.pageTracks(tx, s.track.ownerId, { limit: 50, sort: 'title', after: { value: 'song 15', id: uuid(1) } }),
  ),
  'tracks.pageTracks: searched': question((tx, s) => tracks.pageTracks(tx, s.track.ownerId, { limit: 50, sort: 'title', search: 'Song' })),
  'tracks.pageTracks: searched, the newest first': question((tx, s) =>
    tracks.pageTracks(tx, s.track.ownerId, { limit: 50, sort: 'created', search: 'Song' }),
  ),
  // the titles of all tracks of one owner
  'tracks.pageTracks: searched in vain': question(
    (tx, s) => tracks.pageTracks(tx, s.track.ownerId, { limit: 50, sort: 'created', search: 'zz zz' }),
    'all',
  ),
  'tracks.pageTracks: of a rare state': question(
    (tx, s) => tracks.pageTracks(tx, s.track.ownerId, { limit: 50, sort: 'created', states: ['partial'] }),
    'all',
  ),
  'tracks.findTrack': question((tx, s) => tracks.findTrack(tx, s.track.ownerId, s.track.itemId)),
  'tracks.findTracks': question((tx, s) => tracks.findTracks(tx, s.track.ownerId, [s.track.itemId])),
  'tracks.listRounds': question((tx, s) => tracks.listRounds(tx, s.track.itemId)),
  'tracks.countTracks': question((tx, s) => tracks.countTracks(tx, s.track.ownerId, now), 'all'),
  'tracks.countSaving': question((tx, s) => tracks.countSaving(tx, s.track.ownerId, now), 'all'),
  'tracks.countDaysLeft': question((tx, s) => tracks.countDaysLeft(tx, s.track.ownerId, now), 'all'),
  'tracks.isPublicMedia': question((tx, s) => tracks.isPublicMedia(tx, s.asset.id)),
  'tracks.findSharer': question((tx, s) => tracks.findSharer(tx, s.asset.id, s.track.itemId)),
  'tracks.lockTrack': question((tx, s) => tracks.lockTrack(tx, s.track.ownerId, s.track.itemId)),
  'tracks.listEndangered': question((tx) => tracks.listEndangered(tx, now, 500)),
  'tracks.listEndangered: deep': question((tx, s) => tracks.listEndangered(tx, now, 500, s.track)),
  'tracks.noteTold': question((tx, s) => tracks.noteTold(tx, [{ itemId: s.track.itemId, told: 1 }])),
  'tracks.listTrackDigests': question((tx) => tracks.listTrackDigests(tx, ago(1), now), 'all'),
  'assets.deleteAssets': question((tx, s) => assets.deleteAssets(tx, [s.asset.id])),
  'assets.handAsset': question((tx, s) => assets.handAsset(tx, s.asset.id, s.track.itemId)),
  'webhooks.insertWebhook': question((tx, s) => webhooks.insertWebhook(tx, { ...s.webhook, id: uuid(1) }, 20)),
  'webhooks.findWebhook': question((tx, s) => webhooks.findWebhook(tx, s.webhook.id)),
  'webhooks.findOwnWebhook': question((tx, s) => webhooks.findOwnWebhook(tx, s.owner, s.webhook.id)),
  'webhooks.lockWebhook': question((tx, s) => webhooks.lockWebhook(tx, s.webhook.id)),
  'webhooks.listWebhooks': question((tx, s) => webhooks.listWebhooks(tx, s.owner)),
  'webhooks.changeWebhook': question((tx, s) => webhooks.changeWebhook(tx, s.webhook.id, { failingSince: now })),
  'webhooks.resealWebhook': question((tx, s) => webhooks.resealWebhook(tx, s.webhook, s.webhook.secret)),
  // all of its messages go with it
  'webhooks.deleteWebhook': question((tx, s) => webhooks.deleteWebhook(tx, s.owner, s.webhook.id), 'all'),
  'webhooks.disableWebhook': question((tx, s) => webhooks.disableWebhook(tx, s.webhook.id, 'gone')),
  'webhooks.listListeners': question((tx, s) => webhooks.listListeners(tx, s.gallery.id, 'archive.ready')),
  'webhooks.insertDelivery': question((tx, s) => webhooks.insertDelivery(tx, fresh(s.delivery))),
  'webhooks.insertTried': question((tx, s) => webhooks.insertTried(tx, fresh(s.delivery), triedNow)),
  'webhooks.findNext': question((tx, s) => webhooks.findNext(tx, s.webhook.id, null)),
  'webhooks.findNext: due': question((tx, s) => webhooks.findNext(tx, s.webhook.id, now)),
  'webhooks.findDue': question((tx, s) => webhooks.findDue(tx, s.webhook.id)),
  'webhooks.noteDelivery': question((tx, s) => webhooks.noteDelivery(tx, s.delivery, triedNow, now)),
  'webhooks.replayDelivery': question((tx, s) => webhooks.replayDelivery(tx, s.webhook.id, s.delivery.id, now)),
  'webhooks.pageDeliveries': question((tx, s) => webhooks.pageDeliveries(tx, s.webhook.id, { limit: 50 })),
  'webhooks.pageDeliveries: deep': question((tx, s) => webhooks.pageDeliveries(tx, s.webhook.id, { limit: 50, before: s.delivery })),
  'webhooks.listDueWebhooks': question((tx) => webhooks.listDueWebhooks(tx, now, 500)),
  'webhooks.sweepDeliveries': question((tx) => webhooks.sweepDeliveries(tx, ago(34))),
  'sources.findSource': question((tx, s) => sources.findSource(tx, s.big)),
  'sources.keepSource': question((tx, s) =>
    sources.keepSource(tx, { galleryId: s.gallery.id, prefix: 'albums/fresh/photos/', copy: false, publish: true, now }),
  ),
  'sources.keepSource: below a taken one': question(async (tx, s) => {
    const below = {
      galleryId: s.gallery.id,
      prefix: `albums/${s.bigPaths[0]!.split('/')[1]}/photos/more/`,
      copy: false,
      publish: true,
      now,
    }
    const refused = await sources.keepSource(tx, below).catch((error: unknown) => error)
    if (!isCode(refused, 'prefix_taken')) throw new Error('two galleries read the same photos')
  }),
  'sources.sourcesOf': question(async (tx, s) => {
    const found = await sources.sourcesOf(tx, s.bigPaths)
    if (found[0] !== s.big) throw new Error('its paths do not lead to their gallery')
  }, 10),
  'sources.takeDueSources': question((tx) => sources.takeDueSources(tx, now, 500), 1000),
  'sources.changeSource': question((tx, s) => sources.changeSource(tx, s.big, { state: 'reading', dueAt: now })),
  'sources.listForeign': question((tx, s) => sources.listForeign(tx, s.big), 'all'),
  'sources.markFound': question((tx, s) => sources.markFound(tx, s.asset.id)),
  'sources.listNoted': question((tx, s) => sources.listNoted(tx, s.big)),
  'sources.noteObject': question((tx, s) => sources.noteObject(tx, { galleryId: s.big, key: 'fresh#1', outcome: 'skipped', reason: 'x' })),
  'sources.forgetDuplicates': question((tx, s) => sources.forgetDuplicates(tx, s.big)),
  // asked for every new object: never more than the one row
  'sources.lockAtPath': question(async (tx, s) => {
    if (!(await sources.lockAtPath(tx, s.big, s.bigPaths[8]!))) throw new Error('nothing is at this path')
  }, 10),
  'sources.listSkipped': question((tx, s) => sources.listSkipped(tx, s.big, 100)),
  'suppressions.suppress': question((tx, s) =>
    suppressions.suppress(tx, {
      id: uuid(1),
      ownerId: s.owner,
      address: 'x@example.com',
      reason: 'bounce',
      galleryId: null,
      detail: null,
      since: now,
    }),
  ),
  'suppressions.findSuppression': question((tx, s) => suppressions.findSuppression(tx, s.letter)),
  'suppressions.listSuppressions': question((tx, s) => suppressions.listSuppressions(tx, s.owner), 3000),
  'suppressions.liftSuppression': question((tx, s) => suppressions.liftSuppression(tx, s.owner, uuid(1))),
  'suppressions.takeEvent': question((tx) => suppressions.takeEvent(tx, 'fresh', now)),
  'throttles.takeAttempt': question((tx) => throttles.takeAttempt(tx, 'fresh', now)),
  'throttles.forgetAttempts': question((tx) => throttles.forgetAttempts(tx, 'fresh')),
  'throttles.takeOnce': question((tx) => throttles.takeOnce(tx, 'fresh', now, 1000)),
  'throttles.sweepThrottles': question((tx) => throttles.sweepThrottles(tx, now)),
  'failures.pageFailures': question((tx, s) => failures.pageFailures(tx, s.owner, { limit: 50 }), 2000),
  'failures.pageFailures: of one kind': question((tx, s) => failures.pageFailures(tx, s.owner, { limit: 50, kind: 'letter' })),
  'failures.pageFailures: small owner': question((tx, s) => failures.pageFailures(tx, s.smallOwner, { limit: 50 }), 200),
  'failures.findFailure': question((tx, s) => failures.findFailure(tx, s.owner, 'archive', s.archive.id)),
  'failures.findFailure: a message': question((tx, s) => failures.findFailure(tx, s.owner, 'webhook', s.delivery.id)),
  'figures.usageFigures': question((tx) => figures.usageFigures(tx), 'all'),
  'figures.queueFigures': question((tx) => figures.queueFigures(tx), 2000),
  'figures.archiveFigures': question((tx) => figures.archiveFigures(tx), 'all'),
  'figures.stateFigures': question((tx) => figures.stateFigures(tx), 'all'),
  'view gallery_archives': question((tx, s) => sql`select * from gallery_archives where gallery_id = ${s.gallery.id}`.execute(tx)),
  'view archive_jobs': question((tx) => sql`select * from archive_jobs`.execute(tx), 'all'),
}
