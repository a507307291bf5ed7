/** Addresses that get no letters, why, and the way back. Nothing is drawn while there is none. */
import { useId } from 'react'
import { allowLetters, type Suppression } from '../api.ts'
import { useTask } from '../ui/answer.ts'
import { useLanguage } from '../ui/language.tsx'
import { Trouble } from '../ui/Trouble.tsx'
import { useSuppressions } from './questions.ts'
import { useWords } from './words.tsx'

export function SilentCard() {
  const words = useWords()
  const title = useId()
  const { data, refusal, again } = useSuppressions()
  if (refusal && !data) return <Trouble refusal={refusal} retry={again} />
  if (!data?.rows.length) return null
  return (
    <section className="stack tight" aria-labelledby={title}>
      <h2 id={title}>{words.silentTitle}</h2>
      <p className="meta">{words.silentText}</p>
      <ul className="rows card">
        {data.rows.map((row) => (
          <SilentRow key={row.id} row={row} gone={again} />
        ))}
      </ul>
    </section>
  )
}

function SilentRow({ row, gone }: { row: Suppression; gone: () => void }) {
  const words = useWords()
  const { fmt } = useLanguage()
  const lifting = useTask(async () => {
    await allowLetters(row.id)
    gone()
  })
  return (
    <li>
      <div className="row letter-row">
        <span className="row-title">
          <span>{row.address}</span>
          <span className="meta">
            {words.silentReasons[row.reason]}
            {row.gallery_title && <> · {row.gallery_title}</>} · {fmt.moment(row.since)}
          </span>
          {row.detail && <span className="row-error">{row.detail}</span>}
          {lifting.refusal && <Trouble refusal={lifting.refusal} />}
        </span>
        <span />
        <button type="button" className="button" disabled={lifting.busy} onClick={() => lifting.run()}>
          {words.allow}
        </button>
      </div>
    </li>
  )
}
