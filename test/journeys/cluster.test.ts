/**
 * Two web and three worker processes, each as on a machine of its own, on one PostgreSQL and one bucket: they are one service,
 * also while they are started anew one after the other, and while workers are killed. KEEPSAKE_CLUSTER_GALLERIES says how many
 * galleries are built under kills (12 by default, one every 2 s; from 60 on every 5 s).
 */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import type { Archive, DownloadResponse, Item, Progress } from '../../sdk/src/wire.ts'
import { systemClock } from '../../src/base/clock.ts'
import { nightBefore } from '../../src/domain/night.ts'
import { testServer } from '../s3/server.ts'
import { type Cluster, freshCluster } from './cluster.ts'
import { allArrived, freshLedger, noting } from './ledger.ts'
import { allOf, createGallery, guest, type Person, publish, readyArchive, setUp } from './people.ts'
import { photos, sendPhoto, sendPhotos, sha256 } from './sending.ts'
import { type Installation, type Service, until } from './service.ts'

const server = await testServer()
const skip = typeof server === 'string' ? server : false
const galleries = Number(process.env.KEEPSAKE_CLUSTER_GALLERIES ?? 12)
const killEvery = galleries >= 60 ? 5_000 : 2_000

/** All processes, started; the first account is made at the second web process, with the code that the first one printed. */
async function running(t: TestContext, webs: number, workers: number, more: Record<string, string> = {}) {
  if (typeof server === 'string') throw new Error(server)
  const cluster = await freshCluster(t, server, webs + workers, { more })
  const parts = { webs: cluster.machines.slice(0, webs), workers: cluster.machines.slice(webs) }
  const services = new Map<Installation, Service>()
  const start = async (machine: Installation) =>
    void services.set(machine, await machine.start(parts.webs.includes(machine) ? 'web' : 'worker'))
  await Promise.all(cluster.machines.map(start))
  const ida = await setUp({ ...cluster.machines[0]!, url: parts.webs.at(-1)!.url }, services.get(parts.webs[0]!)!)
  return { ...cluster, ...parts, services, start, ida }
}

/** The same person at another web process: the cookie that one gave is good at all. */
const at = (machine: Installation, person: Person): Person => guest(machine.url, person.headers())
/** A link as it would come through whatever balances the load. */
const through = (machine: Installation, link: string): string => link.replace('http://photos.test', machine.url)

