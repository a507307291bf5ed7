/** The versions of a gallery's ZIP that were made for clients: how each ended, and those that can still be had. */
import { Download } from 'lucide-react'
import { zipOf } from '../../api.ts'
import { useLanguage, useWordsOf } from '../../ui/language.tsx'
import { Trouble, Waiting } from '../../ui/Trouble.tsx'
import { useVersions } from './questions.ts'
import { archivesWords } from './words.ts'

export function Versions({ gallery }: { gallery: string }) {
  const words = useWordsOf(archivesWords)
  const { fmt } = useLanguage()
  const { data, refusal, again } = useVersions(gallery)
  return (
    <>
      {refusal && <Trouble refusal={refusal} retry={again} />}
      {!data && !refusal && <Waiting height={60} />}
      {data?.rows.length === 0 && <p className="meta">{words.noVersions}</p>}
      <ul>
        {data?.rows.map((version) => (
          <li key={version.id} className="one-version">
            <span className="two-lines">
              <span>{words.version(fmt.number(version.version))}</span>
              <span className="meta">
                {words.states[version.status]} · {fmt.bytes(version.file_size_bytes)} · {fmt.shortDay(version.created_at)}
              </span>
            </span>
            {version.status === 'ready' && (
              <a
                className="button bare square"
                href={zipOf(version)}
                download
                aria-label={`${words.download}: ${words.version(fmt.number(version.version))}`}
              >
                <Download size={16} aria-hidden="true" />
              </a>
            )}
          </li>
        ))}
      </ul>
    </>
  )
}
