/** How far something is: the step, percent, and what is known of bytes, files and time. */
import { useLanguage } from './language.tsx'

interface ProgressProps {
  /** what is being done */
  step: string
  /** 0 to 100; null: not begun, or nobody knows */
  percent: number | null
  bytes?: { done: number; of: number } | undefined
  /** more facts in front of the bytes, as "12 of 40 files" */
  facts?: (string | false | null)[]
  /** seconds that are left */
  seconds?: number | null | undefined
}

export function Progress({ step, percent, bytes, facts = [], seconds }: ProgressProps) {
  const { fmt, say } = useLanguage()
  const known = [
    ...facts,
    bytes && say.sizeOf(fmt.bytes(bytes.done), fmt.bytes(bytes.of)),
    seconds !== null && seconds !== undefined && say.about(fmt.duration(seconds)),
  ].filter((fact): fact is string => !!fact)
  return (
    <div className="progress">
      <div className="progress-head">
        <p className="step" aria-live="polite">
          {step}
        </p>
        {percent !== null && <p className="progress-number">{fmt.percent(percent)}</p>}
      </div>
      <Bar label={step} percent={percent ?? 0} />
      {known.length > 0 && (
        <ul className="facts meta">
          {known.map((fact) => (
            <li key={fact}>{fact}</li>
          ))}
        </ul>
      )}
    </div>
  )
}

/** The bar alone, where the words stand beside it. */
export function Bar({ label, percent }: { label: string; percent: number }) {
  return (
    <div className="bar" role="progressbar" aria-label={label} aria-valuenow={percent} aria-valuemin={0} aria-valuemax={100}>
      <div style={{ width: `${percent}%` }} />
    </div>
  )
}
