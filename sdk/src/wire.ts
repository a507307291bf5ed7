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
  /** too_many_requests: when to ask again */
  retry_after_ms?: number
  /** export_unready: how far it is */
  percent?: number
}

export type Locale = 'en' | 'de' | 'ru'
export type Naming = 'original' | 'numbered' | 'id'
/** of photos: the file as it was uploaded, or a JPEG of at most 2048 px */
export type ExportSize = 'original' | 'screen'
/** where guests see the owner's watermark: nowhere; in what they look at; also in what they take home in screen size */
export type Marking = 'off' | 'view' | 'downloads'
export type MarkPosition = 'centre' | 'top_left' | 'top_right' | 'bottom_left' | 'bottom_right' | 'tiled'

/** How a watermark stands in pictures: PATCH /api/watermark */
export interface MarkPlacing {
  position: MarkPosition
  /** 0.05 to 1 */
  opacity: number
  /** as much of the picture's width, and of its height, at most: 0.05 to 1 */
  scale: number
}

/** GET /api/watermark, PUT /api/watermark/image: one for all galleries of an owner */
export interface Watermark extends MarkPlacing {
  /** a PNG */
  image: string
  /** px */
  width: number
  height: number
  /** what it says, when it was written and not uploaded */
  text: string | null
}

/** GET /api/galleries/:id/watermark: how far the pictures of a gallery bear it */
export interface MarkProgress {
  /** photos that guests may look at */
  photos: number
  /** of these: bear the watermark as it is now */
  marked: number
  /** some are still to be drawn; until then guests see those in small alone, or with the watermark as it was */
  drawing: boolean
}
export type GalleryState = 'draft' | 'active' | 'expired' | 'archiving' | 'archived' | 'deleted'
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
/** POST /api/session and POST /api/invitations/:token: the password was right, and a code is asked for as well: POST /api/session/code */
export interface SecondFactor {
  second_factor: true
}
/** GET /api/session/ways: how one may sign in besides the password */
export interface SignInWays {
  /** what stands on the button that leads to /api/session/oidc; null: there is none */
  oidc: string | null
  /** the one address at which passkeys are made and taken, as https://photos.example.com; null: the installation has none */
  passkeys: string | null
}

/** GET /api/account/passkeys: oldest first */
export interface Passkey {
  id: string
  /** as its owner called it */
  name: string
  /** kept with its owner’s other devices: it lives on when this one is lost */
  backed_up: boolean
  created_at: string
  last_used_at: string | null
}
/** POST /api/account/passkeys/options: without a password the sign-in must be less than five minutes old */
export interface PasskeyProof {
  password?: string
}
/** POST /api/account/passkeys/options and POST /api/session/passkey/options: answered once, within five minutes */
export interface PasskeyOptions {
  /** for PublicKeyCredential.parseCreationOptionsFromJSON or parseRequestOptionsFromJSON */
  options: object
}
/** POST /api/account/passkeys: of the credential's toJSON() what counts; all but `name` and `transports` is base64url */
export interface NewPasskey {
  name: string
  id: string
  client_data: string
  attestation_object: string
  transports: string[]
}
/** POST /api/session/passkey: the same of a credential that was asked for; a passkey is both factors */
export interface PasskeySignIn {
  id: string
  client_data: string
  authenticator_data: string
  signature: string
  user_handle: string
}

/** GET /api/account: how the one who asks signs in */
export interface Account {
  /** PATCH /api/account takes another name */
  user: User
  has_password: boolean
  second_factor: boolean
}
/** POST /api/account/second-factor: what the app on the phone is given; it counts once a code of it was sent */
export interface NewSecondFactor {
  /** otpauth://… */
  uri: string
  /** the same secret to type in, base32 */
  secret: string
  /** each opens once, should the phone be lost; shown this once */
  backup_codes: string[]
}

/** POST /api/galleries/:id/sample: drawn pictures to look around with */
export interface Sampled {
  added: number
}

/** GET /api/jobs: work that has failed and waits for somebody, newest first */
export interface FailedJob {
  kind: 'archive' | 'export' | 'letter' | 'webhook' | 'import'
  id: string
  gallery_id: string | null
  gallery_title: string | null
  gallery_slug: string | null
  /** of a letter its recipient, of a webhook its address, of an archive its purpose, of an export `user` or `guest`, of an import the folder */
  subject: string
  webhook_id: string | null
  /** of docs/errors.md; of a webhook what was answered */
  code: string | null
  reason: string | null
  tries: number
  may_retry: boolean
  created_at: string
}
/** POST /api/jobs/retry: these, or all (of one kind), 200 at once */
export type RetryInput = { jobs: Pick<FailedJob, 'kind' | 'id'>[] } | { all: true; kind?: FailedJob['kind'] }
export interface RetriedJobs {
  retried: number
  refused: (Pick<FailedJob, 'kind' | 'id'> & { code: string; title: string })[]
}

/** GET /api/usage: bytes of one's own files */
export interface Usage {
  originals: number
  /** archived galleries */
  archives: number
  /** ZIPs for clients, and selections */
  deliveries: number
  previews: number
  /** on the store; for admins, where the store says so */
  free: number | null
}

