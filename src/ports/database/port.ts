/**
 * Database: PostgreSQL 15 or newer through Kysely. Columns are snake_case in SQL and camelCase here.
 *
 * - Times are `Date`, 8-byte integers are numbers (all of ours stay below 2^53), bytea is Buffer.
 * - `transaction` here retries nothing: a step that wants a retry is a job.
 * - A lost connection rejects the query at hand; the next query connects anew.
 */
import type { ColumnType, GeneratedAlways, Kysely, Transaction } from 'kysely'
import type { Permission } from '../../domain/access.ts'
import type { Action } from '../../domain/activity.ts'
import type { Archive } from '../../domain/archive.ts'
import type { Asset } from '../../domain/asset.ts'
import type { Answer } from '../../domain/download.ts'
import type { Gallery } from '../../domain/gallery.ts'
import type { LetterKind } from '../../domain/letter.ts'
import type { LinkKind } from '../../domain/link.ts'
import type { NoticeKind } from '../../domain/notification.ts'
import type { PageName } from '../../domain/pages.ts'
import type { PassedReason } from '../../domain/prediction.ts'
import type { Recipe } from '../../domain/recipe.ts'
import type { MediaRole, RescueState, RoundOutcome } from '../../domain/rescue.ts'
import type { Found, Salvage } from '../../domain/salvage.ts'
import type { Watermark } from '../../domain/watermark.ts'
import type { DisabledReason } from '../../domain/webhook.ts'

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
  twoFactors: {
    id: string
    userId: string
    secret: string
    backupCodes: string
    verified: Default<boolean>
    /** wrong codes in a row; the sign-in library counts them */
    failedVerificationCount: Default<number>
    lockedUntil: Default<Date | null>
  }
  passkeys: PasskeysTable
  passkeyChallenges: { challenge: string; userId: string | null; expiresAt: Date }
  throttles: { key: string; failures: number; blockedUntil: Date | null; touchedAt: Date }
  apiKeys: ApiKeysTable
  watermarks: WatermarksTable
  galleries: Omit<Gallery, 'isPublic' | 'kind'> & {
    isPublic: Default<boolean>
    kind: Default<Gallery['kind']>
    remindAt: Default<Date | null>
  }
  galleryClients: GalleryClientsTable
  items: ItemsTable
  assets: Omit<Asset, 'track'> & { createdAt: Date; scrubbedAt: Default<Date | null> }
  derivatives: DerivativesTable
  rescues: RescuesTable
  remoteMedia: RemoteMediaTable
  rescueRounds: RescueRoundsTable
  placements: PlacementsTable
  placementTracks: PlacementTracksTable
  passedOver: PassedOverTable
  uploads: UploadsTable
  /** entriesGone: an ended selection of which only the row is left */
  archives: Omit<Archive, 'recipe'> & { recipe: Json<Recipe>; entriesGone: Default<boolean> }
  archiveEntries: ArchiveEntriesTable
  links: LinksTable
  letters: LettersTable
  downloads: DownloadsTable
  suppressions: SuppressionsTable
  mailEvents: { id: string; receivedAt: Date }
  exports: ExportsTable
  exportParts: { exportId: string; part: number; archiveId: string }
  feedback: FeedbackTable
  feedbackGuests: FeedbackGuestsTable
  gallerySources: SourcesTable
  sourceNotes: { galleryId: string; key: string; outcome: 'copied' | 'duplicate' | 'skipped'; reason: string | null }
  archiveProofs: { id: string; archiveId: string; checksum: string; verifiedAt: Date }
  purges: PurgesTable
  salvages: Omit<Salvage, 'found'> & { found: ColumnType<Found | null, string | null, string | null> }
  pages: PagesTable
  activity: ActivityTable
  notifications: NotificationsTable
  webhooks: WebhooksTable
  webhookDeliveries: WebhookDeliveriesTable
  garbage: { key: string; reason: string; notBefore: Date; createdAt: Default<Date> }
}

