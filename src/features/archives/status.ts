/** What the API says of archives. */
import type { ArchiveStatus, Archive as ArchiveView } from '../../../sdk/src/wire.ts'
import { listMissing } from '../../data/archiveEntries.ts'
import { listFinal, listVersions, newestOf } from '../../data/archives.ts'
import { findSent } from '../../data/letters.ts'
import { type Archive, archiveWord, atWork, isCurrent, percent } from '../../domain/archive.ts'
import type { Gallery } from '../../domain/gallery.ts'
import type { Database } from '../../ports/database/port.ts'

/** getArchiveStatus of 000: the word, and the archive it speaks of. */
export async function archiveStatus(db: Database, gallery: Gallery): Promise<ArchiveStatus> {
  const { newest, ready } = newestOf(await listVersions(db, gallery.id))
  const current = ready !== undefined && isCurrent(ready, gallery)
  const shown = newest && (atWork(newest.status) || (newest.status === 'failed' && !current)) ? newest : ready
  const [final] = gallery.state === 'archiving' || gallery.state === 'archived' ? await listFinal(db, gallery.id) : []
  return {
    status: archiveWord(newest, ready, current),
    archive: shown ? await viewArchive(db, shown) : null,
    final: final ? await viewArchive(db, final) : null,
  }
}

export async function viewArchive(db: Database, archive: Archive): Promise<ArchiveView> {
  const sent = await findSent(db, archive.id)
  return {
    id: archive.id,
    gallery_id: archive.galleryId,
    version: archive.version,
    purpose: archive.purpose,
    status: archive.status,
    file_size_bytes: archive.fileSizeBytes,
    checksum: archive.status === 'ready' ? archive.checksum : null,
    plan_hash: archive.planHash,
    moved_bytes: archive.movedBytes,
    store_requests: archive.storeRequests,
    image_count: archive.imageCount,
    missing_count: archive.missingCount,
    missing: archive.missingCount ? await listMissing(db, archive.id) : [],
    processed_photos: archive.processedPhotos,
    processed_bytes: archive.processedBytes,
    percent: percent(archive),
    eta_seconds: archive.etaSeconds,
    error_code: archive.errorCode,
    error_message: archive.errorMessage,
    created_at: archive.createdAt.toISOString(),
    started_at: iso(archive.startedAt),
    completed_at: iso(archive.completedAt),
    verified_at: iso(archive.verifiedAt),
    superseded: archive.supersededBy !== null,
    download_count: archive.downloadCount,
    last_downloaded_at: iso(archive.lastDownloadedAt),
    email_sent: sent.at !== null,
    email_sent_at: iso(sent.at),
    email_recipient: sent.recipients,
  }
}

const iso = (time: Date | null) => time?.toISOString() ?? null