/** What was looked at, as `keepsake doctor` says it */
export interface CheckResult {
  check: string
  ok: boolean
  found: string
  remedy: string | null
}
/** GET /api/admin/health */
export interface HealthReport {
  ready: Readiness
  findings: CheckResult[]
  jobs: { name: string; waiting: number; active: number; age_seconds: number }[]
  maintenance: Maintenance['last']
}
/** GET /api/admin/installation: settings that stand in the environment */
export interface Installation {
  public_url: string
  storage: { kind: 'disk' | 'bucket'; bucket: string | null }
  /** sends: false: letters stay in the outbox */
  mail: { sends: boolean; from: string }
  oidc: { issuer: string; name: string } | null
  import_folder: boolean
  max_upload_bytes: number
  retention_days: number
  superseded_days: number
  purge_grace_days: number
}
/** POST /api/admin/mail-test */
export interface MailTested {
  /** false: there is no mail server, nothing was sent */
  sent: boolean
  response: string
}

/** GET /api/users: an account as an admin sees it */
export interface UserAccount extends User {
  /** invited: has not chosen a password yet */
  state: 'active' | 'invited' | 'disabled'
  second_factor: boolean
  galleries: number
  created_at: string
  last_seen_at: string | null
}
/** POST /api/users: without a password an invitation is made */
export interface UserInput {
  name: string
  email: string
  role: Role
  password?: string
  /** of the invitation's letter */
  locale?: Locale
}
/** PATCH /api/users/:id */
export interface UserChange {
  name?: string
  role?: Role
  disabled?: boolean
  /** false: switches the second factor off, for who has lost their phone */
  second_factor?: false
}
/** POST /api/users/:id/invitation, and part of POST /api/users: opens the choice of a password, once */
export interface Invitation {
  url: string
  expires_at: string
  /** a mail server has taken the letter; else pass the address on */
  mailed: boolean
}
export interface NewUser extends User {
  invitation: Invitation | null
}
/** GET /api/invitations/:token */
export interface Invited {
  name: string
  email: string
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
export type KeyScope = 'galleries:read' | 'galleries:write' | 'metrics:read' | 'rescue:run'
/** POST /api/keys: the key itself is shown this once */
export interface NewApiKey extends ApiKey {
  key: string
}

/** How far the saving of a track is; see docs/rescue.md. */
export type TrackState = 'scheduled' | 'rescuing' | 'retrying' | 'partial' | 'rescued' | 'lost'
export type MediaRole = 'audio' | 'cover' | 'video'

/** POST /api/tracks: one, or `{ tracks: [...] }` with up to 1,000 */
export interface TrackInput {
  /** suno, mureka, replicate, or any name; `generic` if not given */
  provider?: string
  /** the provider's id of it: the same twice is one track; the address of the audio if not given */
  provider_ref?: string
  title?: string
  artist?: string | null
  audio_url: string
  cover_url?: string | null
  video_url?: string | null
  /** when it was made at the provider; now if not given */
  created_at?: string
  /** when the provider deletes it, where that is known; else the provider's rule */
  expires_at?: string
  /** how long it plays: what is fetched must be as long */
  duration_seconds?: number
  /** its files may be played by anybody who has their address */
  public?: boolean
}
/** Answer of POST /api/tracks (201), in the order of the input */
export interface AddedTracks {
  tracks: AddedTrack[]
}
export interface AddedTrack {
  id: string
  provider: string
  provider_ref: string
  /** false: it was known before; missing files and a later end were taken over */
  added: boolean
  /** deleted: its owner has deleted it, and it stays so */
  state: TrackState | 'deleted'
}

/** POST /api/ingest/providers/:name */
export interface ProviderTold {
  tracks: AddedTrack[]
  /** what is not saved, for it holds no sound */
  passed_over: Pick<PassedOver, 'provider_ref' | 'reason'>[]
}

/** GET /api/tracks, GET /api/tracks/:id; storage_… are our copies, the other addresses the provider's */
export interface Track {
  id: string
  provider: string
  provider_ref: string
  title: string
  artist: string | null
  state: TrackState
  audio_url: string
  cover_url: string | null
  video_url: string | null
  archived_to_storage: boolean
  storage_audio_url: string | null
  storage_cover_url: string | null
  storage_video_url: string | null
  /** what to play and show now: our copy, else the provider's while it is there; null: nothing (LNK-08) */
  play: { audio: string | null; cover: string | null; video: string | null }
  /** at the provider */
  created_at: string
  /** when the provider deletes it */
  expires_at: string
  /** until then; negative after it, one decimal */
  days_left: number
  archive_scheduled_at: string
  archived_at: string | null
  /** when it is tried next; null: it is not, or somebody is at it now */
  next_try_at: string | null
  /** tries that did not bring all of it */
  tries: number
  /** of the last try: a code of docs/errors.md, and what was said */
  error_code: string | null
  error: string | null
  public: boolean
  /** bytes of our copies */
  bytes: number
  media: TrackMedia[]
}
export interface TrackMedia {
  role: MediaRole
  /** at the provider */
  url: string
  state: 'waiting' | 'stored' | 'lost'
  asset_id: string | null
  mime: string | null
  size: number | null
  sha256: string | null
  tries: number
  tried_at: string | null
  error_code: string | null
  error: string | null
}
/** GET /api/tracks/:id: with every try, the newest first */
export interface TrackDetails extends Track {
  rounds: TrackRound[]
}
export interface TrackRound {
  started_at: string
  ended_at: string | null
  /** null: under way; broken_off: no fault of the track */
  outcome: 'rescued' | 'partial' | 'failed' | 'lost' | 'broken_off' | null
  error_code: string | null
  error: string | null
}
/** GET /api/tracks?sort=: created newest first; expires the most urgent of what is not saved first, then the others; title from A to Z */
export type TrackSort = 'created' | 'expires' | 'title'
/** PATCH /api/tracks/:id */
export interface TrackChange {
  public?: boolean
}
/**
 * POST /api/galleries/:id/tracks (202): copies of rescued tracks go into a gallery, one after the other. How far that is:
 * GET /api/galleries/:id/placements/:placement; GET /api/galleries/:id/placements has the last 20, newest first.
 */
export interface TracksPlacement {
  id: string
  gallery_id: string
  /** failed: the gallery takes nothing any more, see error_code */
  state: 'working' | 'done' | 'failed'
  total: number
  /** of these there is an answer */
  done: number
  added: string[]
  /** in the gallery already */
  duplicates: string[]
  failed: { id: string; error_code: string }[]
  error_code: string | null
  created_at: string
  ended_at: string | null
}

/** GET /api/galleries/:id/placements */
export interface TracksPlacements {
  placements: TracksPlacement[]
}

/**
 * GET /api/rescue/placements: of the asker those at work, those that left tracks out, and those of the last ten minutes, newest first;
 * …/progress tells them as events `placements` until none is at work.
 */
export interface WatchedPlacements {
  placements: WatchedPlacement[]
}
export interface WatchedPlacement {
  id: string
  gallery: { id: string; slug: string; title: string }
  /** failed: the gallery took nothing any more, and every track that had not come is among `failed` */
  state: TracksPlacement['state']
  total: number
  added: number
  /** in the gallery already */
  duplicates: number
  /** tracks that were left out; POST /api/galleries/:id/placements/:placement/retry (202) tries them again */
  failed: number
  /** the first 20 of them */
  left_out: { id: string; title: string; error_code: string; error: string }[]
}

/** POST /api/rescue/run, POST /functions/v1/archive-tracks (words of 002) */
export interface RescueRun {
  success: true
  message: string
  /** only when nothing was to be done: 0 */
  archived?: number
  results: {
    total: number
    succeeded: number
    failed: number
    errors: { trackId: string; title: string; error: string }[]
  }
}
export interface RescueRunInput {
  /** this one, whenever it is due */
  trackId?: string
  /** most tracks of this run; 50 if not given */
  limit?: number
}

/** GET /api/rescue/statistics: true at the moment it is asked */
export interface RescueStatistics {
  total_tracks: number
  total_archived: number
  /** neither archived nor lost */
  pending_archive: number
  /** pending, with less than 2 days left */
  urgent_archive_needed: number
  /** lost, or past its end without our copy */
  expired_tracks: number
  /** their audio is here, the cover or video not */
  partial: number
  /** pending, and the last try failed */
  failing: number
  /** 0 to 100, one decimal; 100 when there is none */
  archive_percentage: number
  stored_bytes: number
  /** pending tracks by whole days left, from 0 up; failing: so many of them were tried in vain */
  days_left: { days: number; tracks: number; failing: number }[]
  /** when the next one is due */
  next_due_at: string | null
  /** what providers made in the last 30 days and is not saved here, for it holds no sound; the newest 20 of them */
  passed_over: { total: number; latest: PassedOver[] }
}
/** picture, film, file: that is all that was made. elsewhere: its sound does not lie where this provider keeps files */
export interface PassedOver {
  provider: string
  provider_ref: string
  reason: 'picture' | 'film' | 'file' | 'elsewhere'
  seen_at: string
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
  /** the largest size of photos that guests may take home, where they may take any; letters with the archive bring originals */
  download_size: ExportSize
  /** in which pictures guests see the owner's watermark */
  watermark: Marking
  /** guests may like, rate, comment and mark favourites */
  feedback_enabled: boolean
  /** clients get a letter also about versions after the first */
  notify_new_versions: boolean
  has_password: boolean
  /** anybody with the address may look; else only who came by a link */
  public: boolean
  expires_at: string | null
  /** why archiving failed the last time: a code of docs/errors.md and its sentence */
  archive_error: { code: string; detail: string } | null
  /** some of its originals still come out of the archive */
  restoring: boolean
  published_at: string | null
  created_at: string
  /** stored originals */
  photos: number
  bytes: number
  /** a stored picture to show in lists */
  cover: string | null
  cover_item: string | null
  cover_x: number
  cover_y: number
  /** the page for guests */
  url: string
}

/** GET /api/galleries */
export interface GalleriesPage extends Page<Gallery> {
  /** of all whose title holds the words, by state; `ended`: also those whose date has just passed */
  totals: { all: number; draft: number; active: number; ended: number; archiving: number; archived: number }
}

/** GET /api/overview: what a photographer sees first */
export interface Overview {
  totals: GalleriesPage['totals']
  /** the newest first, 10 at most */
  troubles: {
    slug: string
    title: string
    /** what did not come about: the ZIP for clients, or the final archive */
    what: 'delivery' | 'final'
    /** a code of docs/errors.md and its sentence */
    code: string
    detail: string
    at: string
  }[]
  /** open galleries that end within 14 days, 8 at most */
  ending: Gallery[]
  /** what clients and guests took last, within 30 days */
  taken: {
    id: string
    slug: string
    title: string
    /** name or address of the client; null: somebody with a link */
    who: string | null
    version: number
    /** of the ZIP surely received; 100 only for a complete copy */
    percent: number
    at: string
  }[]
}

/** The picture at the head of the page for guests. */
export interface Cover {
  /** an item; null: the first photo */
  item: string | null
  /** the point that stays in sight however it is cut, from the top left, 0 to 1 */
  x: number
  y: number
}

/** PATCH /api/galleries/:id/items: what is changed of these items */
export interface ItemsChange {
  items: string[]
  chapter?: string | null
  hidden?: boolean
}

/** POST /api/galleries/:id/items/order: all by a property, or some of them to the place before another (null: the end) */
export type ItemsOrder = { by: 'captured' | 'name' } | { items: string[]; before: string | null }

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
  download_size?: ExportSize
  watermark?: Marking
  feedback_enabled?: boolean
  notify_new_versions?: boolean
  /** null takes the password away */
  password?: string | null
  public?: boolean
  expires_at?: string | null
  /** of this gallery, and one that guests see; null: the first photo */
  cover_item?: string | null
  cover_x?: number
  cover_y?: number
}

