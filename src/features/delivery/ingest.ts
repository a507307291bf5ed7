/** What Resend tells of letters it has taken: one that came back, or was marked as spam. */
import { z } from 'zod'
import { isUuid } from '../../base/id.ts'
import { findLetter, noteReturned } from '../../data/letters.ts'
import { takeEvent } from '../../data/suppressions.ts'
import type { Deps } from '../../ports/deps.ts'
import { noteBounce } from './bounce.ts'

const text = z.string().max(10_000)
/** Of everything that Resend may send only this is read; tags come as an object, or as the list in which they were given. */
export const resendEvent = z.object({
  type: text,
  data: z.object({
    to: z.array(text).or(text).optional(),
    tags: z
      .record(text, text)
      .or(z.array(z.object({ name: text, value: text })))
      .optional(),
    bounce: z.object({ message: text.optional(), type: text.optional() }).optional(),
  }),
})
export type ResendEvent = z.infer<typeof resendEvent>

/** The same event again changes nothing; one about a letter we do not know is nothing to us. */
export async function ingest(deps: Pick<Deps, 'db' | 'queue' | 'clock' | 'log'>, eventId: string, event: ResendEvent): Promise<void> {
  const { type, data } = event
  const complained = type === 'email.complained'
  // what only failed for now is tried again by Resend itself
  const bounced = (type === 'email.bounced' && !/^(transient|undetermined)$/i.test(data.bounce?.type ?? '')) || type === 'email.suppressed'
  const id = letterIn(data)
  if ((!complained && !bounced) || !id) return
  await deps.db.transaction().execute(async (tx) => {
    const letter = await findLetter(tx, id)
    const recipients = [data.to ?? []].flat().map((address) => address.toLowerCase())
    // the tag is ours, but whose address came back Resend says: both must agree
    if (!letter || !recipients.includes(letter.recipient.toLowerCase()) || !(await takeEvent(tx, eventId, deps.clock.now()))) return
    const said = (data.bounce?.message ?? '').slice(0, 500) || null
    if (bounced) await noteReturned(tx, letter.id, `bounce: ${said ?? type}`)
    await noteBounce(deps, tx, letter, complained ? 'complaint' : 'bounce', said)
  })
  deps.log.warn({ letter: id, type }, '[Email] letter came back')
}

function letterIn({ tags }: ResendEvent['data']): string | undefined {
  const value = Array.isArray(tags) ? tags.find((tag) => tag.name === 'letter')?.value : tags?.letter
  return value && isUuid(value) ? value : undefined
}
