/**
 * Once a minute, beside the reconciler: who has no complete copy of a gallery that ends soon hears of it (domain/expiry.ts).
 *
 * Each gallery notes when its end is looked at next; moving its date forgets the note, in the database. Letters, their links, jobs
 * and the note commit together. Letters cannot be called back, so the calendar is asked.
 */

import { eachAlone } from '../../base/alone.ts'
import { after } from '../../base/clock.ts'
import { listVersions, newestOf } from '../../data/archives.ts'
import { listClients } from '../../data/clients.ts'
import { listComplete } from '../../data/downloads.ts'
import { listReminding, lockGalleryOfAnyState, setReminder } from '../../data/galleries.ts'
import { findLast, listWritten } from '../../data/letters.ts'
import { grantPageLinks } from '../../data/links.ts'
import { writeLetters } from '../../data/outbox.ts'
import { type Addressee, nextStep, quiet, stepAt, toRemind } from '../../domain/expiry.ts'
import { type Gallery, stateAt } from '../../domain/gallery.ts'
import { isMailbox } from '../../domain/mailbox.ts'
import type { Tx } from '../../ports/database/port.ts'
import type { Deps } from '../../ports/deps.ts'

type Needs = Pick<Deps, 'db' | 'queue' | 'calendar' | 'log' | 'settings'>

const page = 200

/** Answers for how many galleries somebody was reminded. */
export async function writeReminders(deps: Needs): Promise<number> {
  const now = await deps.calendar.now()
  return eachAlone({
    list: (passed) => listReminding(deps.db, now, passed, page),
    one: (id) => deps.db.transaction().execute((tx) => lookAt(deps, tx, id, now)),
    failed: (gallery, error) =>
      deps.log.error({ gallery, error: String(error) }, 'the reminders of a gallery could not be written; the others go on'),
  })
}

async function lookAt(deps: Needs, tx: Tx, id: string, now: Date): Promise<boolean> {
  const gallery = await lockGalleryOfAnyState(tx, id)
  const { expiresAt } = gallery
  const next = async (at: Date | null, reminded = false) => {
    await setReminder(tx, id, at)
    return reminded
  }
  if (!expiresAt || stateAt(gallery, now) !== 'active') return next(null)
  const step = stepAt(expiresAt, now)
  // not on the day of the invitation, nor again within a day because the date was moved
  const last = await findLast(tx, id, 'gallery_ending', after(now, -quiet))
  const soonest = new Date(Math.max(gallery.publishedAt?.getTime() ?? 0, last?.getTime() ?? 0) + quiet)
  if (step && soonest > now) return next(soonest)
  const reminded = step ? await remind(deps, tx, gallery, { end: expiresAt, step }, now) : 0
  return next(nextStep(expiresAt, now), reminded > 0)
}

async function remind(deps: Needs, tx: Tx, gallery: Gallery, { end, step }: { end: Date; step: number }, now: Date): Promise<number> {
  const clients = await listClients(tx, gallery.id)
  // of what the gallery holds today: who has an older version lacks what came since
  const { ready } = newestOf(await listVersions(tx, gallery.id))
  const complete = await listComplete(tx, gallery.id, ready?.planHash ?? null)
  const ends = end.toISOString()
  // no address: keys stay when a client is forgotten
  const keyOf = ({ clientId }: Addressee) => `ending ${gallery.id} ${ends} ${step} ${clientId ?? 'customer'}`
  const all = toRemind(gallery, clients, complete, now).filter(({ recipient }) => isMailbox(recipient))
  const written = await listWritten(tx, all.map(keyOf))
  const due = all.filter((one) => !written.has(keyOf(one)))
  const ids = due.flatMap(({ clientId }) => clientId ?? [])
  const links = await grantPageLinks(tx, gallery.id, ids, now, deps.settings.linkLife.share)
  const letters = due.map(({ recipient, clientId }) => ({
    dedupeKey: keyOf({ recipient, clientId }),
    kind: 'gallery_ending' as const,
    galleryId: gallery.id,
    archiveId: null,
    linkId: clientId && links.get(clientId)!,
    recipient,
    locale: gallery.locale,
    facts: { ends, step },
  }))
  return (await writeLetters(deps, tx, now, letters)).length
}
