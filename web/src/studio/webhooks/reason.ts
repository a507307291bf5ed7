/** Why a message was not taken, in the words of the reader: the server writes it down in English, with the code of the system behind it. */
import type { webhookWords } from './words.ts'

type Words = Pick<(typeof webhookWords)['en'], 'answered' | 'why'>

export function reasonOf(words: Words, { error, answer_status }: { error: string | null; answer_status: number | null }): string {
  if (answer_status) return words.answered(String(answer_status))
  const code = /\((\w+)\)$/.exec(error ?? '')?.[1]
  return (code && words.why[code]) || (error ?? '')
}