export interface Client {
  id: string
  email: string
  name: string | null
  notify_on_archive: boolean
  permission: Permission
  /** from then on the gallery is closed to this client; null: never */
  access_expires_at: string | null
  created_at: string
}
export type Permission = 'view' | 'download'

/** POST /api/galleries/:id/clients; PATCH takes any part of it but the address */
export interface ClientInput {
  email: string
  name?: string | null
  notify_on_archive?: boolean
  permission?: Permission
  access_expires_at?: string | null
}

/** GET, PUT /api/pages/:name/:locale: what guests read of a gallery that has ended or is not there */
export interface EditablePage {
  name: 'gallery-not-found' | 'gallery-expired'
  locale: Locale
  markdown: string
  /** as it is shown: tags within the Markdown are text */
  html: string
  /** false: Keepsake's own words */
  own: boolean
  updated_at: string | null
}
/** POST /api/pages/preview: Markdown as guests would see it, without saving it */
export interface PreviewedPage {
  html: string
}
/** PUT /api/pages/:name/:locale */
export interface EditablePageInput {
  markdown: string
}

/** GET /api/galleries/:id/activity, GET /api/activity: something that has happened; newest first */
export interface Activity {
  id: string
  at: string
  /** `user {id}`, `client {id}`, `system` or `guest` */
  actor: string
  /** published, expired, extended, date_moved, password_changed, deleted, client_added, client_removed, link_revoked, archive_asked, archive_ready, archive_failed, archived, restored, deleted_for_good; more may come */
  action: string
  gallery_id: string
  /** to its owner, while it is not deleted */
  gallery_title: string | null
  gallery_slug: string | null
  /** the id of the client, link or archive that it happened to */
  subject: string | null
  facts: Record<string, unknown>
}