test('two web and three worker processes are one service', { timeout: 300_000, skip }, async (t) => {
  const began = systemClock.now()
  const cluster = await running(t, 2, 3, { LOG_LEVEL: 'info' })
  const { webs, workers, services, database } = cluster
  const [here, there] = webs.map((web) => at(web, cluster.ida)) as [Person, Person]
  const gallery = await createGallery(here, { title: 'Begun here' })

  await t.test('an upload goes on at any process, piece by piece, and its sums are right', async () => {
    const [photo] = await photos(1, 900_000)
    const begun = await tus(here, '/api/uploads', 'POST', {
      'upload-length': String(photo!.bytes.length),
      'upload-metadata': `gallery ${btoa(gallery.id)},filename ${btoa(photo!.name)}`,
    })
    assert.equal(begun.status, 201)
    const path = new URL(begun.headers.get('location')!, webs[0]!.url).pathname
    const cuts = [0, 300_000, 600_000, 900_000]
    // the first process remembers the sum of its own first piece, which is no longer true when the third comes
    for (const [n, who] of [here, there, here].entries()) {
      const offset = (await tus(who, path, 'HEAD')).headers.get('upload-offset')
      assert.equal(offset, String(cuts[n]))
      const piece = photo!.bytes.subarray(cuts[n], cuts[n + 1])
      const sent = await tus(who, path, 'PATCH', { 'upload-offset': offset!, 'content-type': 'application/offset+octet-stream' }, piece)
      assert.deepEqual([sent.status, sent.headers.get('upload-offset')], [204, String(cuts[n + 1])])
    }
    const [item] = await allOf<Item>(there, `/api/galleries/${gallery.id}/items`)
    const original = await fetch(there.address(`/media/${item!.asset_id}/original`), { headers: there.headers() })
    assert.equal(sha256(Buffer.from(await original.arrayBuffer())), photo!.sha256)
    const { rows } = await sql<{ sum: string }>`select encode(sha256, 'hex') as sum from assets`.execute(database.db)
    assert.deepEqual(rows, [{ sum: photo!.sha256 }])
  })

  await t.test('what one publishes the other tells of, and its link works at both', async () => {
    await publish(here, gallery.id)
    const stream = await fetch(there.address(`/api/galleries/${gallery.id}/progress`), { headers: there.headers() })
    const told = (await stream.text()).match(/^data: .*$/gm)!.map((line) => JSON.parse(line.slice(6)) as Progress)
    assert.equal(told.at(-1)!.status, 'ready')
    const ready = await readyArchive(there, gallery.id)
    const { body } = await here.ask<DownloadResponse>(`/api/galleries/${gallery.id}/download`)
    for (const web of webs) {
      const answer = await fetch(through(web, body.download_url!))
      assert.equal(answer.status, 200)
      assert.equal(sha256(Buffer.from(await answer.arrayBuffer())), ready.checksum)
    }
  })

  await t.test('wrong passwords are counted over both', async () => {
    const statuses: number[] = []
    for (let n = 0; n < 6; n++) {
      const wrong = { email: 'nobody@example.com', password: 'not it' }
      statuses.push((await guest(webs[n % 2]!.url).ask('/api/session', { method: 'POST', body: wrong })).status)
    }
    assert.deepEqual(statuses, [401, 401, 401, 401, 401, 429])
  })

  await t.test('the night of three workers is one, and so is a minute of theirs', async () => {
    const nights = () =>
      workers.flatMap(
        (worker) =>
          services
            .get(worker)!
            .log()
            .match(/Running maintenance/g) ?? [],
      ).length
    await until(nights, { what: 'the maintenance' })
    // one whole minute in which nothing was started
    const { rows } = await sql<{ from: Date }>`select date_trunc('minute', now()) + interval '1 minute' as from`.execute(database.db)
    const from = rows[0]!.from
    const ticks = async () => {
      const { rows } = await sql<{ runs: number; tries: number }>`
        select count(*)::int as runs, coalesce(sum(retry_count), 0)::int as tries from queue.job
        where name = 'reconcile' and created_on >= ${from} and created_on < ${from}::timestamptz + interval '1 minute' and state = 'completed'`.execute(
        database.db,
      )
      return rows[0]!
    }
    await until(async () => (await ticks()).runs > 0, { what: 'the tick of the next minute', ms: 130_000, every: 500 })
    await sleep(8_000)
    assert.deepEqual(await ticks(), { runs: 1, tries: 0 })
    // where the hour of the night came meanwhile it was the night's turn as well
    const { rows: now } = await sql<{ now: Date }>`select now()`.execute(database.db)
    assert.equal(nights(), nightBefore(began).getTime() === nightBefore(now[0]!.now).getTime() ? 1 : 2)
  })

  await t.test('each process holds few connections', async () => {
    const { rows } = await sql<{ name: string; most: number }>`
      select application_name as name, count(*)::int as most from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid() group by 1 order by 1`.execute(database.db)
    t.diagnostic(rows.map(({ name, most }) => `${name}: ${most}`).join(', '))
  })
})

