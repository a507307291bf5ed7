/** How fast the studio's lists are answered, over HTTP, to a photographer with 100,000 rows behind each of them. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { sql } from 'kysely'
import { newId } from '../src/base/id.ts'
import { insertCredential } from '../src/data/users.ts'
import { hashPassword } from '../src/http/password.ts'
import { type Embedded, startEmbedded } from '../src/ports/database/embedded.ts'
import { migrate } from '../src/ports/database/migrate.ts'
import type { Database } from '../src/ports/database/port.ts'
import { openDatabase } from '../src/ports/database/postgres.ts'
import { pgbossQueue } from '../src/ports/queue/pgboss.ts'
import { careless, quiet } from '../test/postgres.ts'
import { fill, today } from '../test/scale/fill.ts'
import type { Options } from './build.ts'
import { look, median } from './measure.ts'
import { figure, printTable, target } from './report.ts'
import { type Service, startService } from './service.ts'

// nine tenths belong to the first owner, and two in a hundred are deleted
const galleries = 115_000
const bigGallery = 20_000
const rounds = 20
const limit = 200
/** rows that are turned over before the deep page */
const depth = 5000
const admin = { email: 'owner1@example.com', password: 'a long enough password' }

export async function benchLists({ scratch }: Options): Promise<void> {
  const settings = { ...careless, wal_level: 'minimal', max_wal_senders: '0', max_wal_size: '4GB' }
  const data = path.join(scratch, 'data-lists')
  // where the service finds it running
  const server = await startEmbedded({ dir: path.join(data, 'postgres'), log: quiet, settings })
  const { db, close } = await openDatabase({ url: server.url })
  try {
    await prepare(db, server.url)
    const service = await startService(data, 'web')
    try {
      const ask = await signIn(service)
      const cpu = () => look(service.pid).cpu + cpuOf(server)
      const hook = await busiestHook(db)
      const found = await measure(ask, cpu, listsOf(hook))
      // now the same galleries are behind the Archives page
      await archive(db)
      found.push(...(await measure(ask, cpu, archived)))
      report(found)
    } finally {
      await service.stop()
    }
  } finally {
    await close()
    await server.stop()
  }
}

type Lists = Record<string, { address: string; sorts?: string[]; search?: string; filters?: string[]; deep?: boolean }>

const both = (...sorts: string[]) => sorts.flatMap((sort) => [`sort=${sort}&order=asc`, `sort=${sort}&order=desc`])

/** Every list of the studio: its first page, one far behind, a search that finds much and one in vain, and each order. */
const listsOf = (hook: string): Lists => ({
  galleries: {
    address: '/api/galleries',
    sorts: both('created_at', 'title', 'event_date', 'expires_at'),
    search: 'q',
    filters: ['draft', 'active', 'ended', 'archiving', 'archived'].map((state) => `state=${state}`),
    deep: true,
  },
  overview: { address: '/api/overview' },
  tracks: {
    address: '/api/tracks',
    sorts: ['created', 'expires', 'title'].map((sort) => `sort=${sort}`),
    search: 'search',
    filters: ['sort=expires&state=scheduled,rescuing,retrying,partial', 'sort=expires&state=lost'],
    deep: true,
  },
  'numbers of the rescue': { address: '/api/rescue/statistics' },
  'rescue under way': { address: '/api/rescue/work' },
  jobs: { address: '/api/jobs', filters: ['archive', 'export', 'letter', 'webhook', 'import'].map((kind) => `kind=${kind}`), deep: true },
  outbox: { address: '/api/letters', deep: true },
  'dead addresses': { address: '/api/suppressions' },
  activity: { address: '/api/activity', deep: true },
  notifications: { address: '/api/notifications', deep: true },
  webhooks: { address: '/api/webhooks' },
  'messages of a webhook': { address: `/api/webhooks/${hook}/deliveries`, deep: true },
  'photos of a gallery of 20,000': { address: `/api/galleries/gallery-${galleries}/items`, deep: true },
  'its activity': { address: `/api/galleries/gallery-${galleries}/activity` },
  'its feedback': { address: `/api/galleries/gallery-${galleries}/feedback` },
  'its clients': { address: `/api/galleries/gallery-${galleries}/clients` },
  'its links': { address: `/api/galleries/gallery-${galleries}/links` },
  'its letters and downloads': { address: `/api/galleries/gallery-${galleries}/deliveries` },
  'that gallery': { address: `/api/galleries/gallery-${galleries}` },
})

const archived: Lists = {
  archives: { address: '/api/admin/archives', sorts: both('archived_at', 'title', 'size', 'event_date'), search: 'q', deep: true },
  'galleries, all archived': { address: '/api/galleries', search: 'q', filters: ['state=active', 'state=archived'] },
  'overview, all archived': { address: '/api/overview' },
}

type Ask = (address: string) => Promise<{ rows?: { id: string }[]; next?: string | null }>

/** As the browser of an admin, who also sees what is of everybody. */
async function signIn({ url }: Service): Promise<Ask> {
  const headers = { 'content-type': 'application/json', origin: url }
  const answer = await fetch(`${url}/api/session`, { method: 'POST', headers, body: JSON.stringify(admin) })
  if (!answer.ok) throw new Error(`signing in: ${answer.status} ${await answer.text()}`)
  const cookie = answer.headers.getSetCookie().map((text) => text.split(';')[0]).join('; ') // biome-ignore format: one thought
  return async (address) => {
    const answer = await fetch(url + address, { headers: { cookie } })
    if (!answer.ok) throw new Error(`${address}: ${answer.status} ${await answer.text()}`)
    return (await answer.json()) as Awaited<ReturnType<Ask>>
  }
}

