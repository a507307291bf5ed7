/** GET …/download: answers with a link, and asks for the archive when there is none that holds today's content. */
import type { DownloadResponse } from '../../../sdk/src/wire.ts'
import { after, days, seconds } from '../../base/clock.ts'
import { AppError } from '../../base/errors.ts'
import { isUuid } from '../../base/id.ts'
import { keepUntil, listVersions, markLost, newestOf } from '../../data/archives.ts'
import { findItemAsset, findNamed } from '../../data/assets.ts'
import { lockGallery } from '../../data/galleries.ts'
import { discard } from '../../data/garbage.ts'
import { isHidden } from '../../data/items.ts'
import { shareLink } from '../../data/links.ts'
import { type Archive, atWork, downloadWord, isCurrent, mayRetryByAsking } from '../../domain/archive.ts'
import type { Asset } from '../../domain/asset.ts'
import type { Gallery } from '../../domain/gallery.ts'
import { type LinkKind, mintLink } from '../../domain/link.ts'
import type { Database, Tx } from '../../ports/database/port.ts'
import type { Deps } from '../../ports/deps.ts'
import { requestArchive } from './request.ts'

type Needs = Pick<Deps, 'db' | 'storage' | 'queue' | 'clock' | 'settings'>

// the words of 001 (STA-04), which its callers compare
const messages = {
  started: 'Preparing your download. This may take a few minutes.',
  pending: 'Your download is being prepared.',
  generating: 'Your download is being prepared. This may take a few minutes for large albums.',
  retrying: 'Retrying download preparation. Please check back shortly.',
  error: 'The download could not be prepared. Press Retry, or ask the photographer.',
}

/** While the archive is at work the link works as well: it streams the same bytes straight from the originals. */
export async function askDownload(deps: Needs, gallery: Gallery, clientId: string | null = null): Promise<DownloadResponse> {
  // most ask for what is there: they lock nothing and write nothing, so they do not wait for each other
  const { choice } = await lookUp(deps, deps.db, gallery)
  const { archive, message } = choice ?? (await deps.db.transaction().execute((tx) => choose(deps, tx, gallery.id)))
  const status = downloadWord(archive.status)
  const answer = { album_id: gallery.slug, file_count: archive.imageCount, status }
  if (status === 'error') return { ...answer, download_url: null, expires_in: 0, message: message ?? messages.error }
  const link = await archiveLink(deps, archive, clientId)
  return { ...answer, ...address(deps, 'client', link), ...(message ? { message } : {}) }
}

interface Choice {
  archive: Archive
  message?: string
}

/** What can be answered as it stands: an archive at work, or a ready one that holds today's content and whose file is there. */
async function lookUp(deps: Needs, db: Database | Tx, gallery: Gallery): Promise<{ choice?: Choice; failures: Archive[]; lost?: Archive }> {
  const { newest, ready, failures } = newestOf(await listVersions(db, gallery.id))
  if (newest && atWork(newest.status)) {
    const message = newest.status === 'queued' ? messages.pending : messages.generating
    return { choice: { archive: newest, message }, failures }
  }
  if (!ready || !isCurrent(ready, gallery)) return { failures }
  // ready means that the file is there (VER-04)
  if ((await deps.storage.size(ready.storageKey!)) === ready.fileSizeBytes) return { choice: { archive: ready }, failures }
  return { failures, lost: ready }
}

/** The archive that holds today's content: at work, ready, failed a moment ago, or asked for now. */
export async function choose(deps: Needs, tx: Tx, galleryId: string): Promise<Choice> {
  const now = deps.clock.now()
  const gallery = await lockGallery(tx, galleryId)
  const { choice, failures, lost } = await lookUp(deps, tx, gallery)
  if (choice) return choice
  if (lost) {
    await markLost(tx, lost.id, now)
    // should anything be left under its key, nobody looks there again
    await discard(tx, [lost.storageKey!], 'archive lost', after(now, days(1)))
  }
  const failed = failures[0]
  if (failed && isCurrent(failed, gallery) && !mayRetryByAsking(failures.length, failed.completedAt ?? failed.createdAt, now))
    return { archive: failed }
  const source = failed ? 'api_retry' : 'api'
  const archive = await requestArchive(deps, tx, gallery, { source, requestedBy: null, force: false, announce: false })
  // the content has moved on and come back to what an archive holds: nothing has to be prepared
  if (archive.status === 'ready') return { archive }
  return { archive, message: failed ? messages.retrying : messages.started }
}

/** GET …/download?file=: one original, named as it was when it was uploaded, or by its item. */
export async function findFile(deps: Pick<Deps, 'db'>, gallery: Gallery, file: string): Promise<Asset> {
  const asset = (isUuid(file) && (await findItemAsset(deps.db, gallery.id, file))) || (await findNamed(deps.db, gallery.id, file))
  if (!asset || (await isHidden(deps.db, asset.itemId))) throw new AppError('not_found')
  return asset
}

/** A link to it. */
export async function linkFile(
  deps: Pick<Deps, 'db' | 'clock' | 'settings'>,
  gallery: Gallery,
  asset: Asset,
  clientId: string | null,
): Promise<DownloadResponse> {
  if (asset.state !== 'stored') throw new AppError('original_missing')
  const grant = { kind: 'file' as const, galleryId: gallery.id, archiveId: null, assetId: asset.id, clientId }
  const link = await shareLink(deps.db, grant, deps.clock.now(), deps.settings.linkLife.file)
  return { album_id: gallery.slug, file_count: 1, status: 'ready', ...address(deps, 'file', link) }
}

/** One link for all who ask within hours, and one for each client. */
async function archiveLink(deps: Needs, archive: Archive, clientId: string | null): Promise<{ id: string; expiresAt: Date }> {
  const grant = { kind: 'client' as const, galleryId: archive.galleryId, archiveId: archive.id, assetId: null, clientId }
  return shareLink(deps.db, grant, deps.clock.now(), deps.settings.linkLife.client, async (tx, expiresAt) => {
    // a link never outlives its file: it is kept for it, or was ended a moment ago, and who asks again gets another one
    if (!(await keepUntil(tx, archive.id, expiresAt))) throw new AppError('unavailable', { archive: archive.id })
  })
}

function address(deps: Pick<Deps, 'clock' | 'settings'>, kind: LinkKind, link: { id: string; expiresAt: Date }) {
  const token = mintLink({ id: link.id, kind, expiresAt: link.expiresAt }, deps.settings.tokenSecrets)
  const left = link.expiresAt.getTime() - deps.clock.now().getTime()
  return { download_url: `${deps.settings.publicUrl}/d/${token}`, expires_in: Math.floor(left / seconds(1)) }
}

/** POST …/archive: a fresh build when forced, else as publish would. */
export async function askArchive(deps: Needs, galleryId: string, by: { userId: string | null; force: boolean }): Promise<Archive> {
  return deps.db.transaction().execute(async (tx) => {
    const gallery = await lockGallery(tx, galleryId)
    return requestArchive(deps, tx, gallery, { source: 'manual', requestedBy: by.userId, force: by.force, announce: false })
  })
}
