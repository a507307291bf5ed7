/** Letters to the photographer, each fact once. */
import { newId } from '../../base/id.ts'
import { insertLetter, isWritten } from '../../data/letters.ts'
import { findUser } from '../../data/users.ts'
import type { Gallery } from '../../domain/gallery.ts'
import type { LetterKind } from '../../domain/letter.ts'
import type { Tx } from '../../ports/database/port.ts'
import type { Deps } from '../../ports/deps.ts'

/** Written in the transaction of the fact; `dedupeKey` names the fact. */
export async function writeToOwner(
  deps: Pick<Deps, 'queue' | 'clock'>,
  tx: Tx,
  gallery: Pick<Gallery, 'id' | 'ownerId' | 'locale'>,
  { kind, archiveId, dedupeKey }: { kind: LetterKind; archiveId: string; dedupeKey: string },
): Promise<void> {
  const owner = await findUser(tx, gallery.ownerId)
  if (!owner || (await isWritten(tx, dedupeKey))) return
  const now = deps.clock.now()
  const id = newId(now)
  const facts = { galleryId: gallery.id, archiveId, linkId: null, recipient: owner.email, locale: gallery.locale }
  await insertLetter(tx, { ...facts, id, dedupeKey, kind, createdAt: now })
  await deps.queue.send(tx, { name: 'delivery.send', payload: { letterId: id } })
}
