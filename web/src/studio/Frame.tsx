/** A page with nothing of its own yet: it waits, or says why it cannot go on. */
import { Link } from '@tanstack/react-router'
import { FileQuestion } from 'lucide-react'
import { useWordsOf } from '../ui/language.tsx'
import type { Refusal } from '../ui/refusal.ts'
import { Empty, Trouble, Waiting } from '../ui/Trouble.tsx'
import { shellWords } from './shell/words.ts'

export function Frame({ refusal, retry }: { refusal?: Refusal | undefined; retry?: () => void }) {
  return (
    <main className="page">
      <h1 className="unseen">Keepsake</h1>
      {refusal ? <Trouble refusal={refusal} retry={retry} /> : <Waiting height={380} />}
    </main>
  )
}

export function Lost() {
  const words = useWordsOf(shellWords)
  return (
    <main className="page">
      <h1 className="unseen">Keepsake</h1>
      <Empty icon={<FileQuestion size={28} aria-hidden="true" />} title={words.lostTitle}>
        <Link to="/galleries" className="button">
          {words.toGalleries}
        </Link>
      </Empty>
    </main>
  )
}
