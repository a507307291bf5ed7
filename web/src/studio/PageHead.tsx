/** The head of a page: its name, also on the window, a line about it, and what can be done. */
import { type ReactNode, useEffect } from 'react'

export function PageHead({ title, text, children }: { title: string; text?: string | undefined; children?: ReactNode }) {
  useEffect(() => {
    document.title = `${title} – Keepsake`
  }, [title])
  return (
    <header className="page-head">
      <div>
        <h1>{title}</h1>
        {text && <p className="meta">{text}</p>}
      </div>
      {children && <div className="actions">{children}</div>}
    </header>
  )
}
