/** What whoever runs Keepsake asks over HTTP: health, readiness, metrics, cron; and who may. */
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync, renameSync } from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { type TestWorld, testWorld } from '../../../test/world.ts'
import { retriesOf } from '../../app/retries.ts'
import { makeServer } from '../../app/server.ts'
import { minutes } from '../../base/clock.ts'
import { newId } from '../../base/id.ts'
import type { App } from '../../http/app.ts'
import { makeGuard } from '../../http/guard.ts'
import { createKey } from '../accounts/keys.ts'
import { createUser } from '../accounts/users.ts'
import { createGallery, editGallery } from '../galleries/edit.ts'
import { makeMetrics } from './metrics.ts'
import { operationsRoutes } from './routes.ts'

let world: TestWorld
const cronSecret = 'Zr4kW9sT1xVbN6mQ8yLc3dHf5gJp2aEu'

async function server(change: Partial<TestWorld['deps']> = {}): Promise<App> {
  const deps = { ...world.deps, settings: { ...world.deps.settings, cronSecret }, ...change }
  const metrics = makeMetrics(deps)
  const routes = [operationsRoutes({ metrics, more: { sweepUploads: async () => 0 }, retries: retriesOf(deps) })]
  return makeServer({ deps, guard: makeGuard(deps, { read: async () => null }), routes, answered: metrics.request })
}
let app: App
before(async () => {
  world = await testWorld()
  app = await server()
})
after(async () => {
  await app.close()
  await world.close()
})

test('health is about the process, readiness about what it needs (X-10: a check that always passes is none)', async () => {
  assert.deepEqual([(await app.inject('/healthz')).statusCode, (await app.inject('/healthz')).json()], [200, { status: 'ok' }])
  const good = await app.inject('/readyz')
  assert.deepEqual([good.statusCode, good.json().checks], [200, { database: 'ok', storage: 'ok', queue: 'ok' }])
  const marker = path.join(world.dir, 'marker.json')
  renameSync(marker, `${marker}.away`)
  const bad = await app.inject('/readyz')
  assert.deepEqual([bad.statusCode, bad.json().checks], [503, { database: 'ok', storage: 'storage_unreachable', queue: 'ok' }])
  assert.equal((await app.inject('/healthz')).statusCode, 200)
  renameSync(`${marker}.away`, marker)
  assert.equal((await app.inject('/readyz')).statusCode, 200)
})

test('work that nobody does makes it not ready, and no reason holds an address or a password', async () => {
  await world.deps.queue.send(world.deps.db, { name: 'asset.render', payload: { assetId: newId(world.clock.now()) } })
  const plain = world.deps.db.withoutPlugins()
  const { sql } = await import('kysely')
  await sql`update queue.job set start_after = now() - interval '16 minutes' where name = 'asset.render'`.execute(plain)
  const late = await app.inject('/readyz')
  assert.deepEqual([late.statusCode, late.json().checks.queue], [503, 'queue_stands_still'])
  assert.ok(late.json().queue_age_seconds * 1000 >= minutes(16))
  await sql`update queue.job set state = 'active' where name = 'asset.render'`.execute(plain)
  assert.equal((await app.inject('/readyz')).statusCode, 200, 'a long queue that somebody works on is no fault')
  await sql`delete from queue.job where name = 'asset.render'`.execute(plain)
})

test('metrics are for this machine, and for an admin’s key with the scope', async () => {
  const ask = (headers = {}, remoteAddress = '203.0.113.7') => app.inject({ url: '/metrics', headers, remoteAddress })
  assert.equal((await ask({}, '127.0.0.1')).statusCode, 200)
  assert.equal((await ask({}, '::ffff:127.0.0.1')).statusCode, 200)
  // a proxy on this machine speaks for somebody else
  for (const name of ['x-forwarded-for', 'forwarded', 'x-real-ip', 'via'])
    assert.equal((await ask({ [name]: '127.0.0.1' }, '127.0.0.1')).statusCode, 401, name)
  assert.equal((await ask()).statusCode, 401)
  const keyOf = async (userId: string, scope: 'galleries:read' | 'metrics:read') => ({
    authorization: `Bearer ${(await createKey(world.deps, userId, { name: 'k', scopes: [scope] })).key}`,
  })
  assert.equal((await ask(await keyOf(world.ownerId, 'metrics:read'))).statusCode, 200)
  assert.equal((await ask(await keyOf(world.ownerId, 'galleries:read'))).json().code, 'key_scope')
  const jonas = await createUser(world.deps, { name: 'Jonas', email: 'jonas@example.com', role: 'owner' })
  assert.equal((await ask(await keyOf(jonas.id, 'metrics:read'))).json().code, 'forbidden')
})