async function busiestHook(db: Database): Promise<string> {
  const { rows } = await sql<{
    id: string
  }>`select webhook_id as id from webhook_deliveries group by 1 order by count(*) desc limit 1`.execute(db)
  return rows[0]!.id
}

interface Found {
  name: string
  first: number
  median: number
  p95: number
  /** processor ms of one answer, the service and its database together */
  cpu: number
}

async function measure(ask: Ask, cpu: () => number, lists: Lists): Promise<Found[]> {
  const found: Found[] = []
  for (const [name, { address, sorts = [], search, filters = [], deep }] of Object.entries(lists)) {
    const ways: [string, string][] = [['', ''], ...[...sorts, ...filters].map((one): [string, string] => [` ${one}`, one])]
    if (search) for (const word of ['concert', 'song', 'nobody']) ways.push([` ${search}=${word}`, `${search}=${word}`])
    // each order has its own way to what lies behind
    if (deep)
      for (const one of sorts.length ? sorts : ['']) ways.push([` ${one} ${depth} behind`.replace('  ', ' '), await far(ask, address, one)])
    for (const [which, query] of ways) found.push({ name: name + which, ...(await timed(ask, cpu, `${address}?${query}`)) })
    process.stderr.write('.')
  }
  return found
}

/** The query of the page that lies that far behind the first. */
async function far(ask: Ask, address: string, query: string): Promise<string> {
  let cursor = ''
  for (let n = 0; n < depth; n += 200) {
    const { next } = await ask(`${address}?limit=200&${query}${cursor}`)
    if (!next) throw new Error(`${address} ends before ${depth} rows`)
    cursor = `&cursor=${next}`
  }
  return query + cursor
}

async function timed(ask: Ask, cpu: () => number, address: string): Promise<Omit<Found, 'name'>> {
  const once = async () => {
    const began = performance.now()
    await ask(address)
    return performance.now() - began
  }
  const first = await once()
  const before = cpu()
  const times: number[] = []
  for (let n = 0; n < rounds; n++) times.push(await once())
  const spent = ((cpu() - before) * 1000) / rounds
  times.sort((a, b) => a - b)
  return { first, median: median(times), p95: times[Math.ceil(rounds * 0.95) - 1]!, cpu: spent }
}

function report(found: Found[]): void {
  const ranked = found.toSorted((a, b) => b.cpu - a.cpu)
  printTable(
    `Lists of the studio, ${galleries} galleries in all, each asked ${rounds} times: the dearest first`,
    ['list', 'first ms', 'median ms', 'p95 ms', 'CPU ms an answer'],
    ranked.map(({ name, first, median, p95, cpu }) => [name, ...[first, median, p95, cpu].map(figure)]),
  )
  const slowest = found.reduce((a, b) => (b.p95 > a.p95 ? b : a))
  const dearest = ranked[0]!
  const note = `${slowest.name}; the dearest took ${figure(dearest.cpu)} ms of processor (${dearest.name})`
  target({ what: 'the slowest list of the studio, p95', limit, value: slowest.p95, unit: 'ms', note })
}

/** Processor seconds of PostgreSQL and all of its processes, those that have ended too. */
function cpuOf({ pid }: Embedded): number {
  const stat = (id: number | string) => readFileSync(`/proc/${id}/stat`, 'utf8').split(') ')[1]!.split(' ').slice(11, 15).map(Number)
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')
  const ticks = [pid, ...children].map((id) => {
    try {
      return stat(id).reduce((a, b) => a + b, 0)
    } catch {
      return 0 // it has just ended: its parent counts it from now on
    }
  })
  return ticks.reduce((a, b) => a + b, 0) / 100
}

/** An installation of two years that ends today; the first owner can sign in, and a third of the letters has failed. */
async function prepare(db: Database, url: string): Promise<void> {
  await migrate(db)
  const queue = await pgbossQueue({ db, url, log: quiet })
  await queue.stop(0)
  await fill(db, { galleries, photos: 2, bigGallery, endedJobs: 0 }, (line) => process.stderr.write(`${line}\n`))
  const gone = `make_interval(secs => ${(Date.now() - today.getTime()) / 1000})`
  const { rows } = await sql<{ id: string }>`select id from users where email = ${admin.email}`.execute(db)
  await insertCredential(db, newId(new Date()), rows[0]!.id, await hashPassword(admin.password), new Date())
  for (const statement of [
    `update galleries set expires_at = expires_at + ${gone}`,
    `update downloads set last_at = last_at + ${gone}`,
    `update rescues set expires_at = expires_at + ${gone}, due_at = due_at + ${gone}`,
    // no two songs have one name, and their singers are few
    `update items set title = md5(title) || ' song', artist = 'Artist ' || position % 100 where kind = 'track'`,
    `update letters set status = 'failed', error = 'mail_refused: 550 no such user' where recipient like '%.3@%'`,
    'vacuum analyze',
  ])
    await sql.raw(statement).execute(db)
}

/** All that has a ready ZIP is archived, as retiring would leave it. */
async function archive(db: Database): Promise<void> {
  for (const statement of [
    `update galleries g set state = 'archived', archived_at = g.created_at + interval '9 days', final_archive_id = a.id
      from archives a where a.gallery_id = g.id and a.purpose = 'delivery' and a.status = 'ready' and g.state in ('expired', 'active')`,
    `insert into archive_proofs (id, archive_id, checksum, verified_at)
      select gen_random_uuid(), final_archive_id, '', archived_at from galleries where state = 'archived'`,
    'vacuum analyze',
  ])
    await sql.raw(statement).execute(db)
}
