/** What is being packed while its sheet is closed: how far it is, and that it is ready. A single file begins by itself. */
import { Check, LoaderCircle, TriangleAlert, X } from 'lucide-react'
import { useEffect, useState } from 'react'
import { useLanguage } from '../ui/language.tsx'
import { hasEnded, type Made } from './begin.ts'
import { catalog } from './take-words.ts'

interface Props {
  made: Made
  /** shows the sheet */
  open: () => void
  /** nothing is left of it to show */
  forget: () => void
}

/** So long it says that the file has begun, ms. */
const told = 5000

export function UnderWay({ made: { data, refusal, waited }, open, forget }: Props) {
  const { locale, fmt, say } = useLanguage()
  const words = catalog[locale]
  const [hidden, hide] = useState(false)
  const gone = !!refusal && refusal.problem.status >= 400 && refusal.problem.status < 500 && refusal.problem.status !== 429
  const over = gone || data?.status === 'cancelled' || data?.status === 'expired'
  // biome-ignore lint/correctness/useExhaustiveDependencies: once
  useEffect(() => {
    if (over) forget()
  }, [over])
  const begun = data?.status === 'ready' && data.parts.length === 1
  useEffect(() => {
    if (!begun) return
    const timer = setTimeout(hide, told, true)
    return () => clearTimeout(timer)
  }, [begun])
  // what had ended before this page was opened is found in the sheet
  if (!data || over || hidden || !waited) return null
  const failed = data.status === 'failed'
  return (
    <section className="under-way" aria-label={words.title}>
      {failed ? (
        <TriangleAlert size={17} aria-hidden="true" />
      ) : hasEnded(data) ? (
        <Check size={17} aria-hidden="true" />
      ) : (
        <LoaderCircle size={17} className="turn" aria-hidden="true" />
      )}
      <p>
        <span role="status">{failed ? words.failed : hasEnded(data) ? words.ready : words.preparing}</span>
        {!hasEnded(data) && <b>{fmt.percent(data.percent)}</b>}
      </p>
      <button type="button" className="button" onClick={open}>
        {words.show}
      </button>
      {hasEnded(data) && (
        <button type="button" className="button bare square" aria-label={say.close} onClick={() => hide(true)}>
          <X size={17} aria-hidden="true" />
        </button>
      )}
    </section>
  )
}
