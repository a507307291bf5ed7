/** What the server says in English, in the language of the page: sentences by their code, particulars by their own words. */

/**
 * By a code of docs/errors.md its sentence; by English words of the server the same words, with {} in the place of what differs
 * each time. Empty: better not said at all. What does not stand here is said as the server says it.
 */
export type Told = Readonly<Record<string, string>>

/** Why something failed, as it was noted: the code, and the server's sentence, which may end with particulars in brackets. */
export function reasonOf(told: Told, code: string | null, text: string | null): string {
  const own = code && found(told, code)
  if (!own) return text === null ? (code ?? '') : inWords(told, text)
  const particulars = /\. \((.+)\)$/s.exec(text ?? '')?.[1]
  const more = particulars && inWords(told, particulars)
  return more ? `${own} (${more})` : own
}

/** Words of the server that have no code. */
export function inWords(told: Told, said: string): string {
  const known = found(told, said)
  if (known !== undefined) return known
  for (const [pattern, words] of Object.entries(told)) {
    const matched = pattern.includes('{}') && shape(pattern).exec(said)
    if (!matched) continue
    const different = matched.slice(1)
    return words.replaceAll('{}', () => different.shift() ?? '')
  }
  return said
}

/** Not what every object has. */
export const found = (told: Told, key: string): string | undefined => (Object.hasOwn(told, key) ? told[key] : undefined)

const shape = (pattern: string) => new RegExp(`^${pattern.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replaceAll('{}', '(.+?)')}$`, 's')
