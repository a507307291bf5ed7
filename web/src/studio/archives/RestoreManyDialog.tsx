/** Brings several archived galleries back at once, and says what became of each. */
import { useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { type ArchivedGallery, restoreGalleries } from '../../api.ts'
import { useTask } from '../../ui/answer.ts'
import { Dialog } from '../../ui/Dialog.tsx'
import { useLanguage, useReason, useWordsOf } from '../../ui/language.tsx'
import { Trouble } from '../../ui/Trouble.tsx'
import { Results, type Sentences, Titles } from '../Results.tsx'
import { UntilField, untilOf } from './UntilField.tsx'
import { archivesWords } from './words.ts'

interface RestoreManyProps {
  archives: ArchivedGallery[]
  close: () => void
  /** when each has its result */
  done: () => void
}

export function RestoreManyDialog({ archives, close, done }: RestoreManyProps) {
  const words = useWordsOf(archivesWords)
  const { say } = useLanguage()
  const why = useReason()
  const client = useQueryClient()
  // the list behind is asked anew meanwhile, and they are not in it any more
  const [galleries] = useState(() => archives.map(({ gallery_id, title }) => ({ id: gallery_id, title })))
  const [sentences, set] = useState<Sentences | null>(null)
  const task = useTask(async (until: string | null) => {
    const ids = galleries.map(({ id }) => id)
    const { results } = await restoreGalleries(ids, until)
    set(new Map(results.map(({ id, error }) => [id, error && why(error.code, error.detail)])))
    void client.invalidateQueries()
    done()
  })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    void task.run(untilOf(event.currentTarget))
  }
  if (!sentences)
    return (
      <Dialog title={words.restoreManyTitle(galleries.length)} close={close}>
        <form className="stack tight" onSubmit={submit}>
          <p>{words.restoreManyText}</p>
          <Titles all={galleries} />
          <UntilField />
          {task.refusal && <Trouble refusal={task.refusal} />}
          <div className="actions end">
            <button type="button" className="button" onClick={close}>
              {say.cancel}
            </button>
            <button type="submit" className="button main" disabled={task.busy}>
              {words.restore}
            </button>
          </div>
        </form>
      </Dialog>
    )
  const failed = [...sentences.values()].filter((sentence) => sentence !== null).length
  return (
    <Dialog title={words.restoreManyTitle(galleries.length)} close={close} firm>
      <p role="status">
        <strong>{failed ? words.notRestored(failed) : words.allRestored(galleries.length)}</strong>
      </p>
      <Results all={galleries} sentences={sentences} />
      <div className="actions end">
        <button type="button" className="button main" onClick={close}>
          {say.close}
        </button>
      </div>
    </Dialog>
  )
}
