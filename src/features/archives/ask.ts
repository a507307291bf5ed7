/** GET …/download: answers with a link, and asks for the archive when there is none that holds today's content. */
import type { DownloadResponse } from '../../../sdk/src/wire.ts'
import { after, days, hours } from '../../base/clock.ts'
import { AppError } from '../../base/errors.ts'
import { newId } from '../../base/id.ts'
import { keepUntil, listVersions, markLost, newestOf } from '../../data/archives.ts'
import { lockGallery } from '../../data/galleries.ts'
import { discard } from '../../data/garbage.ts'
import { findShared, insertLink, type Link } from '../../data/links.ts'
import { type Archive, atWork, downloadWord, isCurrent, mayRetryByAsking } from '../../domain/archive.ts'
import type { Gallery } from '../../domain/gallery.ts'
import { linkLife, mintLink } from '../../domain/link.ts'
import type { Tx } from '../../ports/database/port.ts'
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
export async function askDownload(deps: Needs, gallery: Gallery): Promise<DownloadResponse> {
  const { archive, message } = await deps.db.transaction().execute((tx) => choose(deps, tx, gallery))
  const status = downloadWord(archive.status)
  const answer = { album_id: gallery.slug, file_count: archive.imageCount, status }
  if (status === 'error') return { ...answer, download_url: null, expires_in: 0, message: message ?? messages.error }
  const link = await sharedLink(deps, archive)
  const expiresIn = Math.floor((link.expiresAt.getTime() - deps.clock.now().getTime()) / 1000)
  return { ...answer, download_url: link.url, expires_in: expiresIn, ...(message ? { message } : {}) }
}

async function choose(deps: Needs, tx: Tx, asked: Gallery): Promise<{ archive: Archive; message?: string }> {
  const now = deps.clock.now()
  const gallery = await lockGallery(tx, asked.id)
  const { newest, ready, failures } = newestOf(await listVersions(tx, gallery.id))
  if (newest && atWork(newest.status))
    return { archive: newest, message: newest.status === 'queued' ? messages.pending : messages.generating }
  if (ready && isCurrent(ready, gallery)) {
    if ((await deps.storage.size(ready.storageKey!)) === ready.fileSizeBytes) return { archive: ready }
    // ready means that the file is there (VER-04)
    await markLost(tx, ready.id, now)
    // should anything be left under its key, nobody looks there again
    await discard(tx, [ready.storageKey!], 'archive lost', after(now, days(1)))
  }
  const failed = failures[0]
  if (failed && isCurrent(failed, gallery) && !mayRetryByAsking(failures.length, failed.completedAt ?? failed.createdAt, now))
    return { archive: failed }
  const source = failed ? 'api_retry' : 'api'
  const archive = await requestArchive(deps, tx, gallery, { source, requestedBy: null, force: false, announce: false })
  return { archive, message: failed ? messages.retrying : messages.started }
}

/** One link for all who ask within hours, with at least half of its time left. */
async function sharedLink(deps: Needs, archive: Archive): Promise<{ url: string; expiresAt: Date }> {
  const now = deps.clock.now()
  let link = await findShared(deps.db, archive.id, 'client', after(now, hours(3)))
  if (!link) {
    const fresh = {
      id: newId(now),
      kind: 'client' as const,
      galleryId: archive.galleryId,
      archiveId: archive.id,
      clientId: null,
      issuedAt: now,
      expiresAt: after(now, linkLife.client),
      revokedAt: null,
    }
    await issue(deps, fresh)
    link = fresh
  }
  const token = mintLink({ id: link.id, kind: 'client', expiresAt: link.expiresAt }, deps.settings.tokenSecrets)
  return { url: `${deps.settings.publicUrl}/d/${token}`, expiresAt: link.expiresAt }
}

/** A link never outlives its file: the archive is kept for it, or was ended a moment ago, and who asks again gets another one. */
async function issue(deps: Pick<Deps, 'db'>, link: Link & { archiveId: string }): Promise<void> {
  await deps.db.transaction().execute(async (tx) => {
    if (!(await keepUntil(tx, link.archiveId, link.expiresAt))) throw new AppError('unavailable', { archive: link.archiveId })
    await insertLink(tx, link)
  })
}

/** POST …/archive: a fresh build when forced, else as publish would. */
export async function askArchive(deps: Needs, galleryId: string, by: { userId: string | null; force: boolean }): Promise<Archive> {
  return deps.db.transaction().execute(async (tx) => {
    const gallery = await lockGallery(tx, galleryId)
    return requestArchive(deps, tx, gallery, { source: 'manual', requestedBy: by.userId, force: by.force, announce: false })
  })
}

/** The archive a link stands for, or why not: link_unknown, link_expired, link_revoked. */
export function checkLink(link: { expiresAt: Date; revokedAt: Date | null } | undefined, now: Date): void {
  if (!link) throw new AppError('link_unknown')
  if (link.revokedAt) throw new AppError('link_revoked')
  if (link.expiresAt <= now) throw new AppError('link_expired')
}
