/** AppError and the one table of error codes; docs/errors.md is held against it by a test. */

/** code: [HTTP status, the sentence a person can act on]. Codes never change their meaning. */
export const errorTable = {
  // asking
  bad_request: [400, 'Something in the request is not as the API describes it: see the details, correct it and send it again.'],
  unsupported_type: [415, 'Send the body as application/json.'],
  not_found: [404, 'There is nothing here: check the address.'],
  method_not_allowed: [405, 'This address does not answer that method.'],
  too_many_requests: [429, 'Too many requests: wait for the time in Retry-After and try again.'],
  internal: [500, 'Something went wrong on our side. Nothing was lost; try again, and tell the operator the request id if it stays.'],
  unavailable: [503, 'The service cannot reach its database or storage at the moment: try again shortly.'],
  storage_unreachable: [503, 'The storage cannot be reached: check that it is mounted and running, then try again.'],
  storage_foreign: [503, 'This storage belongs to another installation: point Keepsake at the storage that goes with this database.'],
  storage_full: [507, 'There is not enough space to store this: free some space, then go on where you stopped.'],
  clock_unsure: [
    503,
    'The clocks of this machine and of its database disagree or have jumped: nothing is deleted until they are right and steady (see keepsake doctor).',
  ],
  // who
  sign_in_required: [401, 'Sign in first, or send an API key.'],
  wrong_credentials: [401, 'E-mail or password is wrong.'],
  forbidden: [403, 'You may not do this with the account or key you use.'],
  cron_off: [503, 'Calls by cron are switched off: set CRON_SECRET, then send it as Authorization: Bearer.'],
  events_refused: [401, 'Send the value of S3_EVENTS_SECRET as Authorization: Bearer, or as ?secret=.'],
  cron_refused: [401, 'Send the value of CRON_SECRET as Authorization: Bearer.'],
  foreign_origin: [403, 'This request came from another site: open Keepsake itself and try again.'],
  set_up_done: [409, 'This Keepsake has been set up already: sign in.'],
  set_up_code_wrong: [403, 'The set-up code is wrong: use the address that Keepsake printed when it started.'],
  account_exists: [409, 'An account with this e-mail address exists already.'],
  password_weak: [422, 'Choose a password of at least 10 characters.'],
  email_invalid: [422, 'Give exactly one e-mail address, such as mara@example.com.'],
  account_disabled: [403, 'This account is switched off: ask who runs this Keepsake.'],
  code_wrong: [422, 'That code is wrong or too old: type the one your app shows now, or a backup code.'],
  code_late: [401, 'That took too long: sign in again, then type the code.'],
  second_factor_on: [409, 'The second factor is on already: switch it off first.'],
  last_admin: [409, 'Somebody must run this Keepsake: make another account an admin first.'],
  invitation_ended: [410, 'This invitation was used or has ended: ask for a new one.'],
  oidc_off: [404, 'Signing in elsewhere is not set up here: sign in with your password.'],
  passkeys_off: [404, 'Passkeys work only where Keepsake is reached over https by a name: sign in with your password.'],
  passkey_wrong: [401, 'This passkey opens no account here: sign in with your password.'],
  passkey_late: [401, 'That took too long, or was done already: try again.'],
  passkey_copied: [401, 'This passkey counts backwards, as a copy of it would: sign in with your password and remove it.'],
  passkey_known: [409, 'This passkey is in use here already.'],
  passkey_unknown: [404, 'There is no such passkey.'],
  passkeys_full: [409, 'That is as many passkeys as one account has: remove one first.'],
  proof_needed: [403, 'Give your password, or sign in again: you did so too long ago for this.'],
  last_way_in: [409, 'You could not sign in any more: set a password first, with an invitation of an admin.'],
  password_required: [401, 'This gallery has a password: enter it first.'],
  password_wrong: [401, 'That is not the password of this gallery.'],
  // galleries
  slug_invalid: [
    422,
    'A slug has lower-case letters, digits and hyphens, begins and ends with a letter or digit, and is at most 100 long.',
  ],
  slug_taken: [409, 'Another gallery has this slug: choose a different one.'],
  gallery_not_open: [409, 'This gallery takes no changes at the moment: publish or restore it first.'],
  gallery_closed: [410, 'This gallery is no longer available.'],
  gallery_empty: [409, 'The gallery has no photos yet: upload some first.'],
  not_retirable: [409, 'Only a published gallery can be archived: publish it first, or delete it.'],
  not_archived: [409, 'This gallery is not archived: there is nothing to restore.'],
  content_changed: [409, 'The gallery changed while it was archived: nothing was deleted, archive it again.'],
  archive_damaged: [
    409,
    'The archive is gone or damaged: nothing was changed. Verify it, and restore from another version if there is one.',
  ],
  not_confirmed: [422, 'To delete it for good, send the slug of the gallery as confirm.'],
  download_disabled: [403, 'Downloads are switched off for this gallery: ask the photographer.'],
  download_forbidden: [403, 'You may look at this gallery but not download from it: ask the photographer.'],
  original_withheld: [403, 'Photos of this gallery come in screen size: choose that, or ask the photographer for the originals.'],
  pictures_waiting: [409, 'Some of these photos are still being prepared: try again in a few minutes.'],
  watermark_missing: [409, 'You have no watermark yet: make one in the settings first.'],
  watermark_used: [409, 'Galleries show this watermark: switch it off in them first.'],
  watermark_empty: [422, 'Nothing of this watermark can be seen: send a picture that is not transparent everywhere.'],
  access_ended: [403, 'Your access to this gallery has ended: ask the photographer to extend it.'],
  // feedback
  feedback_off: [403, 'Likes, ratings and comments are switched off for this gallery: ask the photographer.'],
  feedback_full: [409, 'That is as much as can be said here: take something back first, or ask the photographer.'],
  guest_unnamed: [409, 'Say who you are first: a name or an e-mail address.'],
  list_empty: [409, 'Your list is empty: mark photos with a heart first.'],
  guest_known: [409, 'You came by a link of your own, so the photographer knows who you are: ask them to correct your name.'],
  // uploads
  upload_unknown: [404, 'There is no such upload: start it again.'],
  upload_busy: [423, 'Another request is sending this upload: wait a moment and go on.'],
  upload_offset: [409, 'The upload is not at that position: ask for its offset (HEAD) and go on from there.'],
  upload_too_large: [413, 'The file is larger than this installation accepts or than was announced.'],
  upload_gone: [410, 'This upload is finished or was given up: start a new one.'],
  empty_file: [422, 'The file is empty.'],
  checksum_mismatch: [460, 'What arrived differs from what was sent: send this part again.'],
  media_type: [415, 'This is not a photo, video or audio file that can be kept here.'],
  picture_too_large: [422, 'The picture has more pixels than can be shown (limit 100 megapixels).'],
  folder_unreadable: [422, 'The file or folder cannot be read: check the path and its permissions.'],
  prefix_invalid: [422, 'That is no folder of photos in the bucket: name one such as albums/summer/photos/, not one of Keepsake’s own.'],
  prefix_taken: [409, 'A gallery reads that folder, or one above or below it, already: choose another folder.'],
  prefix_empty: [422, 'There are no photos below that folder of the bucket: check its name.'],
  bucket_needed: [409, 'This needs a bucket: photos are kept on a disk here, so import a folder instead (or set S3_BUCKET).'],
  // archives
  archive_failed: [409, 'The archive could not be built: see its error and press Retry.'],
  archive_not_ready: [409, 'This version is not ready, or no longer kept: wait until it is verified, or send a newer one.'],
  archive_mismatch: [500, 'The stored archive differs from what was uploaded; it was thrown away and is built again.'],
  original_missing: [409, 'An original is missing or damaged in the storage: upload the photo again.'],
  source_changed: [500, 'A stored file differs from what was uploaded.'],
  attempt_stale: [409, 'Another worker has taken this work over.'],
  no_progress: [500, 'The work made no progress for 30 minutes and was stopped; it is tried again.'],
  zip_invalid: [422, 'This ZIP file is damaged or unsafe and was refused: see the reason.'],
  key_exists: [500, 'A storage key was about to be written twice; nothing was overwritten.'],
  // exports
  export_nothing_chosen: [400, 'Say which photos: photoIds, or all, or favorites.'],
  export_empty: [400, 'None of the chosen photos can be packed: choose others.'],
  export_too_large: [413, 'One export takes up to 5,000 photos and 6 GiB: choose fewer, or download the whole gallery.'],
  export_unready: [409, 'This export is not ready yet: ask again in a moment.'],
  export_expired: [410, 'This export has ended and its files were removed: ask for it again.'],
  notify_unknown: [422, 'Letters go only to addresses that the photographer has entered for this gallery.'],
  // links
  link_unknown: [404, 'This link does not exist: check that the address is complete.'],
  link_expired: [410, 'This link has ended: ask the photographer for a new one.'],
  link_revoked: [410, 'This link was withdrawn.'],
  link_used_up: [410, 'This link has been used as often as it may be: ask the photographer for a new one.'],
  range_invalid: [416, 'The file is shorter than that: start the download again.'],
  // mail and keys
  mail_refused: [502, 'The mail server refused this letter for good: check the address.'],
  mail_unreachable: [502, 'The mail server cannot be reached or does not answer: it is tried again.'],
  mail_suppressed: [409, 'This address gets no letters: allow letters to it again in the outbox first.'],
  letter_waits: [409, 'This letter has not been tried yet: wait for it.'],
  signature_invalid: [401, 'The signature of this event is wrong or too old.'],
  key_scope: [403, 'This API key has not the scope for that.'],
  key_unknown: [404, 'There is no such API key.'],
  // other servers
  address_refused: [422, 'Give the http or https address of a public server, on port 80, 443 or 8443, without a user name.'],
  remote_unreachable: [502, 'The other server cannot be reached or did not answer in time: it is tried again.'],
  remote_too_large: [502, 'The other server sent more than is taken from it.'],
  rescue_owner_unknown: [
    503,
    'There is no account to which tracks of providers could belong: set RESCUE_OWNER to the e-mail address of one.',
  ],
  remote_gone: [502, 'The provider says that this file is not there any more.'],
  remote_busy: [502, 'The provider asks to wait: it is tried again later.'],
  remote_unreadable: [502, 'The provider sent something that is no whole picture, sound or film: see the reason.'],
  track_saved: [409, 'This file of the track is saved already: nothing was changed.'],
  track_unsaved: [409, 'This track is not saved yet: wait until it is, or rescue it now.'],
  webhooks_full: [409, 'An account has 20 webhooks at most: delete one that is no longer needed.'],
  webhook_off: [409, 'This webhook is switched off: switch it on again first.'],
  // starting
  config_invalid: [500, 'A setting is wrong: correct it and start again.'],
  schema_newer: [500, 'The database was written by a newer Keepsake: start that version.'],
  database_unreachable: [503, 'The database cannot be reached: check DATABASE_URL and that the server runs.'],
} as const satisfies Record<string, readonly [number, string]>

