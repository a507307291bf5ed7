/**
 * The day a gallery ends: it is noted as expired, and everybody who should know is told, gallery by gallery, each in a transaction
 * of its own. For guests it has ended at its date, whether noted or not (`stateAt`).
 */
import { eachAlone } from '../../base/alone.ts'
import { newId } from '../../base/id.ts'
import { note } from '../../data/activity.ts'
import { listVersions, newestOf } from '../../data/archives.ts'
import { type Client, listClients } from '../../data/clients.ts'
import { listComplete } from '../../data/downloads.ts'
import { emit } from '../../data/events.ts'
import { changeGallery, listEnded, lockGalleryOfAnyState } from '../../data/galleries.ts'
import { insertLetters, listWritten, type NewLetter } from '../../data/letters.ts'
import { tell } from '../../data/notifications.ts'
import { findUser } from '../../data/users.ts'
import { endOf } from '../../domain/event.ts'
import { toTell } from '../../domain/expiry.ts'
import { type Gallery, stateAt } from '../../domain/gallery.ts'
import { isMailbox } from '../../domain/mailbox.ts'
import type { Tx } from '../../ports/database/port.ts'
import type { Deps } from '../../ports/deps.ts'

type Needs = Pick<Deps, 'db' | 'queue' | 'clock' | 'calendar' | 'log' | 'settings'>

const page = 200

/** Answers how many galleries were noted as expired: nobody's page closes for good because of a clock that jumped. */
export async function expireGalleries(deps: Needs): Promise<number> {
  const now = await deps.calendar.now()
  return eachAlone({
    list: (passed) => listEnded(deps.db, now, passed, page),
    one: (id) =>
      deps.db.transaction().execute(async (tx) => {
        const gallery = await lockGalleryOfAnyState(tx, id)
        // put off or deleted since it was listed
        if (gallery.state !== 'active' || stateAt(gallery, now) !== 'expired') return false
        await expireGallery(deps, tx, gallery, now)
        return true
      }),
    failed: (gallery, error) =>
      deps.log.error({ gallery, error: String(error) }, 'a gallery could not be noted as expired; the others go on'),
  })
}

/** One gallery whose date has passed, its row locked: everything that follows from its end begins here. */
export async function expireGallery(deps: Pick<Deps, 'queue' | 'clock' | 'settings'>, tx: Tx, gallery: Gallery, now: Date): Promise<void> {
  const ends = gallery.expiresAt!.toISOString()
  await changeGallery(tx, gallery.id, { state: 'expired' })
  await note(tx, { at: now, actor: 'system', action: 'expired', galleryId: gallery.id, facts: { ends } })
  await emit(deps, tx, endOf(gallery))
  await tell(tx, gallery, 'gallery_expired', now, { ends })
  await writeLetters(deps, tx, gallery, ends, now)
}

/** To the photographer, the customer and the clients; once for each date and person. */
async function writeLetters(deps: Pick<Deps, 'queue'>, tx: Tx, gallery: Gallery, ends: string, now: Date): Promise<void> {
  const owner = await findUser(tx, gallery.ownerId)
  const clients = await listClients(tx, gallery.id)
  // no address in the key: keys stay when a client is forgotten
  const draft = (kind: NewLetter['kind'], who: string, recipient: string, facts: object): NewLetter => ({
    id: newId(now),
    dedupeKey: `expired ${gallery.id} ${ends} ${who}`,
    kind,
    galleryId: gallery.id,
    archiveId: null,
    linkId: null,
    recipient,
    locale: gallery.locale,
    createdAt: now,
    facts: JSON.stringify({ ends, ...facts }),
  })
  const own = owner ? [draft('own_gallery_expired', 'owner', owner.email, await countCopies(tx, gallery, clients))] : []
  // who is photographer and customer in one gets the letter with the button
  const others = toTell(gallery, clients, now).filter(({ recipient }) => recipient.toLowerCase() !== owner?.email.toLowerCase())
  const all = [...own, ...others.map(({ recipient, clientId }) => draft('gallery_expired', clientId ?? 'customer', recipient, {}))].filter(
    (letter) => isMailbox(letter.recipient),
  )
  const written = await listWritten(
    tx,
    all.map((letter) => letter.dedupeKey),
  )
  const letters = all.filter((letter) => !written.has(letter.dedupeKey))
  await insertLetters(tx, letters)
  await deps.queue.sendAll(
    tx,
    letters.map(({ id }) => ({ job: { name: 'delivery.send' as const, payload: { letterId: id } } })),
  )
}

async function countCopies(tx: Tx, gallery: Gallery, clients: Client[]): Promise<{ clients: number; complete: number }> {
  const { ready } = newestOf(await listVersions(tx, gallery.id))
  const complete = await listComplete(tx, gallery.id, ready?.planHash ?? null)
  return { clients: clients.length, complete: clients.filter(({ id }) => complete.has(id)).length }
}
