/** The frame around the pages: who is signed in, the way between pages, and the uploads that go on behind them. */
import { Images, LogOut, Mail } from 'lucide-react'
import { type ReactNode, useEffect } from 'react'
import { signedOut, signOut, useSession, useSetUp } from '../api.ts'
import { useTask } from '../ui/answer.ts'
import { Link, navigate, type Route, Router, usePath } from '../ui/router.tsx'
import { Frame, Lost } from './Frame.tsx'
import { Uploads } from './uploads.tsx'
import { useWords } from './words.tsx'

export function Shell({ routes }: { routes: Route[] }) {
  const path = usePath()
  const pages = <Router routes={routes} lost={<Lost />} waiting={<Frame />} />
  return path === '/setup' || path === '/sign-in' ? (
    pages
  ) : (
    <Uploads>
      <SignedIn path={path}>{pages}</SignedIn>
    </Uploads>
  )
}

function SignedIn({ path, children }: { path: string; children: ReactNode }) {
  const words = useWords()
  const { data: session, refusal, again } = useSession()
  useEffect(() => {
    addEventListener(signedOut, again)
    return () => removeEventListener(signedOut, again)
  }, [again])
  const stranger = refusal?.problem.status === 401
  if (stranger) return <AtTheDoor path={path} />
  if (refusal && !session) return <Frame refusal={refusal} retry={again} />
  const inside = path.startsWith('/galleries/') || path === '/'
  return (
    <div className="shell">
      <header className="side">
        <Link to="/" className="brand">
          {session?.user.name ?? 'Keepsake'}
        </Link>
        <nav aria-label={words.navigation}>
          <Link to="/" here={inside}>
            <Images size={18} aria-hidden="true" />
            {words.galleries}
          </Link>
          <Link to="/outbox" here={path === '/outbox'}>
            <Mail size={18} aria-hidden="true" />
            {words.outbox}
          </Link>
        </nav>
        <SignOut email={session?.user.email ?? ''} />
      </header>
      {session ? children : <Frame />}
    </div>
  )
}

/** Not signed in: a new Keepsake is set up first, any other asks who is there. */
function AtTheDoor({ path }: { path: string }) {
  const { data, refusal, again } = useSetUp()
  useEffect(() => {
    if (data) navigate(data.needed ? '/setup' : path === '/' ? '/sign-in' : `/sign-in?next=${encodeURIComponent(path)}`)
  }, [data, path])
  return <Frame refusal={refusal} retry={again} />
}

function SignOut({ email }: { email: string }) {
  const words = useWords()
  const task = useTask(async () => {
    await signOut()
    // A full load: nothing of this person stays in the page.
    location.assign('/sign-in')
  })
  return (
    <div className="who">
      <span className="meta">{email}</span>
      <button type="button" className="button bare" disabled={task.busy} onClick={() => task.run()} title={words.signOut}>
        <LogOut size={17} aria-hidden="true" />
        <span>{words.signOut}</span>
      </button>
    </div>
  )
}
