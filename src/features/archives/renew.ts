/** A link in a letter has ended: a new one goes to the same client, in a letter that is a row before it is sent. */
import { after, hours } from '../../base/clock.ts'
import { AppError } from '../../base/errors.ts'
import { newId } from '../../base/id.ts'
import { keepUntil } from '../../data/archives.ts'
import { lockClient } from '../../data/clients.ts'
import { lockGalleryOfAnyState } from '../../data/galleries.ts'
import { insertLetter, isWritten } from '../../data/letters.ts'
import { type HeldLink, insertLink, type LinkClient } from '../../data/links.ts'
import { checkAccess, mayDownload } from '../../domain/access.ts'
import { type Gallery, type Locale, stateAt } from '../../domain/gallery.ts'
import type { Deps } from '../../ports/deps.ts'
import { choose } from './ask.ts'

type Needs = Pick<Deps, 'db' | 'storage' | 'queue' | 'clock' | 'settings'>

/** Would a click send a new one? Only links in letters have somebody to send it to. */
export function isRenewable(link: HeldLink, gallery: Gallery, now: Date): link is HeldLink & { client: LinkClient } {
  if (link.kind !== 'email' || link.revokedAt || !link.client || !mayDownload(link.client, now)) return false
  return stateAt(gallery, now) === 'active' && gallery.downloadEnabled
}

/**
 * Writes the letter, with a link to the archive that holds today's content. Clicks within an hour, of whichever link of this
 * client, are one fact and give one letter. Throws what the holder may know: link_expired, link_revoked, access_ended,
 * download_forbidden, download_disabled, gallery_closed, archive_failed.
 */
export async function renew(deps: Needs, link: HeldLink): Promise<{ email: string; locale: Locale }> {
  const now = deps.clock.now()
  if (link.revokedAt) throw new AppError('link_revoked')
  const clientId = link.clientId
  if (link.kind !== 'email' || !clientId) throw new AppError('link_expired')
  return deps.db.transaction().execute(async (tx) => {
    const client = await lockClient(tx, link.galleryId, clientId)
    checkAccess(client, now)
    if (client.permission !== 'download') throw new AppError('download_forbidden')
    const gallery = await lockGalleryOfAnyState(tx, link.galleryId)
    if (stateAt(gallery, now) !== 'active') throw new AppError('gallery_closed')
    if (!gallery.downloadEnabled) throw new AppError('download_disabled')
    const sent = { email: client.email, locale: gallery.locale }
    const dedupeKey = `link_renewed ${client.id} ${Math.floor(now.getTime() / hours(1))}`
    if (await isWritten(tx, dedupeKey)) return sent
    const { archive } = await choose(deps, tx, gallery.id)
    if (archive.status === 'failed') throw new AppError('archive_failed')
    const facts = { galleryId: gallery.id, archiveId: archive.id }
    const linkId = newId(now)
    const expiresAt = after(now, deps.settings.linkLife.email)
    // a link never outlives its file
    if (!(await keepUntil(tx, archive.id, expiresAt))) throw new AppError('unavailable', { archive: archive.id })
    await insertLink(tx, { ...facts, id: linkId, kind: 'email', clientId, issuedAt: now, expiresAt })
    const id = newId(now)
    await insertLetter(tx, {
      ...facts,
      id,
      dedupeKey,
      kind: 'link_renewed',
      linkId,
      recipient: client.email,
      locale: gallery.locale,
      createdAt: now,
    })
    await deps.queue.send(tx, { name: 'delivery.send', payload: { letterId: id } })
    return sent
  })
}
