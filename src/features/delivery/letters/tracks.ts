/** The facts of letters about tracks: they stand in their rows, as they were when something was to be told. */
import { hours } from '../../../base/clock.ts'
import type { LetterFacts } from '../../../domain/letter.ts'
import { causeOf } from '../../../domain/letters/causes.ts'
import type { AccountSubject, Needs } from './subject.ts'

interface Told {
  count: number
  tracks: { id: string; title: string; provider: string; ends: string; error: string | null }[]
}

/** Of both kinds: at risk and lost. */
export async function tracksTold({ settings }: Needs, { row }: AccountSubject): Promise<LetterFacts<'tracks_at_risk'>> {
  const { count, tracks } = row.facts as unknown as Told
  const track = count === 1 && tracks[0] ? `?track=${tracks[0].id}` : ''
  return {
    count,
    tracks: tracks.map(({ title, provider, ends, error }) => ({
      title,
      provider,
      ends: new Date(ends),
      hoursLeft: Math.max(0, Math.floor((Date.parse(ends) - row.createdAt.getTime()) / hours(1))),
      error: error && causeOf(error, row.locale),
    })),
    link: `${settings.publicUrl}/rescue${track}`,
  }
}

export async function tracksSummed({ settings }: Needs, { row }: AccountSubject): Promise<LetterFacts<'tracks_digest'>> {
  const { firstEnds, ...numbers } = row.facts as unknown as { saved: number; failing: number; lost: number; firstEnds: string | null }
  return { ...numbers, firstEnds: firstEnds ? new Date(firstEnds) : null, link: `${settings.publicUrl}/rescue` }
}
