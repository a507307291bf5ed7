/** When restored galleries end again: in thirty days, unless another day is chosen. */
import { useState } from 'react'
import { useWordsOf } from '../../ui/language.tsx'
import { Field } from '../Door.tsx'
import { dayOf, endOf } from '../days.ts'
import { archivesWords } from './words.ts'

const month = 30 * 24 * 3600 * 1000

export function UntilField() {
  const words = useWordsOf(archivesWords)
  const [usual] = useState(() => dayOf(new Date(Date.now() + month).toISOString()))
  return (
    <Field
      name="until"
      type="date"
      label={words.openUntil}
      hint={words.openUntilHint}
      value={usual}
      min={dayOf(new Date().toISOString())}
      optional
    />
  )
}

/** What stands in it; null: no end. */
export const untilOf = (form: HTMLFormElement): string | null => endOf(String(new FormData(form).get('until') ?? ''))
