/** The facts of letters about an account and about the installation: they stand in their rows. */
import type { LetterFacts } from '../../../domain/letter.ts'
import type { AccountSubject, Needs } from './subject.ts'

type KeyMade = Pick<LetterFacts<'key_made'>, 'name' | 'scopes'>
type Filling = Pick<LetterFacts<'storage_filling'>, 'percent' | 'free'>

export async function keyMade({ settings }: Needs, { row }: AccountSubject): Promise<LetterFacts<'key_made'>> {
  return { ...(row.facts as unknown as KeyMade), made: row.createdAt, link: `${settings.publicUrl}/` }
}

export async function passkeyNews({ settings }: Needs, { row }: AccountSubject): Promise<LetterFacts<'passkey_added'>> {
  return { name: (row.facts as unknown as { name: string }).name, at: row.createdAt, link: `${settings.publicUrl}/settings` }
}

export async function storageFilling({ settings }: Needs, { row }: AccountSubject): Promise<LetterFacts<'storage_filling'>> {
  return { ...(row.facts as unknown as Filling), at: row.createdAt, link: `${settings.publicUrl}/` }
}
