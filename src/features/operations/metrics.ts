/** What Prometheus reads: counts of the installation out of the database, and what this process did itself. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { archiveFigures, queueFigures, stateFigures } from '../../data/figures.ts'
import type { Deps } from '../../ports/deps.ts'
import { seldom } from './seldom.ts'

export interface Metrics {
  /** one answer: its route (never its address), status and seconds */
  request(facts: { method: string; route: string; status: number; seconds: number }): void
  /** the text that Prometheus reads; `contentType` says its version */
  text(): Promise<string>
  contentType: string
}

// the ways to a file that a client keeps
const downloads = new Set(['/d/:token', '/api/archives/:id/download', '/api/download/:id'])

export function makeMetrics(deps: Pick<Deps, 'db' | 'log'>): Metrics {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  // gauges that are called totals: promtool minds, and the ones by type beside them say the same
  for (const what of ['handles', 'requests', 'resources']) registry.removeSingleMetric(`nodejs_active_${what}_total`)
  const requests = new Histogram({
    name: 'keepsake_http_request_duration_seconds',
    help: 'Time from a request to the end of its answer, by route; downloads last as long as the client takes.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60],
    registers,
  })
  const downloaded = new Counter({
    name: 'keepsake_downloads_total',
    help: 'Answers to requests for the bytes of an archive, by status; a resumed download is several.',
    labelNames: ['status'],
    registers,
  })
  const fromRows = installation(deps, registers)
  return {
    request({ method, route, status, seconds }) {
      requests.observe({ method, route, status: String(status) }, seconds)
      if (method === 'GET' && downloads.has(route)) downloaded.inc({ status: String(status) })
    },
    async text() {
      await fromRows()
      return registry.metrics()
    },
    contentType: registry.contentType,
  }
}

/** Numbers that rows hold: they survive a restart and are the same in every process. */
function installation(deps: Pick<Deps, 'db' | 'log'>, registers: Registry[]): () => Promise<void> {
  const counter = (name: string, help: string) => new Counter({ name: `keepsake_${name}`, help, registers })
  const gauge = <L extends string>(name: string, help: string, labelNames: L[] = []) =>
    new Gauge<L>({ name: `keepsake_${name}`, help, labelNames, registers })
  const up = gauge('database_up', 'Whether the database answered this scrape: 0 leaves the other numbers as they were.')
  const builds = counter('archive_builds_total', 'Archives that were built and verified.')
  const buildSeconds = counter('archive_build_seconds_total', 'Seconds spent on those builds, verification left out.')
  const photos = counter('archive_photos_total', 'Photos in those archives.')
  const bytes = counter('archive_bytes_total', 'Bytes of those archives.')
  const moved = counter('archive_moved_bytes_total', 'Bytes of those archives that passed through a worker; the store copied the others.')
  const requests = counter('store_requests_total', 'Requests to the store for those builds.')
  const unread = counter('source_reads_failed_total', 'Originals that could not be read when an archive was made.')
  const speed = gauge('archive_photos_per_minute', 'Photos a minute of the builds that ended in the last hour.')
  const depth = gauge('queue_jobs', 'Jobs by name and state (waiting, active).', ['job', 'state'])
  const age = gauge('queue_age_seconds', 'Age of the oldest job that could run now.', ['job'])
  const states = {
    archives: gauge('archives', 'Archives by status.', ['status']),
    letters: gauge('letters', 'Letters by status.', ['status']),
    galleries: gauge('galleries', 'Galleries by state.', ['status']),
    assets: gauge('assets', 'Originals by state.', ['status']),
  }
  const stored = gauge('stored_bytes', 'Bytes of originals and archives by state.', ['kind', 'status'])
  const set = (to: Counter, value: number) => {
    to.reset()
    to.inc(value)
  }
  const [countArchives, countStates] = [seldom(() => archiveFigures(deps.db)), seldom(() => stateFigures(deps.db))]
  return async () => {
    try {
      const [archives, queue, rows] = await Promise.all([countArchives(), queueFigures(deps.db), countStates()])
      set(builds, archives.builds)
      set(buildSeconds, archives.buildSeconds)
      set(photos, archives.photos)
      set(bytes, archives.bytes)
      set(moved, archives.movedBytes)
      set(requests, archives.storeRequests)
      set(unread, archives.unread)
      speed.set(archives.recentSeconds ? (archives.recentPhotos / archives.recentSeconds) * 60 : 0)
      for (const one of [depth, age, stored, ...Object.values(states)]) one.reset()
      for (const { name, waiting, active, ageSeconds } of queue) {
        depth.set({ job: name, state: 'waiting' }, waiting)
        depth.set({ job: name, state: 'active' }, active)
        age.set({ job: name }, ageSeconds)
      }
      for (const { kind, state, count, bytes } of rows) {
        states[kind].set({ status: state }, count)
        if (kind === 'archives' || kind === 'assets') stored.set({ kind, status: state }, bytes)
      }
      up.set(1)
    } catch (error) {
      deps.log.warn({ error: String(error) }, 'the database gave no numbers for the metrics')
      up.set(0)
    }
  }
}
