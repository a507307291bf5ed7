/** The facts of the letter about downloads. */
import { listTold } from '../../../data/downloads.ts'
import type { LetterFacts } from '../../../domain/letter.ts'
import { type Needs, type Subject, studioOf } from './subject.ts'

export async function downloadsDigest(deps: Needs, { row, gallery }: Subject): Promise<LetterFacts<'downloads_digest'>> {
  const copies = await listTold(deps.db, row.id)
  return { copies, link: studioOf(deps, gallery) }
}