export type ErrorCode = keyof typeof errorTable

/** A failure we know: a code of the table, facts for the log and the person, and the cause. */
export class AppError extends Error {
  readonly code: ErrorCode
  readonly facts: Record<string, unknown>
  /** true: trying again cannot help, so a job must not be retried. */
  readonly final: boolean

  constructor(code: ErrorCode, facts: Record<string, unknown> = {}, options: { cause?: unknown; final?: boolean } = {}) {
    super(errorTable[code][1], { cause: options.cause })
    this.name = 'AppError'
    this.code = code
    this.facts = facts
    this.final = options.final ?? false
  }

  get status(): number {
    return errorTable[this.code][0]
  }
}

/** Is the world at fault, not the work? Then waiting helps, and the try does not count. */
export const isOutage = (error: unknown): boolean => error instanceof AppError && outages.has(error.code)
const outages = new Set<ErrorCode>(['storage_unreachable', 'storage_foreign', 'storage_full', 'database_unreachable', 'unavailable'])

/** The sentence of a code that was written down earlier; the code itself when it is none of ours any more. */
export const sentenceOf = (code: string): string => errorTable[code as ErrorCode]?.[1] ?? code

/** Is this the AppError with that code? */
export const isCode = (error: unknown, code: ErrorCode): error is AppError => error instanceof AppError && error.code === code

