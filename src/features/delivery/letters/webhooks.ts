/** The facts of the letter about a webhook that was switched off: they stand in its row. */
import type { LetterFacts } from '../../../domain/letter.ts'
import type { AccountSubject, Needs } from './subject.ts'

type Disabled = Pick<LetterFacts<'webhook_disabled'>, 'host' | 'reason'>

export async function webhookDisabled({ settings }: Needs, { row }: AccountSubject): Promise<LetterFacts<'webhook_disabled'>> {
  return { ...(row.facts as unknown as Disabled), link: `${settings.publicUrl}/` }
}
