/** Where a player finds a film, a track or its cover: our own copy before the provider's, for that one goes away. Pure. */

export interface Source {
  /** address of our copy; null while there is none */
  stored: string | null
  /** address at the provider; null for what was uploaded */
  provider: string | null
  /** when the provider deletes it; null: not known */
  providerExpiresAt: Date | null
}

/** The address to play from, or null when nothing can be played (LNK-08). */
export function playAddress({ stored, provider, providerExpiresAt }: Source, now: Date): string | null {
  if (stored !== null) return stored
  if (provider === null) return null
  return providerExpiresAt !== null && providerExpiresAt <= now ? null : provider
}