test('processes are started anew one after the other under load, and nothing is lost or broken', { timeout: 600_000, skip }, async (t) => {
  const cluster = await running(t, 2, 3)
  const { webs, services, machines, start } = cluster
  const [here, there] = webs.map((web) => at(web, cluster.ida)) as [Person, Person]
  const large = await createGallery(here, { title: 'Large' })
  await sendPhotos(webs[0]!, here, large.id, await photos(4, 2_000_000, 90_000))
  await publish(here, large.id)
  const archive = await readyArchive(here, large.id)
  const { body } = await here.ask<DownloadResponse>(`/api/galleries/${large.id}/download`)

  const inbox = await createGallery(here, { title: 'Inbox' })
  const ledger = freshLedger()
  const published: string[] = []
  let over = false
  let begun = 0
  let whole = 0
  let resumed = 0
  const upload = async (web: Installation, who: Person) => {
    while (!over) {
      begun += 1
      const [photo] = await photos(1, begun % 4 ? 60_000 : 400_000, begun)
      await sendPhoto(web, who, inbox.id, photo!, { chunkSize: 128 * 1024, ...noting(ledger) })
      ledger.done.push(photo!)
    }
  }
  const download = async () => {
    while (!over) {
      const got = await downloadAll(webs, body.download_url!, archive)
      assert.equal(got.sum, archive.checksum)
      whole += 1
      resumed += got.resumed
    }
  }
  const publishing = async () => {
    for (let n = 1; !over; n++) {
      const gallery = await patiently([here, there], (who) => createGallery(who, { title: `Published ${n}` }))
      await sendPhotos(webs[n % 2]!, here, gallery.id, await photos(2, 50_000, 50_000 + n * 10))
      await patiently([there, here], (who) => publish(who, gallery.id))
      published.push(gallery.id)
      await sleep(500)
    }
  }
  const load = Promise.all([upload(webs[0]!, here), upload(webs[1]!, there), upload(webs[0]!, here), download(), publishing()])
  const stops: number[] = []
  const roll = async () => {
    for (const machine of machines) {
      const { code, ms } = await services.get(machine)!.stop()
      assert.equal(code, 0)
      stops.push(Math.round(ms))
      await start(machine)
    }
  }
  await Promise.race([load, roll().finally(() => (over = true))])
  over = true
  await load
  assert.deepEqual(ledger.broken, [])
  await allArrived(there, inbox.id, ledger.done)
  for (const gallery of published) assert.equal((await readyArchive(there, gallery)).version, 1)
  assert.ok(whole > 0)
  await builtOnce(cluster, published)
  t.diagnostic(
    `5 restarts (stopped within ${Math.max(...stops)} ms): ${ledger.done.length} photos, ${whole} downloads (${resumed} went on elsewhere), ${published.length} published, 0 lost`,
  )
})

test(`three workers build ${galleries} galleries once each while one of them is killed every ${killEvery / 1000} s`, {
  timeout: 300_000 + galleries * 30_000,
  skip,
}, async (t) => {
  const cluster = await running(t, 1, 3, { LOG_LEVEL: 'info' })
  const { webs, workers, services, start, ida } = cluster
  /** Whoever builds at this moment, by its own log. */
  const builder = () => workers.find((worker) => builds(services.get(worker)?.log() ?? ''))
  const ids: string[] = []
  for (let n = 0; n < galleries; n++) {
    const { id } = await createGallery(ida, { title: `Gallery ${n}` })
    await ida.ask(`/api/galleries/${id}/clients`, { method: 'POST', body: { email: `client${n}@example.com` } })
    await sendPhotos(webs[0]!, ida, id, await photos(3, 2_000_000, n * 10))
    ids.push(id)
  }
  let kills = 0
  let over = false
  /** Who begins to build within the window, for a build is short; who begins at other times is left alone, or nobody would ever end one. */
  const window = killEvery / 4
  const soon = async (find: () => Installation | undefined) => {
    for (const until = Date.now() + window; Date.now() < until; await sleep(5)) {
      const found = find()
      if (found) return found
    }
    return undefined
  }
  const orphans: { job: string; at: number }[] = []
  const logs = workers.map((worker) => services.get(worker)!.log)
  const killing = (async () => {
    while (!over) {
      await sleep(killEvery - window)
      const worker = (await soon(builder)) ?? workers[kills % workers.length]!
      if (over) return
      const dying = services.get(worker)!
      await dying.kill()
      const at = Date.now()
      for (const job of heldBy(dying.log())) orphans.push({ job, at })
      kills += 1
      await start(worker)
      logs.push(services.get(worker)!.log)
    }
  })()
  const from = performance.now()
  for (const id of ids) {
    await publish(ida, id)
    await sleep(killEvery / 4)
  }
  for (const id of ids) await readyArchive(ida, id, 300_000)
  // every letter has left, too
  await until(async () => (await lettersWaiting(cluster)) === 0, { what: 'the letters', ms: 180_000, every: 200 })
  const took = performance.now() - from
  over = true
  await killing
  await builtOnce(cluster, ids)
  assert.ok(orphans.length > 0, 'nobody was killed at work')
  const begun = logs.flatMap((log) => acquired(log()))
  // by its id; where the reconciler was faster it is another job, and the checks above say that it was done
  const waits = orphans.flatMap(({ job, at }) => {
    const next = begun.filter((one) => one.job === job && one.at > at).map((one) => (one.at - at) / 1000)
    return next.length ? [Math.min(...next)] : []
  })
  const longest = Math.max(0, ...waits)
  assert.ok(longest < 120, `a killed worker's job went on after ${longest} s`)
  t.diagnostic(
    `${galleries} galleries in ${(took / 1000).toFixed(1)} s, ${kills} kills; of ${orphans.length} jobs that lost their worker ${waits.length} went on under their id, after ${longest.toFixed(1)} s at most`,
  )
})

