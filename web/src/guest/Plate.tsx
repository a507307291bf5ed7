/** One thing to say, on a card in the middle of the paper; pages without a program look the same (src/http/notice.ts). */
import { type ReactNode, useEffect } from 'react'

export function Plate({ icon, title, text, children }: { icon: ReactNode; title: string; text: string; children?: ReactNode }) {
  useEffect(() => {
    document.title = title
  }, [title])
  return (
    <main className="plate">
      <section className="card plate-card">
        <div className="plate-says">
          <span className="spot">{icon}</span>
          <div>
            <h1>{title}</h1>
            <p>{text}</p>
          </div>
        </div>
        {children}
      </section>
    </main>
  )
}
