/** A letter's words, made from its row whenever they are needed: no link stands in the database. */
import { AppError } from '../../base/errors.ts'
import { findGalleryOfAnyState } from '../../data/galleries.ts'
import type { Letter as LetterRow } from '../../data/letters.ts'
import { findUser } from '../../data/users.ts'
import { type LetterFacts, type LetterKind, type RenderedLetter, renderLetter } from '../../domain/letter.ts'
import { isMailbox } from '../../domain/mailbox.ts'
import type { Letter } from '../../ports/mail/port.ts'
import { archiveFailed, archiveReady } from './letters/archives.ts'
import { downloadsDigest } from './letters/downloads.ts'
import { exportReady } from './letters/exports.ts'
import type { Needs, Subject } from './letters/subject.ts'

/** Who gathers the facts of each kind; a new kind is a line here and in domain/letter.ts. */
const gather: { [K in LetterKind]: (deps: Needs, subject: Subject) => Promise<LetterFacts<K>> } = {
  archive_ready: archiveReady,
  archive_failed: archiveFailed,
  downloads_digest: downloadsDigest,
  export_ready: exportReady,
}

export async function writeOut(deps: Needs, row: LetterRow): Promise<Letter> {
  const gallery = await findGalleryOfAnyState(deps.db, row.galleryId)
  const owner = gallery && (await findUser(deps.db, gallery.ownerId))
  if (!gallery || !owner) throw new AppError('not_found', { letter: row.id }, { final: true })
  const words = await render(deps, row.kind, { row, gallery, owner })
  const host = new URL(deps.settings.publicUrl).hostname
  // the owner that the command line makes has no mailbox until somebody signs up
  const replyTo = isMailbox(owner.email) ? owner.email : undefined
  return { ...words, to: row.recipient, fromName: owner.name, replyTo, messageId: `${row.id}@${host}` }
}

async function render<K extends LetterKind>(deps: Needs, kind: K, subject: Subject): Promise<RenderedLetter> {
  return renderLetter(kind, await gather[kind](deps, subject), subject.row.locale)
}
