/** What a look at the installation has found, in the words of the page: of an error its sentence, then what stood behind its code. */
import type { CheckResult } from '../../api.ts'
import { inWords, reasonOf, type Told } from '../../ui/told.ts'

export function findingOf(told: Told, finding: CheckResult): CheckResult {
  const { found, remedy } = finding
  const [, code, behind] = /^([a-z_]+)(?:: (.+))?$/s.exec(found) ?? []
  if (code && !finding.ok) return { ...finding, found: reasonOf(told, code, remedy), remedy: behind ? inWords(told, behind) : null }
  // what nobody foresaw has no code, and the sentence of such errors
  const internal = found === 'it failed' ? 'internal' : null
  return { ...finding, found: inWords(told, found), remedy: remedy && reasonOf(told, internal, remedy) }
}
