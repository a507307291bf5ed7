/** Files whose names are here already, with other content: asked once for all of them. */
import { Dialog } from '../../ui/Dialog.tsx'
import { useWordsOf } from '../../ui/language.tsx'
import type { Source } from '../upload-queue.ts'
import { galleryWords } from './words.ts'

/** By its name: the items that are here, with their sizes. */
export type Known = ReadonlyMap<string, { id: string; size: number }[]>

/** Those among the files that have the name of a photo and are none that is here. */
export const sameNamed = (sources: readonly Source[], known: Known): Source[] =>
  sources.filter(({ name, size }) => known.has(name) && !known.get(name)!.some((item) => item.size === size))

interface SameProps {
  same: Source[]
  close: () => void
  decide: (what: 'skip' | 'new' | 'both') => void
}

export function SameNames({ same, close, decide }: SameProps) {
  const own = useWordsOf(galleryWords)
  return (
    <Dialog title={own.sameTitle(same.length)} close={close}>
      <p>{own.sameText}</p>
      <ul className="failures">
        {same.slice(0, 8).map((source) => (
          <li key={source.path}>{source.path}</li>
        ))}
        {same.length > 8 && <li>…</li>}
      </ul>
      <p className="meta">
        {own.sameNew}: {own.sameNewText}
      </p>
      <div className="actions end">
        <button type="button" className="button" onClick={() => decide('skip')}>
          {own.sameSkip}
        </button>
        <button type="button" className="button" onClick={() => decide('both')}>
          {own.sameBoth}
        </button>
        <button type="button" className="button main" onClick={() => decide('new')}>
          {own.sameNew}
        </button>
      </div>
    </Dialog>
  )
}
