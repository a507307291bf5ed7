/** A letter's words, made from its row whenever they are needed: no link stands in the database. */
import { AppError, type ErrorCode, errorTable } from '../../base/errors.ts'
import { listMissing } from '../../data/archiveEntries.ts'
import { findArchive } from '../../data/archives.ts'
import { findGalleryOfAnyState } from '../../data/galleries.ts'
import type { Letter as LetterRow } from '../../data/letters.ts'
import { findLink } from '../../data/links.ts'
import { findUser } from '../../data/users.ts'
import type { Archive } from '../../domain/archive.ts'
import type { Gallery } from '../../domain/gallery.ts'
import { isMailbox, type RenderedLetter, renderLetter } from '../../domain/letter.ts'
import { mintLink } from '../../domain/link.ts'
import type { Deps } from '../../ports/deps.ts'
import type { Letter } from '../../ports/mail/port.ts'

type Needs = Pick<Deps, 'db' | 'settings'>

export async function writeOut(deps: Needs, row: LetterRow): Promise<Letter> {
  const gallery = await findGalleryOfAnyState(deps.db, row.galleryId)
  const archive = row.archiveId ? await findArchive(deps.db, row.archiveId) : undefined
  const owner = gallery && (await findUser(deps.db, gallery.ownerId))
  if (!gallery || !archive || !owner) throw new AppError('not_found', { letter: row.id }, { final: true })
  const words = row.kind === 'archive_ready' ? await ready(deps, row, gallery, archive, owner.name) : failed(deps, row, gallery, archive)
  const host = new URL(deps.settings.publicUrl).hostname
  // the owner that the command line makes has no mailbox until somebody signs up
  const replyTo = isMailbox(owner.email) ? owner.email : undefined
  return { ...words, to: row.recipient, fromName: owner.name, replyTo, messageId: `${row.id}@${host}` }
}

async function ready(deps: Needs, row: LetterRow, gallery: Gallery, archive: Archive, photographer: string): Promise<RenderedLetter> {
  const link = row.linkId ? await findLink(deps.db, row.linkId) : undefined
  if (!link) throw new AppError('link_unknown', { letter: row.id }, { final: true })
  const token = mintLink({ id: link.id, kind: link.kind, expiresAt: link.expiresAt }, deps.settings.tokenSecrets)
  const data = {
    title: gallery.title,
    photographer,
    photoCount: archive.imageCount,
    missing: archive.missingCount ? (await listMissing(deps.db, archive.id)).map((path) => path.split('/').at(-1)!) : [],
    bytes: archive.fileSizeBytes,
    sha256: archive.checksum ?? '',
    link: `${deps.settings.publicUrl}/d/${token}`,
    linkEnds: link.expiresAt,
  }
  return renderLetter('archive_ready', data, row.locale)
}

function failed(deps: Needs, row: LetterRow, gallery: Gallery, archive: Archive): RenderedLetter {
  const cause = errorTable[(archive.errorCode ?? 'internal') as ErrorCode]?.[1] ?? errorTable.internal[1]
  return renderLetter(
    'archive_failed',
    { title: gallery.title, cause, link: `${deps.settings.publicUrl}/galleries/${gallery.slug}` },
    row.locale,
  )
}