// SQLSTATE 08: connection exception, 57P01-57P05: the server goes down or comes up, 53300: no connection is free
const lostState = /^(08...|57P0[1-5]|53300)$/
const lostSocket = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH'])
const lostWords = /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error)/

/** Has the disk of the database no room (SQLSTATE 53100)? What was asked was not done, and waiting helps. */
export const fullDatabase = (error: unknown): boolean => error instanceof Error && (error as NodeJS.ErrnoException).code === '53100'

/** Was a text given that PostgreSQL cannot hold: one with a NUL (SQLSTATE 22021; 22P05 in JSON)? Libraries may have packed the error. */
export function unkeptText(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { code } = error as NodeJS.ErrnoException
  return code === '22021' || code === '22P05' || unkeptText(error.cause)
}

/** Did the connection to the database end, or was none made? As drivers and PostgreSQL say it. */
export function lostDatabase(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { code, syscall } = error as NodeJS.ErrnoException
  if (code !== undefined && (lostState.test(code) || lostSocket.has(code))) return true
  // a Unix socket that is not there
  return (code === 'ENOENT' && syscall === 'connect') || lostWords.test(error.message)
}

/** What a person is told of any failure: of one that we do not know the cause is for the log alone. */
export const asKnown = (error: unknown): AppError =>
  error instanceof AppError ? error : new AppError(lostDatabase(error) ? 'unavailable' : 'internal', {}, { cause: error })
