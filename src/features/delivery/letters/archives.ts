/** The facts of letters about an archive. */
import { listMissing } from '../../../data/archiveEntries.ts'
import type { LetterFacts } from '../../../domain/letter.ts'
import { causeOf } from '../../../domain/letters/causes.ts'
import type { Download } from '../../../domain/letters/download.ts'
import { archiveOf, linkOf, type Needs, type Subject, studioOf } from './subject.ts'

/** Of every kind that brings a ZIP. */
export async function download(deps: Needs, { row, gallery, owner }: Subject): Promise<Download> {
  const archive = await archiveOf(deps, row)
  return {
    title: gallery.title,
    photographer: owner.name,
    photoCount: archive.imageCount,
    missing: archive.missingCount ? (await listMissing(deps.db, archive.id)).map((path) => path.split('/').at(-1)!) : [],
    bytes: archive.fileSizeBytes,
    sha256: archive.checksum ?? '',
    ...(await linkOf(deps, row)),
    // with a password or a link of one's own it opens otherwise, and that stands in no letter about a ZIP
    page:
      gallery.state === 'active' && gallery.isPublic && !gallery.passwordHash ? `${deps.settings.publicUrl}/g/${gallery.slug}` : undefined,
  }
}

export async function archiveFailed(deps: Needs, { row, gallery }: Subject): Promise<LetterFacts<'archive_failed'>> {
  const archive = await archiveOf(deps, row)
  const cause = causeOf(archive.errorCode, row.locale)
  const { retryAt } = row.facts as { retryAt?: string }
  return { title: gallery.title, cause, retryAt: retryAt ? new Date(retryAt) : undefined, link: studioOf(deps, gallery) }
}