/** GET /api/notifications: what the studio has to tell, newest first */
export interface Notifications extends Page<Notification> {
  unread: number
}
export type NotificationKind =
  | 'archive_failed'
  | 'archive_complete'
  | 'gallery_restored'
  | 'damage_found'
  | 'gallery_expired'
  | 'mail_bounced'
  | 'webhook_disabled'
  | 'restore_asked'
  | 'selection_sent'
  | 'tracks_at_risk'
  | 'tracks_lost'
export interface Notification {
  id: string
  /** more may come */
  kind: NotificationKind
  gallery_id: string
  gallery_slug: string
  gallery_title: string
  facts: Record<string, unknown>
  created_at: string
  read_at: string | null
}

export type LinkKind = 'email' | 'client' | 'file' | 'export' | 'media' | 'share'

/** GET /api/galleries/:id/links: a link as its photographer sees it. The address itself is not kept. */
export interface Link {
  id: string
  kind: LinkKind
  state: 'live' | 'expired' | 'revoked'
  /** whose it is; null: anybody's who holds it */
  client_id: string | null
  email: string | null
  name: string | null
  permission: Permission | null
  archive_id: string | null
  /** of the archive */
  version: number | null
  asset_id: string | null
  file_name: string | null
  issued_at: string
  expires_at: string
  revoked_at: string | null
  first_used_at: string | null
  /** to the minute */
  last_used_at: string | null
  max_uses: number | null
  used_count: number
}

