/** The frame around the pages: who is signed in, the way between pages, and the uploads that go on behind them. */
import { Images, LogOut, Mail } from 'lucide-react'
import { useEffect } from 'react'
import { signOut, useSession, useSetUp } from '../api.ts'
import { useTask } from '../ui/answer.ts'
import { Link, navigate, type Route, Router, usePath } from '../ui/router.tsx'
import { Empty, Trouble, Waiting } from '../ui/Trouble.tsx'
import { Uploads } from './uploads.tsx'
import { useWords } from './words.tsx'

export function Shell({ routes }: { routes: Route[] }) {
  const path = usePath()
  const words = useWords()
  const lost = (
    <main className="page">
      <Empty icon={<Images size={28} aria-hidden="true" />} title={words.lostTitle}>
        <Link to="/" className="button">
          {words.toGalleries}
        </Link>
      </Empty>
    </main>
  )
  const pages = <Router routes={routes} lost={lost} />
  return path === '/setup' || path === '/sign-in' ? pages : <Uploads>{<SignedIn path={path}>{pages}</SignedIn>}</Uploads>
}

function SignedIn({ path, children }: { path: string; children: React.ReactNode }) {
  const words = useWords()
  const { data: session, refusal, again } = useSession()
  const stranger = refusal?.problem.status === 401
  if (stranger) return <AtTheDoor path={path} />
  if (refusal)
    return (
      <main className="page">
        <Trouble refusal={refusal} retry={again} />
      </main>
    )
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
      {session ? (
        children
      ) : (
        <main className="page">
          <Waiting height={320} />
        </main>
      )}
    </div>
  )
}

/** Not signed in: a new Keepsake is set up first, any other asks who is there. */
function AtTheDoor({ path }: { path: string }) {
  const { data, refusal, again } = useSetUp()
  useEffect(() => {
    if (data) navigate(data.needed ? '/setup' : path === '/' ? '/sign-in' : `/sign-in?next=${encodeURIComponent(path)}`)
  }, [data, path])
  return <main className="page">{refusal ? <Trouble refusal={refusal} retry={again} /> : <Waiting height={320} />}</main>
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
