/** The facts of letters about an export: every file of it, with a link that lives as long as the one of the letter. */
import { AppError } from '../../../base/errors.ts'
import { listMissing } from '../../../data/archiveEntries.ts'
import { listParts } from '../../../data/exports.ts'
import { findExportLink, findLink } from '../../../data/links.ts'
import { type Archive, downloadName } from '../../../domain/archive.ts'
import type { LetterFacts } from '../../../domain/letter.ts'
import { mintLink } from '../../../domain/link.ts'
import type { Needs, Subject } from './subject.ts'

export async function exportFailed(deps: Needs, { gallery }: Subject): Promise<LetterFacts<'export_failed'>> {
  return { title: gallery.title, link: `${deps.settings.publicUrl}/g/${gallery.slug}` }
}

export async function exportReady(deps: Needs, { row, gallery }: Subject): Promise<LetterFacts<'export_ready'>> {
  const link = row.linkId ? await findLink(deps.db, row.linkId) : undefined
  const parts = row.exportId ? await listParts(deps.db, row.exportId) : []
  if (!link || !parts.length) throw new AppError('link_unknown', { letter: row.id }, { final: true })
  const files = []
  const missing = []
  for (const part of parts) {
    const own = part.id === link.archiveId ? link : await findExportLink(deps.db, part.id, link.clientId, link.expiresAt)
    // withdrawn since: the letter is still shown in the outbox, without it
    if (own) {
      const token = mintLink({ id: own.id, kind: own.kind, expiresAt: own.expiresAt }, deps.settings.tokenSecrets)
      files.push({ name: downloadName(part), sha256: part.checksum ?? '', link: `${deps.settings.publicUrl}/d/${token}` })
    }
    if (part.missingCount) missing.push(...(await listMissing(deps.db, part.id)).map((path) => path.split('/').at(-1)!))
  }
  const sum = (of: (part: Archive) => number) => parts.reduce((all, part) => all + of(part), 0)
  return {
    title: gallery.title,
    photoCount: sum((part) => part.imageCount),
    bytes: sum((part) => part.fileSizeBytes),
    missing,
    files,
    linkEnds: link.expiresAt,
  }
}
