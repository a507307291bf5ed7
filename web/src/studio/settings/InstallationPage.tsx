/** The settings that stand in the environment, and whether they work. */
import { useLanguage, useWordsOf } from '../../ui/language.tsx'
import { Trouble, Waiting } from '../../ui/Trouble.tsx'
import { useInstallation } from '../door/questions.ts'
import { doorWords } from '../door/words.ts'
import { Part } from '../Part.tsx'
import { useSession } from '../questions.ts'
import { SettingsFrame } from './SettingsFrame.tsx'
import { AddressCheck, MailTest, StorageTest } from './Tests.tsx'
import { settingsWords } from './words.ts'

export function Page() {
  const words = useWordsOf(settingsWords)
  const doors = useWordsOf(doorWords)
  const { fmt } = useLanguage()
  const { data, refusal, again } = useInstallation()
  const { data: session } = useSession()
  return (
    <SettingsFrame tab="installation">
      <p className="meta">{words.inEnv}</p>
      {refusal && !data && <Trouble refusal={refusal} retry={again} />}
      {!data && !refusal && <Waiting height={480} />}
      {data && (
        <div className="narrow stack">
          <Part title={words.address}>
            <AddressCheck url={data.public_url} />
          </Part>
          <Part title={words.storage}>
            <p className="meta">{data.storage.kind === 'disk' ? doors.storageDisk : doors.storageBucket(data.storage.bucket!)}</p>
            <StorageTest />
          </Part>
          <Part title={words.letters}>
            <MailTest sends={data.mail.sends} from={data.mail.from} to={session?.user.email ?? ''} />
          </Part>
          <Part title={words.signIn}>
            <p className="meta">{data.oidc ? words.signInBy(data.oidc.name, data.oidc.issuer) : words.signInNone}</p>
          </Part>
          <Part title={words.limits}>
            <dl className="fact-list">
              <dt>{words.largest}</dt>
              <dd>{fmt.bytes(data.max_upload_bytes)}</dd>
              <dt>{words.kept}</dt>
              <dd>{words.days(data.retention_days)}</dd>
              <dt>{words.superseded}</dt>
              <dd>{words.days(data.superseded_days)}</dd>
              <dt>{words.grace}</dt>
              <dd>{words.days(data.purge_grace_days)}</dd>
            </dl>
          </Part>
        </div>
      )}
    </SettingsFrame>
  )
}
