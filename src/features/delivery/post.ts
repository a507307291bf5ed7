/** Puts letters about an archive into the outbox: each with a link of its own, all in the caller's transaction. */
import { after } from '../../base/clock.ts'
import { newId } from '../../base/id.ts'
import { keepUntil } from '../../data/archives.ts'
import { insertLinks } from '../../data/links.ts'
import { writeLetters } from '../../data/outbox.ts'
import type { Archive } from '../../domain/archive.ts'
import type { Gallery } from '../../domain/gallery.ts'
import type { LetterKind } from '../../domain/letter.ts'
import { linkLife } from '../../domain/link.ts'
import type { Tx } from '../../ports/database/port.ts'
import type { Deps } from '../../ports/deps.ts'

export interface Draft {
  kind: LetterKind
  recipient: string
  /** null: somebody who is no client of the gallery */
  clientId: string | null
  dedupeKey: string
  /** not before; null: at once */
  dueAt: Date | null
}

/** A few statements, however many letters. Answers their ids in the order of the drafts; none when the archive's time is over. */
export async function postLetters(
  deps: Pick<Deps, 'queue' | 'clock'>,
  tx: Tx,
  { gallery, archive }: { gallery: Gallery; archive: Archive },
  drafts: Draft[],
): Promise<string[]> {
  const now = deps.clock.now()
  const facts = { galleryId: gallery.id, archiveId: archive.id }
  const written = drafts.map((draft) => ({ ...draft, linkId: newId(now), from: draft.dueAt ?? now }))
  // a link never outlives the file
  const last = Math.max(...written.map(({ from }) => after(from, linkLife.email).getTime()))
  if (!written.length || !(await keepUntil(tx, archive.id, new Date(last)))) return []
  await insertLinks(
    tx,
    written.map(({ linkId, clientId, from }) => ({
      ...facts,
      id: linkId,
      kind: 'email' as const,
      clientId,
      issuedAt: now,
      expiresAt: after(from, linkLife.email),
      revokedAt: null,
    })),
  )
  return writeLetters(
    deps,
    tx,
    now,
    written.map(({ linkId, kind, recipient, dedupeKey, dueAt }) => ({
      ...facts,
      linkId,
      kind,
      recipient,
      dedupeKey,
      dueAt,
      locale: gallery.locale,
    })),
  )
}
