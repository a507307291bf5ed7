/** The facts of letters about a gallery that became its archive or came back from it, and about stored bytes that are damaged. */
import { after, days } from '../../../base/clock.ts'
import type { LetterFacts } from '../../../domain/letter.ts'
import { archiveOf, type Needs, type Subject, studioOf } from './subject.ts'

export async function archiveComplete(deps: Needs, { row, gallery }: Subject): Promise<LetterFacts<'archive_complete'>> {
  const archive = await archiveOf(deps, row)
  const { purgeGraceDays } = deps.settings
  return {
    title: gallery.title,
    photoCount: archive.imageCount,
    bytes: archive.fileSizeBytes,
    sha256: archive.checksum ?? '',
    freedAt: purgeGraceDays && archive.verifiedAt ? after(archive.verifiedAt, days(purgeGraceDays)) : null,
    link: studioOf(deps, gallery),
  }
}

export async function galleryRestored(deps: Needs, { row, gallery }: Subject): Promise<LetterFacts<'gallery_restored'>> {
  const archive = await archiveOf(deps, row)
  return { title: gallery.title, photoCount: archive.imageCount, endsAt: gallery.expiresAt, link: studioOf(deps, gallery) }
}

export async function damageFound(deps: Needs, { row, gallery }: Subject): Promise<LetterFacts<'damage_found'>> {
  const { files } = row.facts as { files: string[] }
  return { title: gallery.title, inArchive: row.archiveId !== null, files, link: studioOf(deps, gallery) }
}
