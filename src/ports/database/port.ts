/**
 * Database: PostgreSQL 15 or newer through Kysely. Columns are snake_case in SQL and camelCase here.
 *
 * - Times are `Date`, 8-byte integers are numbers (all of ours stay below 2^53), bytea is Buffer.
 * - `transaction` here retries nothing: a step that wants a retry is a job.
 * - A lost connection rejects the query at hand; the next query connects anew.
 */
import type { ColumnType, Kysely, Transaction } from 'kysely'
import type { Recipe } from '../../domain/plan.ts'

export type Database = Kysely<Tables>
export type Tx = Transaction<Tables>

/** A column with a default in the database. */
type Default<T> = ColumnType<T, T | undefined, T>
type Json<T> = ColumnType<T, string, string>

export interface Tables {
  settings: { key: string; value: Json<unknown> }
  users: UsersTable
  sessions: {
    id: string
    userId: string
    token: string
    expiresAt: Date
    ipAddress: string | null
    userAgent: string | null
    createdAt: Default<Date>
    updatedAt: Default<Date>
  }
  accounts: {
    id: string
    userId: string
    accountId: string
    providerId: string
    password: string | null
    createdAt: Default<Date>
    updatedAt: Default<Date>
  }
  throttles: { key: string; failures: number; blockedUntil: Date | null; touchedAt: Date }
  apiKeys: ApiKeysTable
  galleries: GalleriesTable
  galleryClients: GalleryClientsTable
  items: ItemsTable
  assets: AssetsTable
  derivatives: DerivativesTable
  uploads: UploadsTable
  archives: ArchivesTable
  archiveEntries: ArchiveEntriesTable
  links: LinksTable
  letters: LettersTable
  garbage: { key: string; reason: string; notBefore: Date; createdAt: Default<Date> }
}

export interface UsersTable {
  id: string
  name: string
  email: string
  emailVerified: Default<boolean>
  image: string | null
  role: 'admin' | 'owner'
  createdAt: Default<Date>
  updatedAt: Default<Date>
}

export interface ApiKeysTable {
  id: string
  ownerId: string
  name: string
  /** SHA-256 of the key; the key itself is shown once and kept nowhere */
  hash: Buffer
  scopes: string[]
  createdAt: Default<Date>
  lastUsedAt: Date | null
  revokedAt: Date | null
}

export interface GalleriesTable {
  id: string
  ownerId: string
  slug: string
  title: string
  state: 'draft' | 'active' | 'expired' | 'deleted'
  eventType: string | null
  eventDate: string | null
  customerName: string | null
  customerEmail: string | null
  locale: Default<'en' | 'de' | 'ru'>
  naming: Default<'original' | 'numbered' | 'id'>
  downloadEnabled: Default<boolean>
  passwordHash: string | null
  expiresAt: Date | null
  publishedAt: Date | null
  deletedAt: Date | null
  /** raised in the transaction of every change of assets */
  contentVersion: Default<number>
  createdAt: Date
}

export interface GalleryClientsTable {
  id: string
  galleryId: string
  email: string
  name: string | null
  notifyOnArchive: Default<boolean>
  createdAt: Date
}

export interface ItemsTable {
  id: string
  galleryId: string
  kind: 'photo' | 'video' | 'track'
  title: string
  position: number
  createdAt: Date
}

export interface AssetsTable {
  id: string
  galleryId: string
  itemId: string
  role: 'original'
  originalName: string
  mime: string
  size: number
  crc32: number
  sha256: Buffer
  state: 'stored' | 'missing' | 'deleted'
  storageKey: string
  width: number | null
  height: number | null
  capturedAt: string | null
  /** of the file on the photographer's disk, or of the upload: the time in the ZIP */
  modifiedAt: Date
  renderState: 'waiting' | 'done' | 'failed' | 'none'
  createdAt: Date
}

export interface DerivativesTable {
  assetId: string
  kind: 'preview' | 'thumbnail'
  storageKey: string
  mime: string
  size: number
  width: number
  height: number
}

export interface UploadsTable {
  id: string
  galleryId: string
  ownerId: string
  /** the asset it becomes */
  assetId: string
  name: string
  size: number
  received: Default<number>
  /** SHA-256 the client announced */
  sha256: Buffer | null
  modifiedAt: Date
  lockToken: string | null
  lockedUntil: Date | null
  createdAt: Date
  touchedAt: Date
  finishedAt: Date | null
}

export interface ArchivesTable {
  id: string
  galleryId: string
  version: number
  purpose: 'delivery'
  status: 'queued' | 'processing' | 'verifying' | 'ready' | 'failed' | 'deleted'
  /** raised by every claim: who holds an older one writes nothing */
  fence: Default<number>
  attempts: Default<number>
  /** what was asked for: naming policy and slug */
  recipe: Json<Recipe>
  recipeHash: string
  imagesHash: string
  planHash: string
  /** the gallery's, when the plan was sealed */
  contentVersion: number
  /** where the attempt at hand writes, then where the archive lies */
  storageKey: string | null
  fileSizeBytes: number
  checksum: string | null
  imageCount: number
  missingCount: Default<number>
  processedPhotos: Default<number>
  processedBytes: Default<number>
  etaSeconds: number | null
  source: string
  requestedBy: string | null
  announce: Default<boolean>
  errorCode: string | null
  errorMessage: string | null
  /** last sign of progress */
  progressAt: Date | null
  createdAt: Date
  startedAt: Date | null
  completedAt: Date | null
  verifiedAt: Date | null
  retainedUntil: Date | null
  supersededBy: string | null
}

export interface ArchiveEntriesTable {
  archiveId: string
  position: number
  assetId: string | null
  path: string
  size: number
  crc32: number
  sha256: Buffer
  mtime: Date
  /** generated text as it stands in the ZIP (deflated); null for media */
  content: Buffer | null
  status: 'ok' | 'missing'
  error: string | null
}

export interface LinksTable {
  id: string
  kind: 'email' | 'client'
  galleryId: string
  archiveId: string | null
  clientId: string | null
  issuedAt: Date
  expiresAt: Date
  revokedAt: Date | null
}

export interface LettersTable {
  id: string
  dedupeKey: string
  kind: 'archive_ready' | 'archive_failed'
  galleryId: string
  archiveId: string | null
  linkId: string | null
  recipient: string
  locale: 'en' | 'de' | 'ru'
  status: 'queued' | 'sent' | 'kept' | 'failed'
  attempts: Default<number>
  error: string | null
  createdAt: Date
  sentAt: Date | null
}