export interface UsersTable {
  id: string
  name: string
  email: string
  emailVerified: Default<boolean>
  image: string | null
  role: 'admin' | 'owner'
  /** wants a letter a day about what was downloaded */
  digest: Default<boolean>
  /** signing in takes a code besides the password */
  twoFactorEnabled: Default<boolean>
  /** since then nothing of this account opens anything */
  disabledAt: Default<Date | null>
  createdAt: Default<Date>
  updatedAt: Default<Date>
}

export interface PasskeysTable {
  id: string
  userId: string
  /** as the authenticator calls it, base64url */
  credentialId: string
  /** COSE */
  publicKey: Buffer
  /** how often it was used, by its own count; 0: it does not count */
  counter: number
  transports: string[]
  /** it is kept with its owner’s other devices, and lives on when this one is lost */
  backedUp: boolean
  name: string
  createdAt: Date
  lastUsedAt: Date | null
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

export interface GalleryClientsTable {
  id: string
  galleryId: string
  email: string
  name: string | null
  notifyOnArchive: Default<boolean>
  permission: Default<Permission>
  /** from then on the gallery is closed to this client; null: never */
  accessExpiresAt: Date | null
  createdAt: Date
}

export interface ItemsTable {
  id: string
  galleryId: string
  kind: 'photo' | 'video' | 'track'
  title: string
  position: number
  /** the heading it stands under; null: under none */
  chapter: Default<string | null>
  /** guests neither see nor get it; its photographer does, and the final archive holds it */
  hidden: Default<boolean>
  /** of tracks */
  artist: Default<string | null>
  provider: Default<string | null>
  createdAt: Date
}

/** The mark that an owner's galleries may bear. */
export interface WatermarksTable extends Watermark {
  ownerId: string
  /** PNG */
  image: Buffer
}

/** A track that its provider will delete, and how far its saving is; src/domain/rescue.ts. */
export interface RescuesTable {
  itemId: string
  ownerId: string
  provider: string
  providerRef: string
  state: RescueState
  /** at the provider */
  madeAt: Date
  /** when the provider deletes it */
  expiresAt: Date
  /** from then on it is fetched */
  scheduledAt: Date
  /** when somebody may take it; while it is fetched, when its holder counts as dead. null: nothing is to be done */
  dueAt: Date | null
  fence: Default<number>
  /** tries so far that did not bring all of it */
  rounds: Default<number>
  /** how long it plays, as its provider says */
  seconds: number | null
  errorCode: Default<string | null>
  errorDetail: Default<string | null>
  isPublic: Default<boolean>
  /** how many stages of danger its owner has been told of */
  told: Default<number>
  createdAt: Date
  /** since then its audio is ours */
  archivedAt: Default<Date | null>
}

/** A file at the provider. */
export interface RemoteMediaTable {
  itemId: string
  role: MediaRole
  url: string
  state: 'waiting' | 'stored' | 'lost'
  /** our copy; of another track of the same library when its bytes are the same */
  assetId: Default<string | null>
  tries: Default<number>
  triedAt: Default<Date | null>
  errorCode: Default<string | null>
  errorDetail: Default<string | null>
}

/** One try to save what is left of a track. */
export interface RescueRoundsTable {
  id: string
  itemId: string
  fence: number
  startedAt: Date
  endedAt: Default<Date | null>
  /** null: under way */
  outcome: Default<RoundOutcome | null>
  errorCode: Default<string | null>
  errorDetail: Default<string | null>
  audioUrl: string | null
  coverUrl: string | null
  videoUrl: string | null
}

/** Tracks of a library that are put into a gallery. */
export interface PlacementsTable {
  id: string
  galleryId: string
  ownerId: string
  createdAt: Date
  /** the last sign of whoever works at it */
  touchedAt: Date
  /** null: there is work left */
  endedAt: Default<Date | null>
  /** why it could not be done to its end */
  errorCode: Default<string | null>
  /** it has ended, and not all of it is in the gallery */
  leftOut: Default<boolean>
}

export interface PlacementTracksTable {
  placementId: string
  /** from 1 */
  position: number
  itemId: string
  /** null: it waits */
  outcome: Default<'added' | 'duplicate' | 'failed' | null>
  errorCode: Default<string | null>
}

/** What a provider made and we do not save. */
export interface PassedOverTable {
  ownerId: string
  provider: string
  providerRef: string
  reason: PassedReason
  seenAt: Date
}

export interface DerivativesTable {
  assetId: string
  /** marked_…: with the owner's watermark, for guests */
  kind: 'preview' | 'medium' | 'thumbnail' | 'marked_preview' | 'marked_medium'
  /** the watermark it bears, by its id; null: none */
  mark: string | null
  storageKey: string
  mime: string
  size: number
  width: number
  height: number
  /** of the stored bytes; null until the reconciler has taken them (rendered by an older Keepsake) */
  crc32: number | null
  sha256: Buffer | null
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
  /** how often it was taken over from a holder that had not let go; names its bytes in the storage */
  generation: Default<number>
  createdAt: Date
  touchedAt: Date
  finishedAt: Date | null
  chapter: Default<string | null>
  /** the item whose file it takes the place of */
  replaces: Default<string | null>
}

export interface ArchiveEntriesTable {
  archiveId: string
  position: number
  assetId: string | null
  /** the preview that is packed in place of the original */
  previewKey: string | null
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
  kind: LinkKind
  galleryId: string
  archiveId: string | null
  /** one file: of kinds file and media */
  assetId: string | null
  clientId: string | null
  /** of a share link for nobody in particular; a client's is in their row */
  permission: Permission | null
  issuedAt: Date
  expiresAt: Date
  revokedAt: Date | null
  /** how often it may open the gallery; null: as often as wanted */
  maxUses: number | null
  usedCount: Default<number>
  /** when it first gave bytes, and (to the minute) when it last did */
  firstUsedAt: Date | null
  lastUsedAt: Date | null
}

export interface LettersTable {
  id: string
  dedupeKey: string
  kind: LetterKind
  /** null: it is about no gallery, but about the account or the installation */
  galleryId: string | null
  /** whose outbox it stands in; of the gallery, if it is about one */
  ownerId: string
  archiveId: string | null
  exportId: Default<string | null>
  linkId: string | null
  recipient: string
  locale: 'en' | 'de' | 'ru'
  status: 'queued' | 'sent' | 'kept' | 'failed' | 'suppressed'
  attempts: Default<number>
  error: string | null
  createdAt: Date
  /** not before; null: at once */
  dueAt: ColumnType<Date | null, Date | null | undefined, Date | null>
  sentAt: Date | null
  /** what the words need and no other row says */
  facts: ColumnType<Record<string, unknown>, string | undefined, string>
}

/** An address that gets no letters of this owner; with a gallery: only no reminders and digests of that gallery. */
export interface SuppressionsTable {
  id: string
  ownerId: string
  address: string
  reason: 'bounce' | 'complaint' | 'unsubscribe'
  galleryId: string | null
  /** what the mail server or service said */
  detail: string | null
  since: Date
}

export interface DownloadsTable {
  id: string
  galleryId: string
  /** the version asked for last; others with the same planHash have the same bytes */
  archiveId: string
  planHash: string
  size: number
  /** who: a client, or else the link, or the photographer */
  reader: string
  linkId: string | null
  clientId: string | null
  userId: string | null
  /** int8multirange as PostgreSQL writes it */
  received: string
  answers: Json<Answer[]>
  /** how much of the file they surely have, on the way to their next complete copy */
  receivedBytes: number
  /** all bytes that were sent */
  bytes: number
  /** complete copies */
  count: number
  agent: string
  firstAt: Date
  lastAt: Date
  /** the first complete copy */
  completeAt: Date | null
  /** sent on to the storage, where we cannot see what is taken */
  handedAt: Date | null
  toldIn: string | null
}

/** The prefix of the bucket that a gallery reads its photos from. */
export interface SourcesTable {
  galleryId: string
  prefix: string
  /** its photos are copied into our own storage, not read where they lie */
  copy: boolean
  /** a registration: the gallery opens when its photos are known */
  publish: Default<boolean>
  /** photos that the last look found, and how far it is with those it must read */
  seen: Default<number>
  seenBytes: Default<number>
  done: Default<number>
  doneBytes: Default<number>
  state: 'waiting' | 'reading' | 'read' | 'failed'
  /** why the last look failed: a code of our errors */
  error: string | null
  createdAt: Date
  lookedAt: Date | null
  finishedAt: Date | null
  /** when it is looked at next if nothing tells of a change before; a look that goes on puts it off */
  dueAt: Date
}

/** What one person asked for; its files are archives (exportParts), which others may have asked for as well. */
export interface ExportsTable {
  id: string
  galleryId: string
  /** `user {id}` or `guest {id of the visitor's cookie}` */
  requester: string
  /** open: its archives are at work */
  status: 'open' | 'ready' | 'failed' | 'cancelling' | 'cancelled' | 'expired'
  /** who gets a letter when it is ready */
  notify: string | null
  locale: 'en' | 'de' | 'ru'
  createdAt: Date
  readyAt: Date | null
  /** when its files go */
  expiresAt: Date | null
  /** since when it is failed, cancelled or expired */
  endedAt: Date | null
  /** it ended long ago, and stays because a letter was written about it */
  kept: Default<boolean>
}

/** A key whose original lies inside a proven archive now. */
export interface PurgesTable {
  key: string
  assetId: string
  galleryId: string
  proofId: string
  /** until then a restore takes it back */
  notBefore: Date
}

/** An address that is told what happens in its owner's galleries. */
export interface WebhooksTable {
  id: string
  ownerId: string
  url: string
  types: string[]
  /** sealed (features/webhooks/secret.ts) */
  secret: Buffer
  /** the one before, valid until `oldSecretUntil` */
  oldSecret: Buffer | null
  oldSecretUntil: Date | null
  state: 'active' | 'disabled'
  disabledReason: DisabledReason | null
  /** the first failure since something was taken there */
  failingSince: Date | null
  /** it asked for a break until then */
  notBefore: Date | null
  createdAt: Date
}

export interface WebhookDeliveriesTable {
  /** the `webhook-id` that its receiver sees, the same in every try */
  id: string
  /** the order in which things happened */
  seq: GeneratedAlways<number>
  webhookId: string
  galleryId: string | null
  type: string
  dedupeKey: string
  /** what is sent, byte for byte */
  body: string
  status: 'queued' | 'sent' | 'failed'
  attempts: Default<number>
  /** not tried before */
  nextAt: Date
  /** of the last try: what was answered, its first KB as text, and what was wrong */
  answerStatus: Default<number | null>
  answerBody: Default<string | null>
  error: Default<string | null>
  createdAt: Date
  triedAt: Default<Date | null>
  sentAt: Default<Date | null>
}

export interface FeedbackTable {
  id: string
  galleryId: string
  itemId: string
  kind: 'like' | 'rating' | 'comment' | 'favorite'
  rating: number | null
  comment: string | null
  /** who said it, as `requester` of an export */
  guestIdentifier: string
  createdAt: Date
  /** null: as it was first said */
  updatedAt: Date | null
  /** the photographer took it out of what guests see */
  hiddenAt: Date | null
}

/** Who guests say they are. Of clients `galleryClients` knows it, of the photographer `users`. */
export interface FeedbackGuestsTable {
  galleryId: string
  guestIdentifier: string
  name: string | null
  email: string | null
  createdAt: Date
}

/** A page in the installation's own words; without a row it says ours. */
export interface PagesTable {
  name: PageName
  locale: 'en' | 'de' | 'ru'
  markdown: string
  updatedBy: string | null
  updatedAt: Date
}

/** What has happened to galleries. Rows are added; the database refuses to change or delete them. */
export interface ActivityTable {
  id: string
  at: Date
  /** `user {id}`, `client {id}`, `system`, `guest` */
  actor: string
  action: Action
  galleryId: string
  ownerId: string
  /** the id of the client, link or archive that it happened to */
  subject: string | null
  /** no addresses, no secrets */
  facts: ColumnType<Record<string, unknown>, string | undefined, never>
}

/** What the studio tells its user: the facts of the letters to photographers, also where no letter arrives. */
export interface NotificationsTable {
  id: string
  userId: string
  kind: NoticeKind
  galleryId: string
  facts: ColumnType<Record<string, unknown>, string | undefined, never>
  createdAt: Date
  readAt: ColumnType<Date | null, undefined, Date>
}
