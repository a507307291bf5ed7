/** Work side by side: PostgreSQL answers one lane while another one thinks. */
import { type Lane, openLane } from './database.ts'

/** Runs `work` with so many lanes, says what it answers, and ends the process: with 1 at a broken promise. */
export async function withLanes(count: number, work: (lanes: Lane[]) => Promise<string>): Promise<never> {
  const lanes = await Promise.all(Array.from({ length: count }, openLane))
  let code = 0
  try {
    console.log(await work(lanes))
  } catch (error) {
    console.log(words(error))
    code = 1
  }
  for (const lane of lanes) await lane.close()
  process.exit(code)
}

/** Does every piece of work, one on each lane at a time. */
export async function onLanes<T>(lanes: Lane[], pieces: T[], work: (lane: Lane, piece: T) => Promise<unknown>): Promise<void> {
  const rest = pieces.values()
  await Promise.all(
    lanes.map(async (lane) => {
      for (const piece of rest) await work(lane, piece)
    }),
  )
}

/** The error with all its causes. */
function words(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause ? `${error.message}: ${words(error.cause)}` : (error.stack ?? error.message)
}
