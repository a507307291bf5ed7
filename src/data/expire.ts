/** A gallery has ended: its state, and everybody who should know, in one transaction. Where it is archived by hand this is noted on the way. */
import { endOf } from '../domain/event.ts'
import { toTell } from '../domain/expiry.ts'
import type { Gallery } from '../domain/gallery.ts'
import { isMailbox } from '../domain/mailbox.ts'
import type { Tx } from '../ports/database/port.ts'
import type { Deps } from '../ports/deps.ts'
import { note } from './activity.ts'
import { listVersions, newestOf } from './archives.ts'
import { type Client, listClients } from './clients.ts'
import { listComplete } from './downloads.ts'
import { emit } from './events.ts'
import { changeGallery } from './galleries.ts'
import { tell } from './notifications.ts'
import { type Draft, writeLetters } from './outbox.ts'
import { findUser } from './users.ts'

/** One gallery whose date has passed, its row locked: everything that follows from its end begins here. */
export async function expireGallery(deps: Pick<Deps, 'queue' | 'clock' | 'settings'>, tx: Tx, gallery: Gallery, now: Date): Promise<void> {
  const ends = gallery.expiresAt!.toISOString()
  await changeGallery(tx, gallery.id, { state: 'expired' })
  await note(tx, { at: now, actor: 'system', action: 'expired', galleryId: gallery.id, facts: { ends } })
  await emit(deps, tx, endOf(gallery))
  await tell(tx, gallery, 'gallery_expired', now, { ends })
  await tellAll(deps, tx, gallery, ends, now)
}

/** To the photographer, the customer and the clients; once for each date and person. */
async function tellAll(deps: Pick<Deps, 'queue'>, tx: Tx, gallery: Gallery, ends: string, now: Date): Promise<void> {
  const owner = await findUser(tx, gallery.ownerId)
  const clients = await listClients(tx, gallery.id)
  // no address in the key: keys stay when a client is forgotten
  const draft = (kind: Draft['kind'], who: string, recipient: string, facts: object): Draft => ({
    dedupeKey: `expired ${gallery.id} ${ends} ${who}`,
    kind,
    galleryId: gallery.id,
    archiveId: null,
    linkId: null,
    recipient,
    locale: gallery.locale,
    facts: { ends, ...facts },
  })
  const own = owner ? [draft('own_gallery_expired', 'owner', owner.email, await countCopies(tx, gallery, clients))] : []
  // who is photographer and customer in one gets the letter with the button
  const others = toTell(gallery, clients, now).filter(({ recipient }) => recipient.toLowerCase() !== owner?.email.toLowerCase())
  const all = [...own, ...others.map(({ recipient, clientId }) => draft('gallery_expired', clientId ?? 'customer', recipient, {}))]
  await writeLetters(
    deps,
    tx,
    now,
    all.filter((letter) => isMailbox(letter.recipient)),
  )
}

async function countCopies(tx: Tx, gallery: Gallery, clients: Client[]): Promise<{ clients: number; complete: number }> {
  const { ready } = newestOf(await listVersions(tx, gallery.id))
  const complete = await listComplete(tx, gallery.id, ready?.planHash ?? null)
  return { clients: clients.length, complete: clients.filter(({ id }) => complete.has(id)).length }
}
