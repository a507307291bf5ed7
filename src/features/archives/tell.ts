/** Letters to the photographer, each fact once. */
import { newId } from '../../base/id.ts'
import { insertLetter, isWritten } from '../../data/letters.ts'
import { findUser } from '../../data/users.ts'
import type { Gallery } from '../../domain/gallery.ts'
import type { LetterKind } from '../../domain/letter.ts'
import type { Tx } from '../../ports/database/port.ts'
import type { Deps } from '../../ports/deps.ts'

interface Fact {
  kind: LetterKind
  archiveId: string | null
  dedupeKey: string
  /** what the words need and no row says */
  facts?: Record<string, unknown>
}

/** Written in the transaction of the fact; `dedupeKey` names the fact. */
export async function writeToOwner(
  deps: Pick<Deps, 'queue' | 'clock'>,
  tx: Tx,
  gallery: Pick<Gallery, 'id' | 'ownerId' | 'locale'>,
  { kind, archiveId, dedupeKey, facts }: Fact,
): Promise<void> {
  const owner = await findUser(tx, gallery.ownerId)
  if (!owner || (await isWritten(tx, dedupeKey))) return
  const now = deps.clock.now()
  const id = newId(now)
  const about = { galleryId: gallery.id, archiveId, linkId: null, recipient: owner.email, locale: gallery.locale }
  await insertLetter(tx, { ...about, id, dedupeKey, kind, createdAt: now, ...(facts ? { facts: JSON.stringify(facts) } : {}) })
  await deps.queue.send(tx, { name: 'delivery.send', payload: { letterId: id } })
}
