/** Job delivery.send: writes one letter out of its facts and hands it to the mail port. */
import { AppError, isCode } from '../../base/errors.ts'
import { findLetter, type Letter, noteTry } from '../../data/letters.ts'
import { findLink } from '../../data/links.ts'
import { findSuppression, type Suppression } from '../../data/suppressions.ts'
import type { Deps } from '../../ports/deps.ts'
import type { JobContext } from '../../ports/queue/port.ts'
import { noteBounce, tellOwner } from './bounce.ts'
import { writeOut } from './write.ts'

type Needs = Pick<Deps, 'db' | 'mail' | 'queue' | 'clock' | 'settings' | 'log'>

/** The Message-ID is the letter's own, so a letter sent twice (a crash after the server took it) can be recognised. */
export async function send(deps: Needs, letterId: string, job: JobContext): Promise<void> {
  const letter = await findLetter(deps.db, letterId)
  if (letter?.status !== 'queued') return
  // its hour has not come: the reconciler asks again when it has
  if (letter.dueAt && letter.dueAt > deps.clock.now()) return
  const suppression = await findSuppression(deps.db, letter)
  if (suppression) return holdBack(deps, letter, suppression)
  try {
    await refuseDeadLink(deps, letter)
    // addresses of people only where somebody asked for every detail
    const recipient = deps.settings.detailedLogs ? letter.recipient : undefined
    deps.log.info({ letter: letter.id, archive: letter.archiveId, recipient }, '[Email] Sending archive notification')
    const { kept } = await deps.mail.deliver(await writeOut(deps, letter))
    await noteTry(deps.db, letter.id, { status: kept ? 'kept' : 'sent', error: null, sentAt: deps.clock.now() })
    deps.log.info({ letter: letter.id, kind: letter.kind }, '[Email] letter handed over')
  } catch (error) {
    const known = error instanceof AppError ? error : undefined
    // a mail server that is away is no fault of the letter: the reconciler asks again, for as long as its link lives
    const over = known?.final === true || (job.last && !isCode(error, 'mail_unreachable'))
    const said = known ? String(known.facts.response ?? known.message) : String(error)
    const reason = known ? `${known.code}: ${said}` : said
    await deps.db.transaction().execute(async (tx) => {
      await noteTry(tx, letter.id, { status: over ? 'failed' : 'queued', error: reason.slice(0, 500), sentAt: null })
      if (known && isCode(known, 'mail_refused') && known.facts.recipient) await noteBounce(deps, tx, letter, 'bounce', said.slice(0, 500))
    })
    if (isCode(error, 'mail_refused')) return
    throw error
  }
}

/** The address takes no letters, or none of this kind: the letter stays in the outbox with the reason. */
async function holdBack(deps: Needs, letter: Letter, { reason, detail }: Suppression): Promise<void> {
  await deps.db.transaction().execute(async (tx) => {
    const error = detail ? `${reason}: ${detail}` : reason
    await noteTry(tx, letter.id, { status: 'suppressed', error: error.slice(0, 500), sentAt: null })
    if (reason !== 'unsubscribe') await tellOwner(deps, tx, letter, { reason, detail })
  })
  deps.log.info({ letter: letter.id, reason }, '[Email] letter held back: its address gets none')
}

/** Nobody is invited to a link that has ended or was withdrawn before the letter could leave. */
async function refuseDeadLink(deps: Pick<Deps, 'db' | 'clock'>, letter: Letter): Promise<void> {
  const link = letter.linkId ? await findLink(deps.db, letter.linkId) : undefined
  if (link?.revokedAt) throw new AppError('link_revoked', { letter: letter.id }, { final: true })
  if (link && link.expiresAt <= deps.clock.now()) throw new AppError('link_expired', { letter: letter.id }, { final: true })
}
