/** Can this installation do its work now? Asked by /readyz, by the metrics and by keepsake doctor. */
import type { Readiness } from '../../../sdk/src/wire.ts'
import { minutes } from '../../base/clock.ts'
import { AppError } from '../../base/errors.ts'
import { queueFigures } from '../../data/figures.ts'
import { pingDatabase } from '../../data/settings.ts'
import type { Deps } from '../../ports/deps.ts'

const deadlineMs = 3000
// work that could be done and waits for so long while nobody does any of its kind has no worker
const patience = minutes(15)

export async function readiness(deps: Pick<Deps, 'db' | 'storage'>): Promise<Readiness> {
  const [database, storage, queue] = await Promise.all([
    inTime(pingDatabase(deps.db)),
    inTime(deps.storage.ready()),
    inTime(queueFigures(deps.db)),
  ])
  const age = queue.value ? Math.max(0, ...queue.value.map((job) => job.ageSeconds)) : null
  const late = queue.value?.some(({ ageSeconds, active }) => active === 0 && ageSeconds * 1000 > patience)
  const checks = { database: database.code, storage: storage.code, queue: queue.code === 'ok' && late ? 'queue_stands_still' : queue.code }
  const ready = Object.values(checks).every((code) => code === 'ok')
  return { status: ready ? 'ready' : 'not_ready', checks, queue_age_seconds: age === null ? null : Math.round(age) }
}

/** Its value and `ok`, or a code of our table: never the words of an error, which may hold an address. */
async function inTime<T>(work: Promise<T>): Promise<{ code: string; value?: T }> {
  const late = new Promise<{ code: string }>((done) => setTimeout(done, deadlineMs, { code: 'too_slow' }).unref())
  const asked = work.then(
    (value) => ({ code: 'ok', value }),
    (error: unknown) => ({ code: error instanceof AppError ? error.code : 'unavailable' }),
  )
  return Promise.race([asked, late])
}