interface Line {
  time: string
  message: string
  job?: string
  jobId?: string
}

const linesOf = (log: string): Line[] =>
  log.split('\n').flatMap((line) => (line.includes('[JobQueue]') && line.endsWith('}') ? [JSON.parse(line) as Line] : []))

const acquired = (log: string) =>
  linesOf(log).flatMap(({ message, jobId, time }) => (message.includes('Acquired') ? [{ job: jobId!, at: Date.parse(time) }] : []))

/** The jobs that this process has begun and not ended. */
function heldBy(log: string): string[] {
  const held = new Set<string>()
  for (const { message, jobId } of linesOf(log)) {
    if (message.includes('Acquired')) held.add(jobId!)
    else held.delete(jobId!)
  }
  return [...held]
}

/** Does this process build an archive at this moment? */
function builds(log: string): boolean {
  const held = new Set(heldBy(log))
  return linesOf(log).some(({ job, jobId }) => job === 'archive.build' && held.has(jobId!))
}

async function lettersWaiting({ database }: Cluster): Promise<number> {
  const { rows } = await sql<{ waiting: number; announced: number }>`
    select (select count(*)::int from letters where status = 'queued') as waiting,
      (select count(*)::int from queue.job where name = 'delivery.announce' and state < 'completed') as announced`.execute(database.db)
  return rows[0]!.waiting + rows[0]!.announced
}

/** One version each, ready, with all its photos; every client one letter. */
async function builtOnce({ database }: Cluster, ids: string[]): Promise<void> {
  const { rows } = await sql<{ versions: number; ready: number; missing: number; letters: number; clients: number }>`
    select count(*)::int as versions, count(*) filter (where a.status = 'ready')::int as ready, sum(a.missing_count)::int as missing,
      (select count(*)::int from letters l where l.gallery_id = g.id) as letters,
      (select count(*)::int from gallery_clients c where c.gallery_id = g.id) as clients
    from galleries g join archives a on a.gallery_id = g.id where g.id = any(${ids}::uuid[]) group by g.id`.execute(database.db)
  assert.equal(rows.length, ids.length)
  for (const { versions, ready, missing, letters, clients } of rows)
    assert.deepEqual({ versions, ready, missing, letters }, { versions: 1, ready: 1, missing: 0, letters: clients })
}

/** Downloads as a patient client does: where a line breaks it goes on from there, at the other process. */
async function downloadAll(webs: Installation[], link: string, archive: Archive): Promise<{ sum: string; resumed: number }> {
  const parts: Buffer[] = []
  let got = 0
  let etag = ''
  let resumed = 0
  for (let n = 0; got < archive.file_size_bytes; n++) {
    const headers: Record<string, string> = got ? { range: `bytes=${got}-`, 'if-range': etag } : {}
    try {
      const answer = await fetch(through(webs[n % 2]!, link), { headers })
      assert.equal(answer.status, got ? 206 : 200)
      etag = answer.headers.get('etag')!
      for await (const bytes of answer.body!) {
        parts.push(Buffer.from(bytes))
        got += bytes.length
      }
    } catch (error) {
      if (error instanceof assert.AssertionError) throw error
      resumed += 1
      await sleep(100)
    }
  }
  return { sum: sha256(Buffer.concat(parts)), resumed }
}

/** Asks one after the other until one answers: what a load balancer does for people. */
async function patiently<T>(people: Person[], ask: (person: Person) => Promise<T>): Promise<T> {
  for (let n = 0; ; n++) {
    try {
      return await ask(people[n % people.length]!)
    } catch (error) {
      if (error instanceof assert.AssertionError || n > 100) throw error
      await sleep(200)
    }
  }
}

function tus(person: Person, path: string, method: string, headers: Record<string, string> = {}, body?: Buffer): Promise<Response> {
  return fetch(person.address(path), { method, headers: { ...person.headers(), 'tus-resumable': '1.0.0', ...headers }, body: body ?? null })
}
