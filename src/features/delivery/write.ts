/** A letter's words, made from its row whenever they are needed: no link stands in the database. */
import { AppError } from '../../base/errors.ts'
import { findGalleryOfAnyState } from '../../data/galleries.ts'
import type { Letter as LetterRow } from '../../data/letters.ts'
import { findUser } from '../../data/users.ts'
import type { Gallery } from '../../domain/gallery.ts'
import { isOptional, type LetterFacts, type LetterKind, type RenderedLetter, renderLetter } from '../../domain/letter.ts'
import { mintLetterToken } from '../../domain/letter-token.ts'
import { isMailbox } from '../../domain/mailbox.ts'
import type { Letter } from '../../ports/mail/port.ts'
import { keyMade, passkeyNews, storageFilling } from './letters/account.ts'
import { archiveFailed, download } from './letters/archives.ts'
import { bounced } from './letters/bounced.ts'
import { downloadsDigest } from './letters/downloads.ts'
import { ending, expired, ownExpired } from './letters/expiry.ts'
import { exportFailed, exportReady } from './letters/exports.ts'
import { published } from './letters/published.ts'
import { archiveComplete, damageFound, galleryRestored } from './letters/retired.ts'
import { selection } from './letters/selection.ts'
import type { AccountSubject, Needs, Subject } from './letters/subject.ts'
import { tracksSummed, tracksTold } from './letters/tracks.ts'
import { webhookDisabled } from './letters/webhooks.ts'

type Gather<K extends LetterKind> = (deps: Needs, subject: AccountSubject & { gallery: Gallery | undefined }) => Promise<LetterFacts<K>>

/** Who gathers the facts of each kind; a new kind is a line here and in domain/letter.ts. */
const gather: { [K in LetterKind]: Gather<K> } = {
  published: ofGallery(published),
  archive_ready: ofGallery(download),
  archive_completed: ofGallery(download),
  new_version: ofGallery(download),
  archive_failed: ofGallery(archiveFailed),
  downloads_digest: ofGallery(downloadsDigest),
  mail_bounced: ofGallery(bounced),
  selection_sent: ofGallery(selection),
  // brings the same facts: the archive, and a link to it
  link_renewed: ofGallery(download),
  export_ready: ofGallery(exportReady),
  export_failed: ofGallery(exportFailed),
  archive_complete: ofGallery(archiveComplete),
  gallery_restored: ofGallery(galleryRestored),
  damage_found: ofGallery(damageFound),
  gallery_ending: ofGallery(ending),
  gallery_expired: ofGallery(expired),
  own_gallery_expired: ofGallery(ownExpired),
  webhook_disabled: webhookDisabled,
  tracks_at_risk: tracksTold,
  tracks_lost: tracksTold,
  tracks_digest: tracksSummed,
  key_made: keyMade,
  passkey_added: passkeyNews,
  passkey_copied: passkeyNews,
  storage_filling: storageFilling,
}

function ofGallery<F>(facts: (deps: Needs, subject: Subject) => Promise<F>) {
  return async (deps: Needs, { gallery, ...subject }: AccountSubject & { gallery: Gallery | undefined }): Promise<F> => {
    if (!gallery) throw new AppError('not_found', { letter: subject.row.id }, { final: true })
    return facts(deps, { ...subject, gallery })
  }
}

export async function writeOut(deps: Needs, row: LetterRow): Promise<Letter> {
  const gallery = row.galleryId ? await findGalleryOfAnyState(deps.db, row.galleryId) : undefined
  const owner = await findUser(deps.db, row.ownerId)
  if (!owner) throw new AppError('not_found', { letter: row.id }, { final: true })
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

async function render<K extends LetterKind>(
  deps: Needs,
  kind: K,
  subject: Parameters<Gather<K>>[1],
  leave: string | undefined,
): Promise<RenderedLetter> {
  return renderLetter(kind, await gather[kind](deps, subject), subject.row.locale, leave)
}