/** POST /api/galleries/:id/share, POST /api/galleries/:id/clients/:client/link */
export interface NewLink {
  id: string
  url: string
  expires_at: string
}

/** GET /api/galleries/:id/items/:item/media: an address for a player that knows no cookies */
export interface MediaLink {
  media_url: string
  /** seconds the address works */
  expires_in: number
}

/** POST /api/galleries/:id/share: the link to pass on; the one before it ends */
export interface ShareInput {
  permission?: Permission
  max_uses?: number | null
  expires_at?: string | null
}

/** One photo, video or track as the owner and guests see it. */
export interface Item {
  id: string
  asset_id: string
  kind: 'photo' | 'video' | 'track'
  name: string
  /** the heading it stands under; chapters stand in the order of their first items */
  chapter: string | null
  /** guests neither see nor get it */
  hidden: boolean
  mime: string
  size: number
  width: number | null
  height: number | null
  /** null while waiting, and for files without a picture */
  thumbnail: string | null
  /** at most 1200 px; null also for pictures that an older Keepsake has drawn */
  medium: string | null
  preview: string | null
  /** where a player finds the film or track, with ranges for seeking; null for photos, and while there is nothing to play */
  media_url: string | null
  /** bytes of the preview */
  preview_size: number | null
  /** of a track */
  title: string | null
  artist: string | null
  /** of a rescued track: its picture as the provider had it, and its film */
  cover: string | null
  video_url: string | null
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
  /** the final archive: while the gallery is being archived, and when it has been */
  final: Archive | null
}

