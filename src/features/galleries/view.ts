/** A gallery and its clients as their owner sees them over the API. */

import type { Client as ClientView, Gallery as GalleryView } from '../../../sdk/src/wire.ts'
import { sentenceOf } from '../../base/errors.ts'
import type { Client } from '../../data/clients.ts'
import type { GalleryRow } from '../../data/galleries.ts'
import { stateAt } from '../../domain/gallery.ts'
import type { Deps } from '../../ports/deps.ts'

export function viewGallery(deps: Pick<Deps, 'clock' | 'settings'>, row: GalleryRow): GalleryView {
  return {
    id: row.id,
    slug: row.slug,
    title: row.title,
    state: stateAt(row, deps.clock.now()),
    event_type: row.eventType,
    event_date: row.eventDate,
    customer_name: row.customerName,
    customer_email: row.customerEmail,
    locale: row.locale,
    naming: row.naming,
    download_enabled: row.downloadEnabled,
    download_size: row.downloadSize,
    watermark: row.watermark,
    feedback_enabled: row.feedbackEnabled,
    notify_new_versions: row.notifyNewVersions,
    has_password: row.passwordHash !== null,
    public: row.isPublic,
    expires_at: row.expiresAt?.toISOString() ?? null,
    archive_error: row.archiveError ? { code: row.archiveError, detail: sentenceOf(row.archiveError) } : null,
    restoring: row.hydrating,
    published_at: row.publishedAt?.toISOString() ?? null,
    created_at: row.createdAt.toISOString(),
    photos: row.photos,
    bytes: row.bytes,
    // its small pictures went with its page
    cover: row.coverAssetId && row.state !== 'archived' ? `/media/${row.coverAssetId}/thumbnail` : null,
    cover_item: row.coverItemId,
    cover_x: row.coverX,
    cover_y: row.coverY,
    url: `${deps.settings.publicUrl}/g/${row.slug}`,
  }
}

export const viewClient = (c: Client): ClientView => ({
  id: c.id,
  email: c.email,
  name: c.name,
  notify_on_archive: c.notifyOnArchive,
  permission: c.permission,
  access_expires_at: c.accessExpiresAt?.toISOString() ?? null,
  created_at: c.createdAt.toISOString(),
})
