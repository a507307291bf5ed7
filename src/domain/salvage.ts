/**
 * Salvage: a damaged archived gallery is to come back with what is whole, so every original is read.
 *
 * States: queued → processing (a claim; fence + 1) → done, failed; asked anew from any of them → queued (fence + 1).
 */
export interface Salvage {
  galleryId: string
  /** raised by every asking and every claim */
  fence: number
  status: 'queued' | 'processing' | 'done' | 'failed'
  /** from this version; null: from the final one */
  archiveId: string | null
  /** when the gallery is to end again; null: never */
  expiresAt: Date | null
  /** only look */
  dryRun: boolean
  /** a user's id */
  askedBy: string | null
  askedAt: Date
  startedAt: Date | null
  /** of the originals; bytes */
  readBytes: number
  /** of the originals; null until they were counted */
  allBytes: number | null
  etaSeconds: number | null
  errorCode: string | null
  found: Found | null
}

/** What was found whole, or has come back. */
export interface Found {
  archiveId: string
  /** of the archive's file */
  bytes: number
  photos: number
  /** names of the originals that are whole nowhere */
  missing: string[]
}

/** Whole percent; 100 only when it is done. What is damaged is read in several places, so more may be read than there is. */
export function salvagePercent({ status, readBytes, allBytes }: Pick<Salvage, 'status' | 'readBytes' | 'allBytes'>): number {
  if (status === 'done') return 100
  return status === 'processing' && allBytes ? Math.min(99, Math.floor((readBytes / allBytes) * 100)) : 0
}
