/** The facts of the letter that opens a gallery to somebody who may only look. */
import { countGallery } from '../../../data/galleries.ts'
import { findLink } from '../../../data/links.ts'
import type { LetterFacts } from '../../../domain/letter.ts'
import { linkOf, type Needs, type Subject } from './subject.ts'

export async function published(deps: Needs, { row, gallery, owner }: Subject): Promise<LetterFacts<'published'>> {
  const { link, linkEnds } = await linkOf(deps, row)
  const client = (await findLink(deps.db, row.linkId!))?.client
  const ends = [linkEnds, gallery.expiresAt, client?.accessExpiresAt ?? null].filter((end) => end !== null)
  return {
    title: gallery.title,
    photographer: owner.name,
    photoCount: (await countGallery(deps.db, gallery.id)).photos,
    link,
    ends: new Date(Math.min(...ends.map((end) => end.getTime()))),
  }
}
