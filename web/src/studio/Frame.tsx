/** A page with nothing of its own yet: it waits, or says why it cannot go on. */
import { FileQuestion } from 'lucide-react'
import type { Refusal } from '../ui/refusal.ts'
import { Link } from '../ui/router.tsx'
import { Empty, Trouble, Waiting } from '../ui/Trouble.tsx'
import { useWords } from './words.tsx'

export function Frame({ refusal, retry }: { refusal?: Refusal; retry?: () => void }) {
  return (
    <main className="page">
      <h1 className="unseen">Keepsake</h1>
      {refusal ? <Trouble refusal={refusal} retry={retry} /> : <Waiting height={380} />}
    </main>
  )
}

export function Lost() {
  const words = useWords()
  return (
    <main className="page">
      <h1 className="unseen">Keepsake</h1>
      <Empty icon={<FileQuestion size={28} aria-hidden="true" />} title={words.lostTitle}>
        <Link to="/" className="button">
          {words.toGalleries}
        </Link>
      </Empty>
    </main>
  )
}
