/** One thing to say, in the middle of the paper. */
import { type ReactNode, useEffect } from 'react'

export function Plate({ icon, title, text, children }: { icon: ReactNode; title: string; text: string; children?: ReactNode }) {
  useEffect(() => {
    document.title = title
  }, [title])
  return (
    <main className="plate">
      {icon}
      <h1>{title}</h1>
      <p>{text}</p>
      {children}
    </main>
  )
}
