/** What came of a look at something, in a line: well, with a worry, badly, or still looking. */
import { CircleCheck, CircleX, LoaderCircle, TriangleAlert } from 'lucide-react'
import type { ReactNode } from 'react'

const icons = { ok: CircleCheck, warn: TriangleAlert, bad: CircleX, busy: LoaderCircle }

export function Verdict({ kind, children }: { kind: keyof typeof icons; children: ReactNode }) {
  const Icon = icons[kind]
  return (
    <p className={`verdict ${kind}`} role="status">
      <Icon size={17} aria-hidden="true" />
      <span>{children}</span>
    </p>
  )
}
