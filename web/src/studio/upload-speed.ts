/** Bytes a second over the last quarter of a minute, so one slow file does not shake the time left. */

const span = 15_000

export function speedometer(now: () => number) {
  let notes: { at: number; bytes: number }[] = []
  return {
    note(bytes: number): void {
      const at = now()
      const last = notes.at(-1)
      if (last && at - last.at < 250) last.bytes = bytes
      else notes.push({ at, bytes })
      while (notes.length > 2 && notes[1]!.at < at - span) notes.shift()
    },
    reset(): void {
      notes = []
    },
    /** null until two seconds were seen */
    secondsFor(bytes: number): number | null {
      const first = notes[0]
      const last = notes.at(-1)
      if (!first || !last || last.at - first.at < 2000 || last.bytes <= first.bytes) return null
      return (bytes / (last.bytes - first.bytes)) * ((last.at - first.at) / 1000)
    },
  }
}
