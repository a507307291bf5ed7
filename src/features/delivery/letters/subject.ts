/** What letters are about: their row, whose they are, and of most a gallery. */
import { AppError } from '../../../base/errors.ts'
import { findArchive } from '../../../data/archives.ts'
import type { Letter } from '../../../data/letters.ts'
import { findLink } from '../../../data/links.ts'
import type { User } from '../../../data/users.ts'
import type { Archive } from '../../../domain/archive.ts'
import type { Gallery } from '../../../domain/gallery.ts'
import { mintLink } from '../../../domain/link.ts'
import type { Deps } from '../../../ports/deps.ts'

export type Needs = Pick<Deps, 'db' | 'settings'>

/** Of a letter about an account or the installation. */
export interface AccountSubject {
  row: Letter
  owner: User
}

export interface Subject extends AccountSubject {
  gallery: Gallery
}

/** The archive the letter is about. */
export async function archiveOf(deps: Needs, row: Letter): Promise<Archive> {
  const archive = row.archiveId ? await findArchive(deps.db, row.archiveId) : undefined
  if (!archive) throw new AppError('not_found', { letter: row.id }, { final: true })
  return archive
}

/** The letter's link as its recipient opens it, and its end. */
export async function linkOf(deps: Needs, row: Letter): Promise<{ link: string; linkEnds: Date }> {
  const link = row.linkId ? await findLink(deps.db, row.linkId) : undefined
  if (!link) throw new AppError('link_unknown', { letter: row.id }, { final: true })
  const token = mintLink({ id: link.id, kind: link.kind, expiresAt: link.expiresAt }, deps.settings.tokenSecrets)
  // to the gallery's page, or to a file
  const door = link.kind === 'share' ? 's' : 'd'
  return { link: `${deps.settings.publicUrl}/${door}/${token}`, linkEnds: link.expiresAt }
}

/** The gallery in the studio. */
export const studioOf = (deps: Needs, gallery: Gallery): string => `${deps.settings.publicUrl}/galleries/${gallery.slug}`
