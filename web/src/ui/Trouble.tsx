/** What went wrong, in a sentence, and the way on. */
import { RefreshCw, TriangleAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import { useLanguage } from './language.tsx'
import { type Refusal, sentenceOf } from './refusal.ts'

export function Trouble({ refusal, retry, children }: { refusal: Refusal; retry?: () => void; children?: ReactNode }) {
  const { say } = useLanguage()
  const { problem } = refusal
  return (
    <div className="note bad" role="alert">
      <TriangleAlert size={18} aria-hidden="true" />
      <div>
        <p>{sentenceOf(problem, say)}</p>
        {problem.request_id && (
          <p className="meta">
            {say.request} {problem.request_id}
          </p>
        )}
      </div>
      {children}
      {retry && (
        <button type="button" className="button" onClick={retry}>
          <RefreshCw size={16} aria-hidden="true" />
          {say.retry}
        </button>
      )}
    </div>
  )
}

/** Something finished, or stands in the way, without being wrong. */
export function Note({ kind, icon, children }: { kind: 'ok' | 'warn' | 'plain'; icon?: ReactNode; children: ReactNode }) {
  return (
    <div className={`note ${kind}`} role="status">
      {icon}
      <div>{children}</div>
    </div>
  )
}

/** The place of what is still being asked for, as high as what will come. */
export function Waiting({ height = 160 }: { height?: number }) {
  const { say } = useLanguage()
  return (
    <div className="waiting" role="status" style={{ height }}>
      <span className="unseen">{say.loading}</span>
    </div>
  )
}

export function Empty({ icon, title, children }: { icon: ReactNode; title: string; children?: ReactNode }) {
  return (
    <div className="empty">
      {icon}
      <h2>{title}</h2>
      {children}
    </div>
  )
}
