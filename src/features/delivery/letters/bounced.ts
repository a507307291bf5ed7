/** The facts of the letter about an address that gets no letters: they stand in its row. */
import type { LetterFacts } from '../../../domain/letter.ts'
import { type Needs, type Subject, studioOf } from './subject.ts'

type Bounced = Pick<LetterFacts<'mail_bounced'>, 'address' | 'reason' | 'detail'>

export async function bounced(deps: Needs, { row, gallery }: Subject): Promise<LetterFacts<'mail_bounced'>> {
  return { ...(row.facts as unknown as Bounced), title: gallery.title, link: studioOf(deps, gallery) }
}
