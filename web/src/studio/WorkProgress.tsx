/** How far a piece of work is, and how long it still takes at the pace of the last seconds. */
import { useEffect, useRef, useState } from 'react'
import type { Far } from '../api.ts'
import { useLanguage } from '../ui/language.tsx'
import { Progress } from '../ui/Progress.tsx'
import { speedometer } from './upload-speed.ts'
import { useWords } from './words.tsx'

export function WorkProgress({ step, far }: { step: string; far: Far }) {
  const words = useWords()
  const { fmt } = useLanguage()
  const seconds = useTimeLeft(far.done_bytes, far.total_bytes)
  const known = far.total_files > 0
  return (
    <Progress
      step={step}
      percent={far.step === 'waiting' ? null : far.percent}
      facts={[known && words.filesOf(fmt.number(far.done_files), fmt.number(far.total_files))]}
      bytes={known ? { done: far.done_bytes, of: far.total_bytes } : undefined}
      seconds={far.eta_seconds ?? seconds}
    />
  )
}

/** Of anything that is counted, until all of it is done; null until two seconds were seen. */
export function useTimeLeft(done: number, all: number): number | null {
  const meter = useRef<ReturnType<typeof speedometer>>(undefined)
  const [left, set] = useState<number | null>(null)
  useEffect(() => {
    meter.current ??= speedometer(() => performance.now())
    meter.current.note(done)
    set(meter.current.secondsFor(all - done))
  }, [done, all])
  return left
}
