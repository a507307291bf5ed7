/** Can this installation do its work: each look with what was found and what to do, and the work that waits. */
import { RefreshCw } from 'lucide-react'
import { useId } from 'react'
import { useLanguage, useWordsOf } from '../../ui/language.tsx'
import { Note, Trouble, Waiting } from '../../ui/Trouble.tsx'
import { Verdict } from '../../ui/Verdict.tsx'
import { doorWords } from '../door/words.ts'
import { findingOf } from './finding.ts'
import { jobWords } from './job-words.ts'
import { useHealth } from './questions.ts'
import { SettingsFrame } from './SettingsFrame.tsx'
import { settingsWords } from './words.ts'

export function Page() {
  const words = useWordsOf(settingsWords)
  const doors = useWordsOf(doorWords)
  const jobs = useWordsOf(jobWords)
  const { fmt, say } = useLanguage()
  const work = useId()
  const { data, refusal, again } = useHealth()
  const findings = data?.findings.map((one) => findingOf(say.told, one)) ?? []
  const wrong = findings.filter(({ ok }) => !ok)
  const look = (
    <button type="button" className="button" onClick={again}>
      <RefreshCw size={16} aria-hidden="true" />
      {doors.again}
    </button>
  )
  return (
    <SettingsFrame tab="health" action={look}>
      <p className="meta">{words.healthText}</p>
      {refusal && <Trouble refusal={refusal} retry={again} />}
      {!data && !refusal && <Waiting height={460} />}
      {data && (
        <div className="narrow stack">
          <Note kind={wrong.length ? 'warn' : 'ok'}>{wrong.length ? words.notWell(wrong.length) : words.allWell}</Note>
          <ul className="card checks">
            {[...wrong, ...findings.filter(({ ok }) => ok)].map((one) => (
              <li key={one.check}>
                <h2>{words.checks[one.check] ?? one.check}</h2>
                <Verdict kind={one.ok ? 'ok' : 'bad'}>{one.found}</Verdict>
                {one.remedy && <p className="meta">{one.remedy}</p>}
              </li>
            ))}
          </ul>
          <section className="stack tight" aria-labelledby={work}>
            <h2 id={work}>{words.work}</h2>
            {data.jobs.length === 0 && <p className="meta">{words.noWork}</p>}
            {data.jobs.length > 0 && (
              <table className="list card" style={{ '--columns': 'minmax(0, 2fr) 1fr 1fr 1fr' } as React.CSSProperties}>
                <thead>
                  <tr>
                    <th scope="col">{words.jobName}</th>
                    <th scope="col">{words.waiting}</th>
                    <th scope="col">{words.active}</th>
                    <th scope="col">{words.oldest}</th>
                  </tr>
                </thead>
                <tbody>
                  {data.jobs.map((job) => (
                    <tr key={job.name}>
                      <td className="main-cell">
                        <span className="two-lines">
                          {jobs[job.name] ?? job.name}
                          <span className="meta">{job.name}</span>
                        </span>
                      </td>
                      <td data-title={words.waiting}>{fmt.number(job.waiting)}</td>
                      <td data-title={words.active}>{fmt.number(job.active)}</td>
                      <td data-title={words.oldest}>{job.age_seconds ? fmt.duration(job.age_seconds) : '–'}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            )}
          </section>
        </div>
      )}
    </SettingsFrame>
  )
}
