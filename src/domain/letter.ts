/** Letters: every kind as subject, HTML and plain text from the same blocks. A new kind is a file in letters/ and a line here. Pure. */
import { archiveComplete } from './letters/archive-complete.ts'
import { archiveCompleted } from './letters/archive-completed.ts'
import { archiveFailed } from './letters/archive-failed.ts'
import { archiveReady } from './letters/archive-ready.ts'
import { asHtml, asText, type Block, type Composed } from './letters/blocks.ts'
import { damageFound } from './letters/damage-found.ts'
import { downloadsDigest } from './letters/downloads-digest.ts'
import { exportFailed } from './letters/export-failed.ts'
import { exportReady } from './letters/export-ready.ts'
import { galleryEnding } from './letters/gallery-ending.ts'
import { galleryExpired } from './letters/gallery-expired.ts'
import { galleryRestored } from './letters/gallery-restored.ts'
import { keyMade } from './letters/key-made.ts'
import { linkRenewed } from './letters/link-renewed.ts'
import { mailBounced } from './letters/mail-bounced.ts'
import { newVersion } from './letters/new-version.ts'
import { ownGalleryExpired } from './letters/own-gallery-expired.ts'
import { passkeyAdded, passkeyCopied } from './letters/passkey.ts'
import { published } from './letters/published.ts'
import { selectionSent } from './letters/selection-sent.ts'
import { storageFilling } from './letters/storage-filling.ts'
import { tracksAtRisk, tracksLost } from './letters/tracks-at-risk.ts'
import { tracksDigest } from './letters/tracks-digest.ts'
import { webhookDisabled } from './letters/webhook-disabled.ts'
import { type Locale, shared } from './letters/words.ts'

const compose = {
  published,
  archive_ready: archiveReady,
  archive_completed: archiveCompleted,
  new_version: newVersion,
  archive_failed: archiveFailed,
  downloads_digest: downloadsDigest,
  mail_bounced: mailBounced,
  link_renewed: linkRenewed,
  export_ready: exportReady,
  export_failed: exportFailed,
  archive_complete: archiveComplete,
  gallery_restored: galleryRestored,
  damage_found: damageFound,
  gallery_ending: galleryEnding,
  gallery_expired: galleryExpired,
  own_gallery_expired: ownGalleryExpired,
  webhook_disabled: webhookDisabled,
  tracks_at_risk: tracksAtRisk,
  tracks_lost: tracksLost,
  tracks_digest: tracksDigest,
  key_made: keyMade,
  passkey_added: passkeyAdded,
  passkey_copied: passkeyCopied,
  storage_filling: storageFilling,
  selection_sent: selectionSent,
}

export type LetterKind = keyof typeof compose
/** What a letter of that kind is written from. */
export type LetterFacts<K extends LetterKind> = Parameters<(typeof compose)[K]>[0]

/** Kinds that bring somebody an archive of their gallery. */
export const deliveryKinds: LetterKind[] = ['archive_ready', 'archive_completed', 'new_version']

/** Kinds that say when the gallery ends: not so any more when its date has moved. */
export const endKinds: LetterKind[] = ['gallery_ending', 'gallery_expired', 'own_gallery_expired']

/** Reminders, digests and news: what one may live without, and so may refuse gallery by gallery (RFC 8058). */
const optionalKinds: LetterKind[] = ['new_version', 'downloads_digest', 'gallery_ending', 'gallery_expired']
export const isOptional = (kind: LetterKind): boolean => optionalKinds.includes(kind)

export interface RenderedLetter {
  subject: string
  text: string
  html: string
}

/** Writes a letter of that kind in that language; `unsubscribe` is the address where its reader ends letters of optional kinds. */
export function renderLetter<K extends LetterKind>(kind: K, facts: LetterFacts<K>, locale: Locale, unsubscribe?: string): RenderedLetter {
  const composed = (compose[kind] as (facts: LetterFacts<K>, locale: Locale) => Composed)(facts, locale)
  const leave: Block[] = unsubscribe ? [{ leave: shared[locale].leave, link: unsubscribe }] : []
  const whole = { ...composed, blocks: [...composed.blocks, ...leave] }
  return { subject: whole.subject, text: asText(whole), html: asHtml(whole, locale) }
}
