/** The words of the API: what goes over the wire, types only. Sizes are bytes, times ISO 8601 in UTC. */

/** RFC 9457 problem: what every error answers (application/problem+json). */
export interface Problem {
  type: string
  title: string
  status: number
  /** stable, of docs/errors.md */
  code: string
  detail?: string
  request_id?: string
  /** bad_request: which field and why */
  errors?: { path: string; message: string }[]
}

export type Locale = 'en' | 'de' | 'ru'
export type Naming = 'original' | 'numbered' | 'id'
export type GalleryState = 'draft' | 'active' | 'expired' | 'deleted'
export type Role = 'admin' | 'owner'

export interface User {
  id: string
  name: string
  email: string
  role: Role
}

/** GET /api/setup */
export interface SetUp {
  needed: boolean
}

/** GET, POST /api/session and POST /api/setup */
export interface Session {
  user: User
}

/** GET, PATCH /api/settings: the wishes of the one who asks */
export interface UserSettings {
  /** a letter a day about what was downloaded completely */
  digest: boolean
}

export interface ApiKey {
  id: string
  name: string
  scopes: KeyScope[]
  created_at: string
  last_used_at: string | null
  revoked_at: string | null
}
export type KeyScope = 'galleries:read' | 'galleries:write'
/** POST /api/keys: the key itself is shown this once */
export interface NewApiKey extends ApiKey {
  key: string
}

export interface Page<T> {
  rows: T[]
  /** ask again with ?cursor= this; null at the end */
  next: string | null
}

export interface Gallery {
  id: string
  slug: string
  title: string
  state: GalleryState
  event_type: string | null
  /** YYYY-MM-DD */
  event_date: string | null
  customer_name: string | null
  customer_email: string | null
  locale: Locale
  naming: Naming
  download_enabled: boolean
  has_password: boolean
  expires_at: string | null
  published_at: string | null
  created_at: string
  /** stored originals */
  photos: number
  bytes: number
  /** a stored picture to show in lists */
  cover: string | null
  /** the page for guests */
  url: string
}

/** POST /api/galleries; PATCH takes any part of it */
export interface GalleryInput {
  title: string
  slug?: string
  event_type?: string | null
  event_date?: string | null
  customer_name?: string | null
  customer_email?: string | null
  locale?: Locale
  naming?: Naming
  download_enabled?: boolean
  /** null takes the password away */
  password?: string | null
  expires_at?: string | null
}

export interface Client {
  id: string
  email: string
  name: string | null
  notify_on_archive: boolean
  created_at: string
}

/** One photo, video or track as the owner and guests see it. */
export interface Item {
  id: string
  asset_id: string
  kind: 'photo' | 'video' | 'track'
  name: string
  mime: string
  size: number
  width: number | null
  height: number | null
  /** null while waiting, and for files without a picture */
  thumbnail: string | null
  preview: string | null
  /** none: this kind of file has no preview; failed: it could not be read as a picture and is kept as it is */
  render_state: 'waiting' | 'done' | 'failed' | 'none'
  state: 'stored' | 'missing'
}

/** Words of 000: what GET /api/galleries/:id/archive answers */
export type ArchiveWord = 'none' | 'pending' | 'processing' | 'ready' | 'outdated' | 'failed'

export interface ArchiveStatus {
  status: ArchiveWord
  /** the archive at work, or else the newest ready one */
  archive: Archive | null
}

export interface Archive {
  id: string
  gallery_id: string
  version: number
  purpose: 'delivery'
  status: 'queued' | 'processing' | 'verifying' | 'ready' | 'failed' | 'deleted'
  file_size_bytes: number
  /** SHA-256 of the ZIP, known when ready */
  checksum: string | null
  plan_hash: string
  /** bytes that passed through the worker while it was built (the store copied the others itself); null before that */
  moved_bytes: number | null
  /** requests to the store while it was built; 0 on disk */
  store_requests: number | null
  image_count: number
  missing_count: number
  /** names of the missing */
  missing: string[]
  processed_photos: number
  processed_bytes: number
  percent: number
  eta_seconds: number | null
  error_code: string | null
  error_message: string | null
  created_at: string
  started_at: string | null
  completed_at: string | null
  verified_at: string | null
  superseded: boolean
  /** complete copies of this version that were received */
  download_count: number
  last_downloaded_at: string | null
}

/** POST /api/galleries/:id/publish */
export interface Published {
  archive: Archive
}

/** GET /api/galleries/:id/download (STA-03) */
export interface DownloadResponse {
  album_id: string
  download_url: string | null
  /** seconds the URL works */
  expires_in: number
  file_count: number
  status: 'ready' | 'generating' | 'pending' | 'error'
  message?: string
}

/** GET /api/g/:slug */
export interface GuestGallery {
  slug: string
  title: string
  event_date: string | null
  photographer: string
  locale: Locale
  expires_at: string | null
  download_enabled: boolean
  photos: number
  bytes: number
  items: Item[]
}

export interface Letter {
  id: string
  kind: 'archive_ready' | 'archive_failed' | 'downloads_digest'
  gallery_id: string
  gallery_title: string
  recipient: string
  status: 'queued' | 'sent' | 'kept' | 'failed'
  attempts: number
  error: string | null
  created_at: string
  sent_at: string | null
}
/** GET /api/letters/:id */
export interface LetterText extends Letter {
  subject: string
  text: string
}

/** GET /api/galleries/:id/deliveries: what has reached whom */
export interface Deliveries {
  /** in the order of the clients of the gallery */
  clients: ClientDelivery[]
  /** all who used a link that belongs to nobody in particular */
  others: Delivery
  totals: {
    clients: number
    /** clients who have received a complete copy of some version */
    clients_complete: number
    /** complete copies received */
    downloads: number
    /** bytes sent */
    bytes: number
  }
}

export interface Delivery {
  /** complete copies received */
  downloads: number
  /** when the first and the last bytes were taken */
  first_at: string | null
  last_at: string | null
  /** newest version of which something was taken; what follows is about that version */
  version: number | null
  /** it holds what the newest ready archive holds */
  up_to_date: boolean
  /** of the file surely received, whole percent; 100 only for a complete copy */
  percent: number
  /** a complete copy was received */
  complete_at: string | null
  /** sent on to the storage, where it cannot be seen what was taken */
  handed_at: string | null
}

export interface ClientDelivery extends Delivery {
  client_id: string
  email: string
  name: string | null
  /** letters that were handed to the mail server */
  letters_sent: number
  /** links they were given, living or not */
  links: number
}

/** GET /api/galleries/:id/clients/:client/data: everything that is kept about one client */
export interface ClientData {
  client: Client
  letters: { kind: string; recipient: string; status: string; created_at: string; sent_at: string | null }[]
  links: { id: string; kind: string; issued_at: string; expires_at: string; revoked_at: string | null }[]
  downloads: {
    version: number
    plan_hash: string
    percent: number
    bytes: number
    downloads: number
    program: string
    first_at: string
    last_at: string
    complete_at: string | null
  }[]
}

/** POST /api/galleries/:id/import */
export interface Imported {
  imported: number
  /** bytes already in the gallery, told and not stored again */
  duplicates: string[]
  skipped: { path: string; reason: string }[]
}

/** GET /healthz */
export interface Health {
  status: 'ok' | 'unavailable'
}
