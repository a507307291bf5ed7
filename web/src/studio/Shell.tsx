/** The frame around the pages: who is signed in, the way between pages, and the uploads that go on behind them. */
import { Link, Outlet, useLocation, useNavigate, useRouter } from '@tanstack/react-router'
import { LogOut } from 'lucide-react'
import { useEffect, useState } from 'react'
import { signedOut, signOut } from '../api.ts'
import { useTask } from '../ui/answer.ts'
import { useWordsOf } from '../ui/language.tsx'
import { Toasts } from '../ui/Toasts.tsx'
import { Frame } from './Frame.tsx'
import { useSession, useSetUp } from './questions.ts'
import { Bell } from './shell/Bell.tsx'
import { Navigation } from './shell/Navigation.tsx'
import { StorageMeter } from './shell/StorageMeter.tsx'
import { shellWords } from './shell/words.ts'
import { Uploads, useGoingOn } from './uploads.tsx'

/** All pages. Uploads stand above them: a session that ends in the middle of one loses nothing. */
export function Shell() {
  return (
    <Uploads>
      <Toasts>
        <Outlet />
      </Toasts>
    </Uploads>
  )
}

export function Inside() {
  const words = useWordsOf(shellWords)
  const { data: session, refusal, again, at } = useSession()
  useEffect(() => {
    addEventListener(signedOut, again)
    return () => removeEventListener(signedOut, again)
  }, [again])
  const stranger = refusal?.problem.status === 401
  useGoingOn(stranger ? undefined : session?.user.id, at)
  useArrival()
  if (stranger) return <AtTheDoor />
  if (refusal && !session) return <Frame refusal={refusal} retry={again} />
  return (
    <div className="shell">
      <header className="side">
        <button type="button" className="button main skip" onClick={enterPage}>
          {words.skip}
        </button>
        <div className="brand-row">
          <Link to="/" className="brand">
            {session?.user.name ?? 'Keepsake'}
          </Link>
          {session && <Bell />}
        </div>
        <Navigation />
        {session && <StorageMeter />}
        <SignOut email={session?.user.email ?? ''} />
      </header>
      {session ? <Outlet /> : <Frame />}
    </div>
  )
}

/** The next Tab goes to what stands first on the page. */
function enterPage(): void {
  const main = document.querySelector('main')
  if (!main) return
  main.tabIndex = -1
  main.focus({ preventScroll: true })
}

/** Who went to another page is in it, not still in the way between pages; a field that took the focus by itself keeps it. */
function useArrival(): void {
  const router = useRouter()
  useEffect(
    () =>
      router.subscribe('onRendered', ({ fromLocation, pathChanged }) => {
        // who has only just opened the studio begins at its top
        if (fromLocation && pathChanged && !document.activeElement?.closest('main, dialog')) enterPage()
      }),
    [router],
  )
}

/** Not signed in: a new Keepsake is set up first, any other asks who is there. */
function AtTheDoor() {
  const { data, refusal, again } = useSetUp()
  const navigate = useNavigate()
  // as it was: on the way to the door it is that of the door
  const location = useLocation()
  const [href] = useState(location.href)
  useEffect(() => {
    if (data?.needed) void navigate({ to: '/setup' })
    else if (data) void navigate({ to: '/sign-in', search: (href === '/' ? {} : { next: href }) as never })
  }, [data, href, navigate])
  return <Frame refusal={refusal} retry={again} />
}

function SignOut({ email }: { email: string }) {
  const words = useWordsOf(shellWords)
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
