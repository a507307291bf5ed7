/** What a webhook says: the canonical subject of 004 (`data.event`), and what else belongs to a type. Pure. */
import type { Archive } from './archive.ts'
import type { Gallery } from './gallery.ts'

/** Every key is always there; null where a gallery has no such thing. */
export interface EventSubject {
  id: string
  slug: string
  event_name: string
  event_type: string | null
  event_date: string | null
  /** the gallery's address; whether it opens without more is the gallery's own setting */
  share_url: string
  /** always null: a link that opens more than the address is made when somebody asks for it, and stands in no message */
  share_token: null
  customer_name: string | null
  customer_email: string | null
  customer_phone: null
  /** of event.expired: the date that has passed */
  expires_at?: string
  /** of event.archived and event.restored */
  archive_path?: string
}

/** The gallery as receivers know it. */
export function eventSubject(
  gallery: Gallery,
  publicUrl: string,
  more: Pick<EventSubject, 'expires_at' | 'archive_path'> = {},
): EventSubject {
  return {
    id: gallery.id,
    slug: gallery.slug,
    event_name: gallery.title,
    event_type: gallery.eventType,
    event_date: gallery.eventDate,
    share_url: `${publicUrl}/g/${gallery.slug}`,
    share_token: null,
    customer_name: gallery.customerName,
    customer_email: gallery.customerEmail,
    customer_phone: null,
    ...more,
  }
}

/** Where the file of a key lies: `s3://bucket/key` in a bucket, the key itself on disk. */
export const archivePath = (bucket: string | null, storageKey: string): string =>
  bucket === null ? storageKey : `s3://${bucket}/objects/${storageKey}`

/** An archive as receivers know it: `data.archive`. */
export const archiveFacts = (archive: Archive, publicUrl: string) => ({
  id: archive.id,
  purpose: archive.purpose,
  version: archive.version,
  sha256: archive.checksum,
  size_bytes: archive.fileSizeBytes,
  photos: archive.imageCount,
  missing: archive.missingCount,
  /** for the photographer's account or key */
  url: `${publicUrl}/api/archives/${archive.id}/download`,
})

/** A gallery has ended: told once for each date, so one that was opened again may end again. */
export const endOf = ({ id, expiresAt }: Pick<Gallery, 'id' | 'expiresAt'>) => ({
  galleryId: id,
  type: 'event.expired' as const,
  dedupeKey: `event.expired ${id} ${expiresAt!.toISOString()}`,
})
