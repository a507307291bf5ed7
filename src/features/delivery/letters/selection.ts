/** The facts of the letter about a list of favourites: they stand in its row. */
import type { LetterFacts } from '../../../domain/letter.ts'
import { type Needs, type Subject, studioOf } from './subject.ts'

export async function selection(deps: Needs, { row, gallery }: Subject): Promise<LetterFacts<'selection_sent'>> {
  const { who, names } = row.facts as { who: string; names: string[] }
  return { who, names, title: gallery.title, link: studioOf(deps, gallery) }
}
