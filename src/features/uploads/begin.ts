/** Begins an upload: may it come in, does it fit, and the row that stands for it. */
import { after, days } from '../../base/clock.ts'
import { AppError } from '../../base/errors.ts'
import { newId } from '../../base/id.ts'
import { announcedBytes, deleteUpload, insertUpload, lockSpace, type Upload } from '../../data/uploads.ts'
import { type Gallery, stateAt, takesUploads } from '../../domain/gallery.ts'
import type { Deps } from '../../ports/deps.ts'

/** A file somebody wants to send. */
export interface Announced {
  /** as the sender writes it: shown, never used as a path */
  name: string
  /** bytes */
  size: number
  modifiedAt: Date
  /** what the sender says the bytes are */
  sha256: Buffer | null
  /** the heading its item comes under */
  chapter?: string | null
  /** the item of the same gallery whose file it takes the place of */
  replaces?: string | null
}

// Uploads that rest for longer do not hold space against others; when they wake up and it is gone, the disk says so.
const holdsSpace = days(1)

/**
 * Refuses what cannot be kept before a byte of it is read; else notes it and makes room in the storage. The row comes first:
 * whatever a kill leaves in the storage has a row, and `sweepUploads` finds it.
 */
export async function begin(
  deps: Pick<Deps, 'db' | 'storage' | 'clock' | 'settings'>,
  gallery: Pick<Gallery, 'id' | 'ownerId' | 'state' | 'expiresAt'>,
  file: Announced,
): Promise<Upload> {
  const { db, storage, clock, settings } = deps
  const now = clock.now()
  if (!takesUploads(stateAt(gallery, now))) throw new AppError('gallery_not_open', { gallery: gallery.id })
  if (file.size === 0) throw new AppError('empty_file')
  if (file.size > settings.maxUploadBytes) throw new AppError('upload_too_large', { limit: settings.maxUploadBytes })
  const upload: Upload = {
    id: newId(now),
    galleryId: gallery.id,
    ownerId: gallery.ownerId,
    assetId: newId(now),
    name: keepable(file.name),
    size: file.size,
    received: 0,
    sha256: file.sha256,
    modifiedAt: file.modifiedAt,
    lockToken: null,
    lockedUntil: null,
    generation: 0,
    createdAt: now,
    touchedAt: now,
    finishedAt: null,
    chapter: file.chapter ?? null,
    replaces: file.replaces ?? null,
  }
  await db.transaction().execute(async (tx) => {
    await lockSpace(tx)
    // asked in this order, bytes that arrive in between count twice, never not at all
    const announced = await announcedBytes(tx, after(now, -holdsSpace))
    const free = (await storage.room())?.free ?? Number.POSITIVE_INFINITY
    if (file.size > free - settings.reserveBytes - announced) throw new AppError('storage_full', { free, announced })
    await insertUpload(tx, upload)
  })
  try {
    await storage.beginUpload(upload)
  } catch (error) {
    // nobody knows of it, so it must not hold space
    await deleteUpload(db, upload.id, null)
    throw error
  }
  return upload
}

/** The name as it was written, but for what PostgreSQL cannot hold: NUL, and halves of characters. */
const keepable = (name: string) => name.toWellFormed().replaceAll('\0', '\u2400').slice(0, 1000).toWellFormed()