export interface Archive {
  id: string
  gallery_id: string
  version: number
  purpose: 'delivery' | 'selection' | 'final'
  status: 'queued' | 'processing' | 'verifying' | 'ready' | 'failed' | 'deleted' | 'cancelling' | 'cancelled' | 'expired'
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
  /** a mail server has taken a letter about this version */
  email_sent: boolean
  /** the first of them */
  email_sent_at: string | null
  /** whom, with commas between */
  email_recipient: string | null
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

/** POST /api/galleries/:id/exports: exactly one of `photoIds`, `all`, `favorites` says which photos (ids of items). */
export interface ExportInput {
  photoIds?: string[]
  all?: true
  /** those the asker has marked */
  favorites?: true
  /** screen: pictures of 2048 px; what has none (RAW, video) as its original */
  size?: ExportSize
  format?: 'zip' | 'tar'
  /** several files below 4 GB, for FAT32 and old programs */
  parts?: true
  /** a letter to this address when it is ready: one of a client of the gallery, or its owner's */
  notify?: string
}

export type ExportState = 'queued' | 'processing' | 'ready' | 'failed' | 'cancelling' | 'cancelled' | 'expired'

export interface Export {
  id: string
  gallery_id: string
  status: ExportState
  percent: number
  size: ExportSize
  format: 'zip' | 'tar'
  total_photos: number
  processed_photos: number
  /** bytes of all files */
  total_bytes: number
  processed_bytes: number
  eta_seconds: number | null
  /** SHA-256 of the file when it is ready and the only one; else see `parts` */
  checksum: string | null
  /** names of photos that are not in it */
  missing: string[]
  error_code: string | null
  error_message: string | null
  created_at: string
  /** when its files go, known when ready */
  expires_at: string | null
  parts: ExportPart[]
}

/** One file of an export, complete in itself. */
export interface ExportPart {
  name: string
  total_photos: number
  file_size: number
  percent: number
  checksum: string | null
  /** when the export is ready */
  download_url: string | null
}

/** POST /api/galleries/:id/exports and DELETE …/:eid */
export interface ExportAnswer {
  export: Export
  percent: number
}

/** GET /api/galleries/:id/exports/:eid/download */
export interface ExportDownload {
  /** of the first file */
  download_url: string
  checksum: string
  expires_at: string
  total_photos: number
  file_size: number
  parts: ExportPart[]
}

/** GET /api/g/:slug/favorites, POST …/favorites/send (who sends it as in PUT /api/g/:slug/me): ids of the items this visitor has marked */
export interface Favorites {
  items: string[]
  /** when the photographer was last sent the list; null: never */
  sent_at: string | null
  /** it is another list since then */
  changed: boolean
}

export type FeedbackKind = 'like' | 'rating' | 'comment' | 'favorite'

/** GET /api/g/:slug/feedback: what all guests say about each item, and what this one said */
export interface GuestFeedback {
  /** who this visitor is to the photographer; null: nobody yet */
  me: FeedbackMe | null
  /** only items about which something was said, in no order */
  items: ItemFeedback[]
}

/** GET /api/g/:slug/feedback, PUT /api/g/:slug/me */
export interface FeedbackMe {
  name: string | null
  /** masked: a link may have been passed on */
  email: string | null
  /** came by a link of their own, or is the photographer: cannot be changed here */
  known: boolean
}

/** Hidden feedback does not count. Favourites of others are theirs alone. */
export interface ItemFeedback {
  item: string
  likes: number
  ratings: number
  average_rating: number | null
  comments: number
  /** of this visitor */
  liked: boolean
  favorite: boolean
  rating: number | null
}

/** PUT /api/g/:slug/me: who the visitor is, by name or e-mail or both */
export interface FeedbackMeInput {
  name?: string | null
  email?: string | null
}

/** POST /api/g/:slug/items/:item/comments; name and e-mail as in PUT /api/g/:slug/me, and once is enough */
export interface CommentInput extends FeedbackMeInput {
  text: string
}

/** GET and POST /api/g/:slug/items/:item/comments, oldest first */
export interface Comment {
  id: string
  text: string
  /** as the guest gave it; null: they gave only an e-mail address, which other guests do not see */
  author: string | null
  own: boolean
  /** taken out of what others see; only its author is told */
  hidden: boolean
  created_at: string
}

/** GET /api/galleries/:id/feedback: a row as the photographer sees it, newest first */
export interface FeedbackRow {
  id: string
  item: string
  file_name: string
  kind: FeedbackKind
  rating: number | null
  comment: string | null
  guest: FeedbackGuest
  hidden: boolean
  created_at: string
  /** null: as it was first said */
  updated_at: string | null
}

export interface FeedbackGuest {
  /** the same in all rows of one guest; for ?guest= */
  id: string
  name: string | null
  email: string | null
  /** came by a link of their own, or is the photographer; else name and address are what somebody typed */
  known: boolean
}

/** GET /api/galleries/:id/feedback/summary, and feedback_summary.json; hidden feedback is counted apart */
export interface FeedbackSummary {
  item: string
  filename: string | null
  likes: number
  favorites: number
  comments: number
  ratings: number
  average_rating: number | null
  hidden: number
}

/** What is known of a gallery before its photos */
export interface GuestHead {
  slug: string
  title: string
  event_date: string | null
  photographer: string
  locale: Locale
  expires_at: string | null
  photos: number
  bytes: number
  /** null while no picture is drawn */
  cover: GuestCover | null
}

export interface GuestCover {
  preview: string
  /** at most 1200 px */
  medium: string | null
  /** of the photo */
  width: number
  height: number
  /** the point that stays in sight however the picture is cut, from the top left, 0 to 1 */
  x: number
  y: number
}

/**
 * In the HTML of /g/:slug: an open gallery with its first items and the name of the photo at /g/:slug/p/:item; or the language of
 * one that asks for its password
 */
export type GuestBoot = { gallery: GuestGallery; photo: string | null } | { locked: Locale }

/** GET /api/g/:slug: all items, or with `limit` and `cursor` a page of them */
export interface GuestGallery extends GuestHead {
  download_enabled: boolean
  feedback_enabled: boolean
  /** what this guest may do: false when they may only look */
  may_download: boolean
  /** in which sizes; originals first */
  download_sizes: ExportSize[]
  /** who came by a link of their own; the address is masked */
  visitor: { name: string | null; email: string } | null
  items: Item[]
  /** how many items there are in all */
  total: number
  /** the cursor of the next page; null: there is none */
  next: string | null
}

/** What became of one gallery of many */
export interface BulkResult<Status extends string> {
  /** as it was asked for: id or slug */
  id: string
  status: Status | 'failed'
  /** the final archive that it becomes, or that it came out of */
  archive_id: string | null
  /** a code of docs/errors.md and its sentence */
  error: { code: string; detail: string } | null
}
/** POST /api/galleries/bulk-archive */
export type BulkArchiveResult = BulkResult<'archiving'>
/** POST /api/galleries/bulk-restore */
export type BulkRestoreResult = BulkResult<'restored'>

/** POST /api/galleries/:id/restore; with `salvage` it is answered by Restoring, for every photo is read first */
export interface Restored {
  photos: number
  /** of the archive */
  bytes: number
  archive_id: string
  /** when the gallery ends; null: it does not. Who did not ask for a date gets the end it had, in 30 days at the soonest, or none */
  expires_at: string | null
  /** true: nothing was changed */
  dry_run: boolean
  /** names of photos that cannot come back: they stay in the gallery as missing until they are uploaded again */
  missing: string[]
}

/** GET /api/galleries/:id/restore: how far a restored gallery is; its photos are shown all the while */
export interface Restoring {
  restoring: boolean
  /** originals that still lie inside the archive */
  files_left: number
  bytes_left: number
  /** the last one that was asked for; null: none since the gallery was archived */
  salvage: Salvage | null
}

/** A damaged gallery comes back with what is whole: every photo is read, in the background */
export interface Salvage {
  status: 'queued' | 'processing' | 'done' | 'failed'
  dry_run: boolean
  /** 0 to 100 */
  percent: number
  eta_seconds: number | null
  asked_at: string
  /** when it is done: what has come back, or would */
  restored: Restored | null
  /** when it has failed: a code of docs/errors.md and its sentence */
  error: { code: string; detail: string } | null
}

/** GET /api/admin/archives: an archived gallery and the archive it has become */
export interface ArchivedGallery {
  /** of the archive */
  id: string
  gallery_id: string
  slug: string
  title: string
  event_type: string | null
  event_date: string | null
  archived_at: string
  photos: number
  /** of the archive's file */
  bytes: number
  /** SHA-256 of the file */
  checksum: string
  /** `s3://bucket/key`, or the key on disk */
  archive_path: string
  /** when the file was read back last and every photo was as it was uploaded */
  verified_at: string
}

export interface ArchivedPage extends Page<ArchivedGallery> {
  /** of all that were asked for, not of this page */
  totals: { galleries: number; photos: number; bytes: number }
}

/** GET /api/archives/:id/proofs: the archive was read back and every photo was as it was uploaded; the last 100 times */
export interface Proof {
  verified_at: string
  /** SHA-256 of the file */
  checksum: string
}

/** GET /api/archives/:id/entries: one file of an archive */
export interface PackedFile {
  /** its place: …/entries/:position gives the file */
  position: number
  path: string
  /** bytes, unpacked */
  size: number
  sha256: string
  /** null: text that Keepsake wrote */
  asset_id: string | null
  modified_at: string
}

export type LetterKind =
  | 'published'
  | 'archive_ready'
  | 'archive_failed'
  | 'archive_completed'
  | 'new_version'
  | 'downloads_digest'
  | 'mail_bounced'
  | 'selection_sent'
  | 'link_renewed'
  | 'export_ready'
  | 'export_failed'
  | 'archive_complete'
  | 'gallery_restored'
  | 'damage_found'
  | 'gallery_ending'
  | 'gallery_expired'
  | 'own_gallery_expired'
  | 'webhook_disabled'
  | 'tracks_at_risk'
  | 'tracks_lost'
  | 'tracks_digest'
  | 'key_made'
  | 'passkey_added'
  | 'passkey_copied'
  | 'storage_filling'

export interface Letter {
  id: string
  kind: LetterKind
  /** null: it is about the account or the installation */
  gallery_id: string | null
  gallery_title: string | null
  recipient: string
  status: 'queued' | 'sent' | 'kept' | 'failed' | 'suppressed'
  attempts: number
  /** of docs/errors.md, or why its address gets no letters: bounce, complaint, unsubscribe */
  error_code: string | null
  /** a sentence, with what the mail server said in brackets */
  error: string | null
  created_at: string
  /** it waits until then */
  due_at: string | null
  sent_at: string | null
}

export type EventType =
  | 'event.published'
  | 'event.expired'
  | 'event.archived'
  | 'event.restored'
  | 'event.deleted'
  | 'archive.ready'
  | 'archive.failed'
  | 'archive.downloaded'
  | 'export.ready'
  | 'track.archived'
  | 'track.failed'
  | 'track.lost'

/** POST /api/webhooks; PATCH takes each field by itself, and `active` */
export interface WebhookInput {
  /** http or https, of a public server, on port 80, 443 or 8443 */
  url: string
  /** every type of today where none is named */
  types?: EventType[]
}

export interface Webhook {
  id: string
  url: string
  types: EventType[]
  state: 'active' | 'disabled'
  /** gone: it answered 410; failing: it took nothing for days; secret_lost: rotate it */
  disabled_reason: 'gone' | 'failing' | 'secret_lost' | 'by_owner' | null
  /** the first failure since something was taken */
  failing_since: string | null
  /** until then the secret before signs as well */
  old_secret_until: string | null
  created_at: string
}
/** POST /api/webhooks, POST /api/webhooks/:id/rotate: the secret is shown this once */
export interface NewWebhook extends Webhook {
  secret: string
}

/** One message to one webhook: GET /api/webhooks/:id/deliveries */
export interface WebhookDelivery {
  /** the `webhook-id` that its receiver sees, the same in every try */
  id: string
  type: EventType | 'webhook.test'
  gallery_id: string | null
  status: 'queued' | 'sent' | 'failed'
  attempts: number
  /** when it is tried next */
  next_at: string | null
  /** of the last try */
  answer_status: number | null
  /** its first KB */
  answer_body: string | null
  error: string | null
  payload: { type: string; timestamp: string; data: Record<string, unknown> }
  created_at: string
  tried_at: string | null
  sent_at: string | null
}

/** GET /api/suppressions: an address that gets no letters */
export interface Suppression {
  id: string
  address: string
  reason: 'bounce' | 'complaint' | 'unsubscribe'
  /** unsubscribe: only no reminders and digests of this gallery */
  gallery_id: string | null
  gallery_title: string | null
  detail: string | null
  since: string
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
  feedback: { file_name: string; kind: FeedbackKind; rating: number | null; comment: string | null; created_at: string }[]
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

/** POST /api/admin/reconcile: what the store and the database say of each other; lists end after 1,000 rows, counts do not */
export interface Reconciled {
  /** in the store, ours */
  objects: number
  bytes: number
  /** objects that no row has ever named; they are never deleted here */
  unknown: { count: number; bytes: number; rows: { key: string; bytes: number }[] }
  /** rows whose bytes are gone, or not as many as they were */
  missing: { count: number; rows: MissingBytes[] }
  /** originals that were noted as missing and are there, whole */
  back: { count: number; rows: MissingBytes[] }
  /** true: what is missing is noted as such, what is back is whole again, small pictures are drawn anew */
  repaired: boolean
}

export interface MissingBytes {
  kind: 'original' | 'archive' | 'preview'
  /** of the asset or archive */
  id: string
  gallery_id: string
  gallery_slug: string
  /** of a file: as it was uploaded; of an archive: its version */
  name: string
  key: string
  /** that should be there */
  bytes: number
  /** that are there; null: there is no such object */
  found: number | null
}

/** `keepsake import gallery.zip --json` */
export interface ImportedZip extends Imported {
  /** rows of feedback that are new */
  feedback: number
}

/** `keepsake import --from-store --json`: what came back of a store whose database was lost */
export interface Revived {
  galleries: RevivedGallery[]
  /** galleries of the store that the database knows already */
  known: number
  /** objects that could not be used, with the reason */
  skipped: { path: string; reason: string }[]
}

export interface RevivedGallery {
  id: string
  slug: string
  state: 'archived' | 'draft'
  /** that are there */
  photos: number
  /** names of photos that are damaged wherever they lie */
  missing: string[]
  /** rows of feedback */
  feedback: number
  /** the key of the archive it came back from; null: from its originals alone */
  archive: string | null
}

/** GET /api/galleries/:id/source; null: its photos were uploaded or imported */
export interface SourceAnswer {
  source: GallerySource | null
}

/** POST /api/galleries/:id/import {prefix} (202): the prefix of the bucket a gallery reads */
export interface GallerySource {
  prefix: string
  /** its photos are copied into Keepsake's own part of the bucket */
  copy: boolean
  state: 'waiting' | 'reading' | 'read' | 'failed'
  /** code of the error that ended the last look */
  error: string | null
  /** what the last look found, and how much of it is known */
  photos: number
  bytes: number
  done: number
  done_bytes: number
  looked_at: string | null
  finished_at: string | null
  /** what is no photo, with the reason; the first 100 */
  skipped: { path: string; reason: string }[]
}

/** GET /healthz: the process answers */
export interface Health {
  status: 'ok'
}

/** GET /readyz: 503 while something is not ok */
export interface Readiness {
  status: 'ready' | 'not_ready'
  /** each `ok`, or a code of docs/errors.md */
  checks: { database: string; storage: string; queue: string }
  /** age of the oldest job that could run now, seconds */
  queue_age_seconds: number | null
}

/** POST /api/cron/maintenance (API-10) */
export interface MaintenanceResult {
  stale_zips_queued: number
  stuck_jobs_reset: number
  errors: ({ album_id: string; error: string } | { general: string })[]
}

/** GET /api/admin/maintenance: the last run, null before the first */
export interface Maintenance {
  last: { started_at: string; finished_at: string; result: MaintenanceResult } | null
}

/** POST /api/cron/cleanup: how many of each */
export interface CleanupResult {
  archives_ended: number
  galleries_cleared: number
  objects_deleted: number
  rows_forgotten: number
  orphans_noted: number
  temporary_removed: number
  uploads_dropped: number
  errors: { part: string; code: string }[]
}

/** POST /api/cron/process-archives */
export interface ProcessedArchives {
  /** archives that waited without sign of life and got their job again, at most 5 a call */
  queued: number
  /** jobs that wait for a worker */
  waiting: number
}

/** POST /api/cron/expirations */
export interface Expirations {
  expired: number
}

/** GET /api/galleries/:id/progress: the data of every server-sent event `progress` */
export interface Progress {
  status: ArchiveWord
  archive_id: string | null
  version: number | null
  percent: number
  processed_bytes: number
  total_bytes: number
  processed_photos: number
  total_photos: number
  eta_seconds: number | null
}

/** How far a piece of work is. */
export interface Far {
  /** waiting: it has not begun */
  step: 'waiting' | 'packing' | 'verifying' | 'copying' | 'reading'
  /** 0 to 99: what is done is not told any more */
  percent: number
  done_files: number
  total_files: number
  done_bytes: number
  total_bytes: number
  /** null: not known yet */
  eta_seconds: number | null
}

/** GET /api/galleries/:id/work, and the data of every server-sent event `work` of …/work/progress: what is being done with a gallery */
export interface GalleryWork {
  /** its final archive is being made */
  retiring: Far | null
  /** its originals come out of the archive; they are shown all the while */
  restoring: Far | null
  /** its photos are read from the bucket */
  reading: Far | null
}

/** GET /api/rescue/work, and the data of every server-sent event `work` of …/work/progress: what is being saved of one's tracks */
export interface RescueWork {
  /** tracks that are being fetched */
  saving: number
  /** tracks that are due and wait for their turn */
  due: number
  saved: number
  total: number
}

/** POST /admin/albums (words of 001) */
export interface Album {
  album_id: string
  name: string
  photo_count: number
  created_at: string
  zip_status: ZipStatus
}
export type ZipStatus = 'not_started' | 'pending' | 'generating' | 'ready' | 'error'
