/** Keepsake's side of a rescue, in a process of its own: `<store> <address of the provider> <tracks>`, 8 at once. */
import { systemClock } from '../src/base/clock.ts'
import { newId } from '../src/base/id.ts'
import { fetchMedia } from '../src/features/rescue/fetch.ts'
import { safeHttp } from '../src/ports/http/safe.ts'
import { providersInTurn } from '../src/ports/providers/turns.ts'
import { storeAt } from './plan.ts'
import { watch } from './watch.ts'

const [store, address, tracks] = process.argv.slice(2) as [string, string, string]
const stop = watch()
const clock = systemClock
const storage = await storeAt(store)
// the provider stands on this machine, and gives as fast as it can
const deps = { storage, clock, http: safeHttp({ besides: ['127.0.0.1'] }), providers: providersInTurn({ clock, perSecond: 1e6 }) }
const { signal } = new AbortController()
let next = 0
let bytes = 0
let saved = 0
/** MiB when each tenth was here */
const memory: number[] = []

async function work(): Promise<void> {
  for (let n = next++; n < Number(tracks); n = next++) {
    const key = `galleries/bench/assets/${newId(clock.now())}.mp3`
    const deadline = new Date(Date.now() + 3_600_000)
    const got = await fetchMedia(deps, { url: `${address}/${n}.mp3`, role: 'audio', key, maxBytes: 1e9, deadline, signal })
    bytes += got.size
    saved++
    if (saved % Math.ceil(Number(tracks) / 10) === 0) memory.push(Math.round(process.memoryUsage.rss() / 1024 ** 2))
  }
}

await Promise.all(Array.from({ length: 8 }, work))
stop({ bytes, memory })
// threads of the storage would keep it alive
process.exit(0)
