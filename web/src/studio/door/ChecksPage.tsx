/** The second half of a set-up: storage, address and letters are looked at, then one may begin, also with a sample gallery. */
import { useNavigate } from '@tanstack/react-router'
import { useEffect } from 'react'
import { call, createGallery, type Sampled } from '../../api.ts'
import { useTask } from '../../ui/answer.ts'
import { useLanguage, useWordsOf } from '../../ui/language.tsx'
import { Trouble, Waiting } from '../../ui/Trouble.tsx'
import { Door } from '../Door.tsx'
import { useSession } from '../questions.ts'
import { AddressCheck, MailTest, StorageTest } from '../settings/Tests.tsx'
import { useInstallation } from './questions.ts'
import { doorWords } from './words.ts'

export function Page() {
  const words = useWordsOf(doorWords)
  const { locale } = useLanguage()
  const navigate = useNavigate()
  const { data, refusal, again } = useInstallation()
  const { data: session } = useSession()
  const sample = useTask(async () => {
    const gallery = await createGallery({ title: words.sampleTitle, locale })
    await call<Sampled>('POST', `/api/galleries/${gallery.id}/sample`)
    await navigate({ to: '/galleries/$slug', params: { slug: gallery.slug } })
  })
  useEffect(() => {
    document.title = words.checksTitle
  }, [words])
  return (
    <Door title={words.checksTitle} text={words.checksText}>
      {refusal && !data && <Trouble refusal={refusal} retry={again} />}
      {!data && !refusal && <Waiting height={320} />}
      {data && (
        <>
          <ul className="checks">
            <li>
              <h2>{words.storage}</h2>
              <p className="meta">{data.storage.kind === 'disk' ? words.storageDisk : words.storageBucket(data.storage.bucket!)}</p>
              <StorageTest atOnce />
            </li>
            <li>
              <h2>{words.address}</h2>
              <AddressCheck url={data.public_url} />
            </li>
            <li>
              <h2>{words.letters}</h2>
              <MailTest sends={data.mail.sends} from={data.mail.from} to={session?.user.email ?? ''} />
            </li>
          </ul>
          {sample.refusal && <Trouble refusal={sample.refusal} />}
          <div className="stack tight">
            <button type="button" className="button main" onClick={() => navigate({ to: '/' })}>
              {words.begin}
            </button>
            <button type="button" className="button" disabled={sample.busy} onClick={() => sample.run()}>
              {words.sample}
            </button>
          </div>
        </>
      )}
    </Door>
  )
}
