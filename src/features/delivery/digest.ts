/**
 * Once a minute, beside the reconciler: what was downloaded completely until six this morning (UTC) and not told yet, one letter for each photographer.
 *
 * At most one a day: what is completed later waits for tomorrow. The letter, the mark on what it tells and its job commit together.
 */
import { after, days, hours } from '../../base/clock.ts'
import { listDigestsDue, tellIn } from '../../data/downloads.ts'
import { findGalleryOfAnyState } from '../../data/galleries.ts'
import { writeLetters } from '../../data/outbox.ts'
import { isMailbox } from '../../domain/mailbox.ts'
import type { Deps } from '../../ports/deps.ts'

type Needs = Pick<Deps, 'db' | 'queue' | 'clock'>

const morning = hours(6)
// who switches these letters on again is not told of years; and what nobody is told of is not looked at every minute for ever
const news = days(30)

export async function writeDigests(deps: Needs): Promise<void> {
  const now = deps.clock.now()
  const day = new Date(now.getTime() - morning).toISOString().slice(0, 10)
  const until = new Date(Date.parse(`${day}T00:00:00Z`) + morning)
  const when = { from: after(until, -news), until }
  for (const { ownerId, email, galleryIds } of await listDigestsDue(deps.db, when)) {
    // the owner that the command line makes has no mailbox until somebody signs up: it is told then
    if (!isMailbox(email)) continue
    const galleryId = galleryIds[0]!
    await deps.db.transaction().execute(async (tx) => {
      const dedupeKey = `downloads_digest ${ownerId} ${day}`
      const { locale } = (await findGalleryOfAnyState(tx, galleryId))!
      const about = { kind: 'downloads_digest' as const, galleryId, archiveId: null, linkId: null }
      const [id] = await writeLetters(deps, tx, now, [{ ...about, dedupeKey, recipient: email, locale }])
      if (id) await tellIn(tx, galleryIds, when, id)
    })
  }
}