test('the metrics name what MET-01 asks for, count what happened, and are clean for Prometheus', async (t) => {
  await app.inject('/readyz')
  const { payload, headers } = await app.inject('/metrics')
  assert.match(String(headers['content-type']), /^text\/plain; version=0\.0\.4/)
  for (const name of [
    'keepsake_archive_builds_total',
    'keepsake_archive_build_seconds_total',
    'keepsake_archive_photos_per_minute',
    'keepsake_archive_bytes_total',
    'keepsake_archive_moved_bytes_total',
    'keepsake_store_requests_total',
    'keepsake_source_reads_failed_total',
    'keepsake_stored_bytes',
    'keepsake_queue_jobs',
    'keepsake_queue_age_seconds',
    'keepsake_letters',
    'keepsake_downloads_total',
    'keepsake_http_request_duration_seconds',
    'nodejs_eventloop_lag_seconds',
    'process_resident_memory_bytes',
  ])
    assert.match(payload, new RegExp(`^# TYPE ${name} `, 'm'), name)
  assert.match(payload, /http_request_duration_seconds_count\{method="GET",route="\/readyz",status="200"\} [1-9]/)
  assert.doesNotMatch(payload, /route="\/d\/[^:]/)
  await t.test('promtool finds nothing to say', (t) => {
    if (spawnSync('promtool', ['--version']).error) return t.skip('promtool is not installed (Debian package prometheus)')
    execFileSync('promtool', ['check', 'metrics'], { input: payload, stdio: ['pipe', 'pipe', 'pipe'] })
  })
  await t.test('docs/operations.md names every metric of ours', () => {
    const text = readFileSync(path.join(import.meta.dirname, '../../../docs/operations.md'), 'utf8')
    for (const [, name] of payload.matchAll(/^# TYPE (keepsake_\w+) /gm)) assert.ok(text.includes(`\`${name}\``), name)
  })
})

test('cron needs its secret, and without one there is no cron', async () => {
  const off = await server({ settings: { ...world.deps.settings, cronSecret: null } })
  for (const name of ['process-archives', 'expirations', 'maintenance', 'cleanup'])
    for (const method of ['GET', 'POST'] as const) {
      const url = `/api/cron/${name}`
      const ask = (authorization?: string) => app.inject({ method, url, headers: authorization ? { authorization } : {} })
      assert.equal((await ask()).json().code, 'cron_refused')
      for (const wrong of ['', 'x', cronSecret.slice(0, -1), `${cronSecret}x`, cronSecret.toLowerCase()])
        assert.equal((await ask(`Bearer ${wrong}`)).statusCode, 401, wrong)
      assert.equal((await ask(`Bearer ${cronSecret}`)).statusCode, 200, `${method} ${url}`)
      for (const authorization of ['Bearer ', 'Bearer null', 'Bearer undefined', `Bearer ${cronSecret}`])
        assert.equal((await off.inject({ method, url, headers: { authorization } })).json().code, 'cron_off')
    }
  await off.close()
})

test('POST does the work and answers its counters, GET changes nothing (X-07)', async () => {
  const headers = { authorization: `Bearer ${cronSecret}` }
  const gallery = await createGallery(world.deps, world.ownerId, { title: 'Over', change: { state: 'active' } })
  await editGallery(world.deps, gallery.id, { expiresAt: world.clock.now() })
  const url = '/api/cron/expirations'
  const state = async () =>
    (await world.deps.db.selectFrom('galleries').select('state').where('id', '=', gallery.id).executeTakeFirst())!.state
  assert.deepEqual((await app.inject({ url, headers })).json(), { status: 'ok', job: 'expirations', run_with: 'POST', waiting: 0 })
  assert.equal(await state(), 'active')
  const all = await Promise.all([1, 2].map(() => app.inject({ method: 'POST', url, headers })))
  assert.deepEqual(all.map((answer) => answer.json().expired).sort(), [0, 1])
  assert.equal(await state(), 'expired')
  const maintenance = await app.inject({ method: 'POST', url: '/api/cron/maintenance', headers })
  assert.deepEqual(maintenance.json(), { stale_zips_queued: 0, stuck_jobs_reset: 0, errors: [] })
  const cleanup = (await app.inject({ method: 'POST', url: '/api/cron/cleanup', headers })).json()
  assert.deepEqual([cleanup.errors, cleanup.archives_ended], [[], 0])
})
