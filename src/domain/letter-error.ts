/** Why a letter did not arrive: a row notes it as `code: what was said`, people read a sentence. */
import { type ErrorCode, errorTable } from '../base/errors.ts'

const held = new Map([
  ['bounce', 'Letters to this address come back.'],
  ['complaint', 'Letters to this address were marked as spam.'],
  ['unsubscribe', 'This address wants no news.'],
])

/** The code, and its sentence with what was said in brackets; what has no code of ours stands as it was noted. */
export function letterError<T extends string | null>(noted: T): { code: string | null; text: string | T } {
  const [, code = '', said] = /^([a-z_]+)(?:: (.*))?$/s.exec(noted ?? '') ?? []
  const sentence = Object.hasOwn(errorTable, code) ? errorTable[code as ErrorCode][1] : held.get(code)
  if (!sentence) return { code: null, text: noted }
  return { code, text: said && said !== sentence ? `${sentence} (${said})` : sentence }
}
