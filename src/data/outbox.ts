/** Writes letters into the outbox, each with its job, in the transaction of the fact they tell. */
import { newId } from '../base/id.ts'
import type { Gallery } from '../domain/gallery.ts'
import type { LetterKind } from '../domain/letter.ts'
import { isMailbox } from '../domain/mailbox.ts'
import type { NoticeKind } from '../domain/notification.ts'
import type { Tx } from '../ports/database/port.ts'
import type { Deps } from '../ports/deps.ts'
import { findLocale } from './galleries.ts'
import { insertLetters, listWritten, type NewLetter } from './letters.ts'
import { tell } from './notifications.ts'
import { findUser } from './users.ts'

/** A letter to be; `dedupeKey` names the fact, which is told once however often it is written. */
export type Draft = Omit<NewLetter, 'id' | 'createdAt' | 'facts'> & {
  /** what the words need and no row says */
  facts?: object
}

/** A few statements, however many letters. Answers the ids of those that had not been written before, in the order of the drafts. */
export async function writeLetters(deps: Pick<Deps, 'queue'>, tx: Tx, now: Date, drafts: Draft[]): Promise<string[]> {
  if (!drafts.length) return []
  const written = await listWritten(
    tx,
    drafts.map((draft) => draft.dedupeKey),
  )
  const letters = drafts
    .filter((draft) => !written.has(draft.dedupeKey))
    .map(({ facts, ...draft }) => ({ ...draft, ...(facts ? { facts: JSON.stringify(facts) } : {}), id: newId(now), createdAt: now }))
  await insertLetters(tx, letters)
  await deps.queue.sendAll(
    tx,
    letters.map(({ id, dueAt }) => ({
      job: { name: 'delivery.send' as const, payload: { letterId: id } },
      delayMs: dueAt ? dueAt.getTime() - now.getTime() : 0,
    })),
  )
  return letters.map(({ id }) => id)
}

interface OwnerFact {
  kind: LetterKind & NoticeKind
  archiveId: string | null
  dedupeKey: string
  facts?: object
  /** what the studio says besides */
  notice?: Record<string, unknown>
}

/** Tells somebody what concerns their account or the installation, in the language of their newest gallery; false when it was told before. */
export async function writeToAccount(
  deps: Pick<Deps, 'queue' | 'clock'>,
  tx: Tx,
  userId: string,
  fact: Pick<Draft, 'kind' | 'dedupeKey' | 'facts'>,
): Promise<boolean> {
  const user = await findUser(tx, userId)
  if (!user || !isMailbox(user.email)) return false
  const about = { galleryId: null, ownerId: user.id, archiveId: null, linkId: null }
  const locale = (await findLocale(tx, user.id)) ?? 'en'
  return (await writeLetters(deps, tx, deps.clock.now(), [{ ...about, ...fact, recipient: user.email, locale }])).length > 0
}

/** Tells a gallery's photographer by letter and in the studio. */
export async function writeToOwner(
  deps: Pick<Deps, 'queue' | 'clock'>,
  tx: Tx,
  gallery: Pick<Gallery, 'id' | 'ownerId' | 'locale'>,
  { notice, ...fact }: OwnerFact,
): Promise<void> {
  const owner = await findUser(tx, gallery.ownerId)
  const now = deps.clock.now()
  const about = { galleryId: gallery.id, linkId: null, locale: gallery.locale }
  const written = owner ? await writeLetters(deps, tx, now, [{ ...about, ...fact, recipient: owner.email }]) : []
  if (written.length) await tell(tx, gallery, fact.kind, now, notice)
}
