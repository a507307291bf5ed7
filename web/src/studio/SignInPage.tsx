/** Who is there: e-mail and password, a code besides where it is asked for; or a passkey, or another sign-in. */
import { useQueryClient } from '@tanstack/react-query'
import { useRouter } from '@tanstack/react-router'
import { KeyRound } from 'lucide-react'
import { useEffect, useState } from 'react'
import { useTask } from '../ui/answer.ts'
import { useWordsOf } from '../ui/language.tsx'
import { Note } from '../ui/Trouble.tsx'
import { Door, Field } from './Door.tsx'
import { CodeForm } from './door/CodeForm.tsx'
import { DoorForm } from './door/DoorForm.tsx'
import { PasskeyDoor } from './door/PasskeyDoor.tsx'
import { signIn, useWays } from './door/questions.ts'
import { doorWords } from './door/words.ts'
import { whyNoPasskeys } from './passkeys.ts'
import { useSetUp } from './questions.ts'
import { useWords } from './words.tsx'

export function Page() {
  const words = useWords()
  const says = useWordsOf(doorWords)
  const { data } = useSetUp()
  const ways = useWays()
  const { history } = useRouter()
  const [half, setHalf] = useState(false)
  const search = new URLSearchParams(location.search)
  const next = nextPath(search)
  const client = useQueryClient()
  const inside = () => {
    // what was known before a session ended: that nobody is signed in, and what another person saw
    client.clear()
    history.push(next)
  }
  const task = useTask(async (form: FormData) => {
    const answer = await signIn({ email: String(form.get('email')).trim(), password: String(form.get('password')) })
    if ('second_factor' in answer) setHalf(true)
    else inside()
  })
  useEffect(() => {
    document.title = words.signIn
  }, [words])
  if (half) return <CodeForm inside={inside} startOver={() => setHalf(false)} />
  const passkeys = ways.data && whyNoPasskeys(ways.data.passkeys) === null
  return (
    <Door title={words.signIn}>
      {data?.needed && <Note kind="warn">{words.setUpNeeded}</Note>}
      {search.get('problem') === 'elsewhere' && <Note kind="warn">{says.otherRefused}</Note>}
      <DoorForm task={task} action={words.signIn}>
        <Field name="email" type="email" label={words.email} autoComplete="username webauthn" />
        <Field name="password" type="password" label={words.password} autoComplete="current-password" />
      </DoorForm>
      {(passkeys || ways.data?.oidc) && <p className="or meta">{says.or}</p>}
      {passkeys && <PasskeyDoor inside={inside} />}
      {ways.data?.oidc && (
        <a className="button" href={`/api/session/oidc?next=${encodeURIComponent(next)}`}>
          <KeyRound size={17} aria-hidden="true" />
          {says.withOther(ways.data.oidc)}
        </a>
      )}
    </Door>
  )
}

/** Back to where the person was, never to another site. */
function nextPath(search: URLSearchParams): string {
  const next = search.get('next') ?? '/'
  return /^\/(?![/\\])/.test(next) ? next : '/'
}
