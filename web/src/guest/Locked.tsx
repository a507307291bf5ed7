/** The password of a gallery: asked for, wrong, or tried too often. */
import { LockKeyhole } from 'lucide-react'
import { type FormEvent, useEffect, useRef, useState } from 'react'
import { unlock } from '../api.ts'
import { useTask } from '../ui/answer.ts'
import { useLanguage } from '../ui/language.tsx'
import { sentenceOf } from '../ui/refusal.ts'
import { Plate } from './Plate.tsx'
import { catalog } from './words.ts'

export function Locked({ slug, opened }: { slug: string; opened: () => void }) {
  const { locale, fmt, say } = useLanguage()
  const words = catalog[locale]
  const field = useRef<HTMLInputElement>(null)
  const task = useTask(async (password: string) => {
    await unlock(slug, password)
    opened()
  })
  const problem = task.refusal?.problem
  const [left, wait] = useCountdown()

  const submit = async (event: FormEvent) => {
    event.preventDefault()
    if (!(await task.run(field.current!.value))) field.current?.select()
  }
  useEffect(() => {
    if (problem?.status === 429) wait(task.refusal?.retryAfter ?? 60)
  }, [problem, task.refusal, wait])

  const message = !problem
    ? ''
    : problem.status === 429
      ? left > 0
        ? words.limited(fmt.duration(left))
        : ''
      : problem.status === 401 || problem.status === 403
        ? words.wrong
        : sentenceOf(problem, say)
  return (
    <Plate icon={<LockKeyhole size={30} aria-hidden="true" />} title={words.lockedTitle} text={words.locked}>
      <form className="unlock" onSubmit={submit}>
        <div className="field">
          <label htmlFor="password">{words.password}</label>
          <input
            id="password"
            ref={field}
            className="input"
            type="password"
            autoComplete="current-password"
            required
            aria-invalid={!!message}
            aria-describedby="password-says"
          />
        </div>
        <p id="password-says" className="says" role="alert">
          {message}
        </p>
        <button type="submit" className="button main" disabled={task.busy || left > 0}>
          {words.enter}
        </button>
      </form>
    </Plate>
  )
}

function useCountdown(): [number, (seconds: number) => void] {
  const [left, set] = useState(0)
  useEffect(() => {
    if (left <= 0) return
    const timer = setTimeout(() => set(left - 1), 1000)
    return () => clearTimeout(timer)
  }, [left])
  return [left, set]
}
