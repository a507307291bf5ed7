/** The facts of letters about a gallery's end: the date they speak of stands in their row, for the gallery's own may move. */

import { days } from '../../../base/clock.ts'
import { findLink } from '../../../data/links.ts'
import { extension } from '../../../domain/expiry.ts'
import type { LetterFacts } from '../../../domain/letter.ts'
import { mintLetterToken } from '../../../domain/letter-token.ts'
import { mintLink } from '../../../domain/link.ts'
import { type Needs, type Subject, studioOf } from './subject.ts'

interface Facts {
  /** ISO 8601 */
  ends: string
  clients: number
  complete: number
}
const factsOf = ({ row }: Subject): Facts => row.facts as unknown as Facts

/** With a client's own link; the customer who is no client gets the gallery's address. */
export async function ending(deps: Needs, subject: Subject): Promise<LetterFacts<'gallery_ending'>> {
  const { row, gallery, owner } = subject
  const ends = new Date(factsOf(subject).ends)
  const own = row.linkId ? await findLink(deps.db, row.linkId) : undefined
  const token = own && mintLink({ id: own.id, kind: own.kind, expiresAt: own.expiresAt }, deps.settings.tokenSecrets)
  return {
    title: gallery.title,
    photographer: owner.name,
    days: Math.max(1, Math.round((ends.getTime() - row.createdAt.getTime()) / days(1))),
    ends,
    link: `${deps.settings.publicUrl}${token ? `/s/${token}` : `/g/${gallery.slug}`}`,
  }
}

export async function expired(_deps: Needs, subject: Subject): Promise<LetterFacts<'gallery_expired'>> {
  return { title: subject.gallery.title, photographer: subject.owner.name, ended: new Date(factsOf(subject).ends) }
}

export async function ownExpired(deps: Needs, subject: Subject): Promise<LetterFacts<'own_gallery_expired'>> {
  const { row, gallery } = subject
  const { ends, clients, complete } = factsOf(subject)
  return {
    title: gallery.title,
    ended: new Date(ends),
    clients,
    complete,
    days: extension / days(1),
    extend: `${deps.settings.publicUrl}/extend/${mintLetterToken('extend', row.id, deps.settings.tokenSecrets)}`,
    link: studioOf(deps, gallery),
  }
}
