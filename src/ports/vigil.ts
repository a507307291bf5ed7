/** Notices that the other side is away while somebody waits for it, so that nobody waits for long. */
import { seconds } from '../base/clock.ts'

export interface Vigil {
  /** Something waits from now on; `away` is called once when the other side answers nobody. Answers how to end the waiting. */
  waits(away: () => void): () => void
}

export interface VigilOptions {
  /** Asks the other side by a line of its own; rejects when no answer comes within the time. */
  probe: (ms: number) => Promise<unknown>
  /** nobody asks before something has waited for so long, milliseconds */
  patience?: number
  /** how long the probe may take, milliseconds */
  deadline?: number
}

/**
 * What takes long is not given up for that: a large statement, or the joining of a film, may. Only when a probe finds nobody
 * there everything that waited before the probe was sent ends: after one and a half times `patience` and `deadline` at the latest.
 */
export function vigil({ probe, patience = seconds(2), deadline = seconds(4) }: VigilOptions): Vigil {
  const waiting = new Map<() => void, number>()
  let looks = false

  const later = () => {
    looks = true
    setTimeout(look, patience).unref()
  }
  async function look(): Promise<void> {
    const begun = performance.now()
    const old = () => [...waiting].filter(([, since]) => since <= begun - patience / 2).map(([away]) => away)
    if (old().length) {
      try {
        await probe(deadline)
      } catch {
        for (const away of old()) {
          waiting.delete(away)
          away()
        }
      }
    }
    looks = false
    if (waiting.size) later()
  }

  return {
    waits(away) {
      // one function may wait twice: each waiting is a key of its own
      const own = () => away()
      waiting.set(own, performance.now())
      if (!looks) later()
      return () => void waiting.delete(own)
    },
  }
}
