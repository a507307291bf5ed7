/** A letter's words, made from its row whenever they are needed: no link stands in the database. */
import { AppError } from '../../base/errors.ts'
import { findGalleryOfAnyState } from '../../data/galleries.ts'
import type { Letter as LetterRow } from '../../data/letters.ts'
import { findUser } from '../../data/users.ts'
import { isOptional, type LetterFacts, type LetterKind, type RenderedLetter, renderLetter } from '../../domain/letter.ts'
import { mintLetterToken } from '../../domain/letter-token.ts'
import { isMailbox } from '../../domain/mailbox.ts'
import type { Letter } from '../../ports/mail/port.ts'
import { archiveFailed, download } from './letters/archives.ts'
import { bounced } from './letters/bounced.ts'
import { downloadsDigest } from './letters/downloads.ts'
import { ending, expired, ownExpired } from './letters/expiry.ts'
import { exportFailed, exportReady } from './letters/exports.ts'
import { published } from './letters/published.ts'
import { archiveComplete, damageFound, galleryRestored } from './letters/retired.ts'
import type { Needs, Subject } from './letters/subject.ts'
import { webhookDisabled } from './letters/webhooks.ts'

/** Who gathers the facts of each kind; a new kind is a line here and in domain/letter.ts. */
const gather: { [K in LetterKind]: (deps: Needs, subject: Subject) => Promise<LetterFacts<K>> } = {
  published,
  archive_ready: download,
  archive_completed: download,
  new_version: download,
  archive_failed: archiveFailed,
  downloads_digest: downloadsDigest,
  mail_bounced: bounced,
  // brings the same facts: the archive, and a link to it
  link_renewed: download,
  export_ready: exportReady,
  export_failed: exportFailed,
  archive_complete: archiveComplete,
  gallery_restored: galleryRestored,
  damage_found: damageFound,
  gallery_ending: ending,
  gallery_expired: expired,
  own_gallery_expired: ownExpired,
  webhook_disabled: webhookDisabled,
}

export async function writeOut(deps: Needs, row: LetterRow): Promise<Letter> {
  const gallery = await findGalleryOfAnyState(deps.db, row.galleryId)
  const owner = gallery && (await findUser(deps.db, gallery.ownerId))
  if (!gallery || !owner) throw new AppError('not_found', { letter: row.id }, { final: true })
  const leave = isOptional(row.kind)
    ? `${deps.settings.publicUrl}/unsubscribe/${mintLetterToken('unsubscribe', row.id, deps.settings.tokenSecrets)}`
    : undefined
  const words = await render(deps, row.kind, { row, gallery, owner }, leave)
  const host = new URL(deps.settings.publicUrl).hostname
  return {
    ...words,
    to: row.recipient,
    fromName: owner.name,
    // the owner that the command line makes has no mailbox until somebody signs up
    replyTo: isMailbox(owner.email) ? owner.email : undefined,
    messageId: `${row.id}@${host}`,
    // RFC 8058: the mailbox's own button sends a POST there
    headers: leave ? { 'List-Unsubscribe': `<${leave}>`, 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' } : undefined,
  }
}

async function render<K extends LetterKind>(deps: Needs, kind: K, subject: Subject, leave: string | undefined): Promise<RenderedLetter> {
  return renderLetter(kind, await gather[kind](deps, subject), subject.row.locale, leave)
}
