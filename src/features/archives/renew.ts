/** A link in a letter has ended: a new one goes to the same client, in a letter that is a row before it is sent. */
import { after, hours } from '../../base/clock.ts'
import { AppError } from '../../base/errors.ts'
import { newId } from '../../base/id.ts'
import { keepUntil, listVersions } from '../../data/archives.ts'
import { lockClient } from '../../data/clients.ts'
import { lockGalleryOfAnyState } from '../../data/galleries.ts'
import { isWritten } from '../../data/letters.ts'
import { type HeldLink, insertLink, type LinkClient } from '../../data/links.ts'
import { writeLetters } from '../../data/outbox.ts'
import { checkAccess, mayDownload } from '../../domain/access.ts'
import type { Archive } from '../../domain/archive.ts'
import { type Gallery, type Locale, stateAt } from '../../domain/gallery.ts'
import type { Database, Tx } from '../../ports/database/port.ts'
import type { Deps } from '../../ports/deps.ts'
import { choose } from './ask.ts'

type Needs = Pick<Deps, 'db' | 'storage' | 'queue' | 'clock' | 'settings'>

/** Whom would a click send a new one? Only links in letters have somebody to send it to. */
export async function renewsTo(deps: Needs, link: HeldLink, gallery: Gallery): Promise<LinkClient | undefined> {
  const now = deps.clock.now()
  const { client } = link
  if (link.kind !== 'email' || link.revokedAt || !client || !mayDownload(client, now) || !gallery.downloadEnabled) return undefined
  return stateAt(gallery, now) === 'active' || (await findKept(deps, deps.db, gallery.id)) ? client : undefined
}

/**
 * Writes the letter, with a link to the archive that holds today's content; of a gallery that is closed or deleted to the last one
 * that is kept, and nothing is built for it. Clicks within an hour, of whichever link of this
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
    if (!gallery.downloadEnabled) throw new AppError('download_disabled')
    const sent = { email: client.email, locale: gallery.locale }
    const dedupeKey = `link_renewed ${client.id} ${Math.floor(now.getTime() / hours(1))}`
    if (await isWritten(tx, dedupeKey)) return sent
    const isOpen = stateAt(gallery, now) === 'active'
    const archive = isOpen ? (await choose(deps, tx, gallery.id)).archive : await findKept(deps, tx, gallery.id)
    if (!archive) throw new AppError('gallery_closed')
    if (archive.status === 'failed') throw new AppError('archive_failed')
    const facts = { galleryId: gallery.id, archiveId: archive.id }
    const linkId = newId(now)
    const life = deps.settings.linkLife.email
    // what is left of a closed gallery ends when it was to, however often somebody asks
    const expiresAt = after(now, isOpen ? life : Math.min(life, archive.retainedUntil!.getTime() - now.getTime()))
    // a link never outlives its file
    if (!(await keepUntil(tx, archive.id, expiresAt))) throw new AppError('unavailable', { archive: archive.id })
    await insertLink(tx, { ...facts, id: linkId, kind: 'email', clientId, issuedAt: now, expiresAt })
    await writeLetters(deps, tx, now, [
      { ...facts, dedupeKey, kind: 'link_renewed', linkId, recipient: client.email, locale: gallery.locale },
    ])
    return sent
  })
}

/** The newest version that is still kept and whose file is there. */
async function findKept(
  { storage, clock }: Pick<Needs, 'storage' | 'clock'>,
  db: Database | Tx,
  galleryId: string,
): Promise<Archive | undefined> {
  for (const archive of await listVersions(db, galleryId)) {
    const isKept = archive.status === 'ready' && archive.retainedUntil && archive.retainedUntil > clock.now()
    if (isKept && (await storage.size(archive.storageKey!)) === archive.fileSizeBytes) return archive
  }
  return undefined
}
