/** In the place of a page that could not be loaded, or broke: everything around it, uploads too, goes on. */
import { useRouter } from '@tanstack/react-router'
import { RefreshCw, TriangleAlert } from 'lucide-react'
import { useEffect } from 'react'
import { useLanguage, useWordsOf } from '../ui/language.tsx'
import { Empty } from '../ui/Trouble.tsx'
import { shellWords } from './shell/words.ts'

/** The part of the studio in which a page stands did not come, so often in a row. */
export class Missing extends Error {
  readonly tries: number

  constructor(tries: number, cause: unknown) {
    super('A page of the studio did not come.', { cause })
    this.tries = tries
  }
}

export function Fallen({ error }: { error: unknown }) {
  const words = useWordsOf(shellWords)
  const { say } = useLanguage()
  const router = useRouter()
  const missing = error instanceof Missing
  const again = () => {
    // a page that broke, or has other files in a newer Keepsake, needs all of it anew; it asks first while photos are sent
    if (missing && (error.tries < 2 || !navigator.onLine)) void router.invalidate()
    else location.reload()
  }
  useEffect(() => {
    if (!missing) return
    const back = () => void router.invalidate()
    addEventListener('online', back)
    return () => removeEventListener('online', back)
  }, [missing, router])
  return (
    <main className="page">
      <h1 className="unseen">Keepsake</h1>
      <Empty icon={<TriangleAlert size={28} aria-hidden="true" />} title={missing ? words.missingTitle : words.brokenTitle}>
        <p role="alert">{missing ? say.unreachable : words.broken}</p>
        <button type="button" className="button" onClick={again}>
          <RefreshCw size={16} aria-hidden="true" />
          {say.retry}
        </button>
      </Empty>
    </main>
  )
}
