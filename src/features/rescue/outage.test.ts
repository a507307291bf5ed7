/**
 * P12: a month of a provider that fails in every way, in simulated time: three of ten answers are an error, junk, a cut body or "too
 * many", some of these asking for more time than is left; it is down for three days; some files are deleted early. What it serves at any
 * time between schedule and end is saved, and of the rest the owner hears while something could still be done.
 */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { sql } from 'kysely'
import { handlers } from '../../app/worker.ts'
import { days, hours, after as later, minutes } from '../../base/clock.ts'
import { findAsset } from '../../data/assets.ts'
import { listRounds } from '../../data/tracks.ts'
import { readWhole } from '../../ports/bytes.ts'
import { writeOut } from '../delivery/write.ts'
import { addTracks } from './add.ts'
import { rescueStatistics } from './statistics.ts'
import { digestTracks, tellOwners } from './tell.ts'
import { type Bed, bed, song } from './testbed.test.ts'

let b: Bed
before(async () => {
  b = await bed()
})
after(() => b.close())

/** The same numbers at every run. */
function dice(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

const html = Buffer.from('<!doctype html><title>Error</title><p>Something went wrong</p>'.repeat(30))

// more of them by hand: KEEPSAKE_TEST_TRACKS=1000
const size = Number(process.env.KEEPSAKE_TEST_TRACKS ?? 200)

interface Song {
  id: string
  bytes: Buffer
  /** when the provider really deletes it */
  gone: Date
  expiresAt: Date
  scheduledAt: Date
}

test('P12: what is still served is saved before its end, and every loss is told while it could still be prevented', {
  timeout: 600_000,
}, async (t) => {
  const { world, provider } = b
  const { deps, clock } = world
  const roll = dice(7)
  const me = await b.owner()
  const start = clock.now()
  const outage = { from: later(start, days(20)), to: later(start, days(23)) }
  const songs: Song[] = []
  for (let n = 0; n < size; n++) {
    const bytes = song()
    const madeAt = later(start, -days(13) + (days(30) * n) / size)
    const [added] = await addTracks(deps, me, [
      {
        ...b.offer({}, { audio: null }),
        providerRef: `${n}`,
        audioUrl: `${provider.url}/sim/${n}.mp3`,
        madeAt: null,
        expiresAt: later(madeAt, days(15)),
      },
    ])
    const { rows } = await sql<{ scheduledAt: Date; expiresAt: Date }>`
      update rescues set made_at = ${madeAt}, scheduled_at = ${later(madeAt, days(13))}, due_at = ${later(madeAt, days(13))}
      where item_id = ${added!.id} returning scheduled_at, expires_at`.execute(deps.db)
    const early = n % 40 === 39
    // some go a day before they should; the others go as announced
    const gone = early ? later(rows[0]!.expiresAt, -days(1)) : rows[0]!.expiresAt
    const one: Song = { id: added!.id, bytes, gone, ...rows[0]! }
    songs.push(one)
    provider.answers.set(`/sim/${n}.mp3`, (_, answer) => {
      const now = clock.now()
      if (now >= outage.from && now < outage.to) return void answer.destroy()
      if (now > gone) return void answer.writeHead(404).end()
      const luck = roll()
      if (luck < 0.06) return void answer.writeHead(500).end('oops')
      if (luck < 0.12) return void answer.writeHead(429, { 'retry-after': luck < 0.08 ? '864000' : '300' }).end()
      if (luck < 0.18) return void answer.writeHead(200, { 'content-type': 'audio/mpeg' }).end(html)
      if (luck < 0.24)
        return void answer.writeHead(200, { 'content-length': bytes.length }).write(bytes.subarray(0, 900), () => answer.destroy())
      if (luck < 0.3) return void answer.writeHead(200).end(bytes.subarray(0, bytes.length / 2))
      answer.writeHead(200, { 'content-type': 'audio/mpeg', 'content-length': bytes.length }).end(bytes)
    })
  }

  const heard = new Map<string, Date>()
  let rounds = 0
  for (const end = later(start, days(34)); clock.now() < end; rounds++) {
    await b.go({ ownerId: me, limit: 100_000 })
    await tellOwners(deps)
    await digestTracks(deps)
    const { rows } = await sql<{ due: Date | null; toTell: number; told: string[] }>`
      select min(due_at) as due, array(select item_id::text from rescues where owner_id = ${me} and told > 0) as told from rescues where owner_id = ${me}`.execute(
      deps.db,
    )
    for (const id of rows[0]!.told) if (!heard.has(id)) heard.set(id, clock.now())
    const due = rows[0]!.due
    const next = Math.max(
      clock.now().getTime() + minutes(5),
      Math.min(due?.getTime() ?? Number.POSITIVE_INFINITY, clock.now().getTime() + hours(6)),
    )
    clock.advance(next - clock.now().getTime())
  }

  const { rows } = await sql<{
    itemId: string
    state: string
    archivedAt: Date | null
  }>`select item_id, state, archived_at from rescues where owner_id = ${me}`.execute(deps.db)
  const states = new Map(rows.map((row) => [row.itemId, row]))
  /** hours between schedule and end in which the provider had it and was there */
  const served = ({ scheduledAt, gone }: Song): number => {
    const [from, to] = [scheduledAt.getTime(), gone.getTime()]
    const away = Math.max(0, Math.min(to, outage.to.getTime()) - Math.max(from, outage.from.getTime()))
    return (to - from - away) / hours(1)
  }
  const lost = songs.filter((one) => states.get(one.id)!.state === 'lost')
  // two hours are several tries, also for who has been unlucky once
  const servedAndLost = lost.filter((one) => served(one) > 2)
  for (const one of servedAndLost) {
    const tries = await listRounds(deps.db, one.id)
    const told = tries.map((round) => `${round.startedAt.toISOString()} ${round.outcome} ${round.errorDetail}`)
    t.diagnostic([one.scheduledAt.toISOString(), one.gone.toISOString(), ...told.reverse()].join('\n'))
  }
  assert.deepEqual(
    servedAndLost.map((one) => [one.id, served(one)]),
    [],
  )
  for (const one of songs) {
    const { state, archivedAt } = states.get(one.id)!
    assert.ok(state === 'rescued' || state === 'lost', state)
    if (state === 'rescued') assert.ok(archivedAt! <= one.expiresAt)
  }
  assert.ok(lost.length > 0, 'an outage longer than the window loses something')
  for (const one of lost) assert.ok(heard.get(one.id)! < one.expiresAt, 'told before the end')
  const { archive_percentage, urgent_archive_needed } = await rescueStatistics(deps, me)
  assert.ok(archive_percentage >= 95, `${archive_percentage}`)
  assert.equal(urgent_archive_needed, 0)

  // no good copy is damaged: every stored byte is what the provider had
  for (const one of songs.filter(({ id }) => states.get(id)!.state === 'rescued')) {
    const { audio } = (await b.see(me, one.id)).play
    const asset = (await findAsset(deps.db, audio!.split('/').at(-1)!))!
    const bytes = await readWhole(await deps.storage.open(asset.storageKey, 0, asset.size), asset.size)
    assert.ok(createHash('sha256').update(bytes).digest().equals(createHash('sha256').update(one.bytes).digest()))
  }

  // letters: what was told names what it is about; nobody is flooded
  const letters = await deps.db.selectFrom('letters').selectAll().where('ownerId', '=', me).orderBy('createdAt').execute()
  const count = (kind: string) => letters.filter((letter) => letter.kind === kind).length
  const lostTold = letters
    .filter(({ kind }) => kind === 'tracks_lost')
    .reduce((sum, { facts }) => sum + (facts as { count: number }).count, 0)
  assert.equal(lostTold, lost.length, 'each loss is told once')
  // at most one of each stage (four of danger, one of loss) and one digest in a day that begins at six
  const perDay = Map.groupBy(letters, ({ kind, createdAt }) => `${kind} ${later(createdAt, -hours(6)).toISOString().slice(0, 10)}`)
  for (const [of, those] of perDay) assert.ok(those.length <= (of.startsWith('tracks_at_risk') ? 4 : 1), `${those.length} of ${of}`)
  const { subject, text } = await writeOut(deps, letters.find(({ kind }) => kind === 'tracks_lost')!)
  assert.match(subject, /lost/)
  assert.match(text, /http:\/\/keepsake\.test\/rescue/)
  t.diagnostic(
    `${rounds} rounds, ${provider.asked.length} requests; ${lost.length} of ${songs.length} lost; letters: ${count('tracks_at_risk')} at risk, ${count('tracks_lost')} lost, ${count('tracks_digest')} digests`,
  )
})

test('thirty tracks that fail on one day are told of once for each stage; one that would be gone by tomorrow is not kept waiting', async () => {
  const { deps, clock } = b.world
  const me = await b.owner()
  // at seven: the day is young
  clock.advance(days(1) - ((clock.now().getTime() - hours(7)) % days(1)))
  const letters = () => deps.db.selectFrom('letters').select(['kind', 'facts']).where('ownerId', '=', me).orderBy('createdAt').execute()
  for (let n = 0; n < 30; n++) {
    await b.add(
      me,
      b.offer({ madeAt: later(clock.now(), -days(13) + minutes(1)), expiresAt: later(clock.now(), days(4)) }, { audio: null }),
    )
    clock.advance(minutes(2))
    await b.go({ ownerId: me })
    await tellOwners(deps)
  }
  const first = await letters()
  assert.deepEqual(
    first.map(({ kind, facts }) => [kind, (facts as { count: number }).count]),
    [['tracks_at_risk', 1]],
  )
  // these go within the hour: the first is urgent for the first time today, and the second cannot wait for tomorrow
  for (const letterNo of [2, 3]) {
    clock.advance(minutes(20))
    await b.add(me, b.offer({ expiresAt: later(clock.now(), hours(1)) }, { audio: null }))
    await b.go({ ownerId: me })
    await tellOwners(deps)
    await tellOwners(deps)
    assert.equal((await letters()).length, letterNo)
  }
  clock.advance(hours(24))
  await tellOwners(deps)
  await tellOwners(deps)
  const next = (await letters()).slice(3)
  assert.ok(next.length <= 4, `${next.length} letters`)
  const { rows } = await sql<{ n: number }>`select count(*)::int as n from rescues where owner_id = ${me} and told > 0`.execute(deps.db)
  assert.equal(rows[0]!.n, 32, 'each is told')
})

test('one track that fails is told in the words of 002, in the owner’s language, once for each stage', async () => {
  const { deps, clock } = b.world
  const me = await b.owner()
  const [id] = await b.add(me, b.offer({ title: 'Тишина' }, { audio: null }))
  await sql`update galleries set locale = 'ru' where owner_id = ${me}`.execute(deps.db)
  for (const wait of [0, minutes(20), hours(25), hours(15), hours(9)]) {
    clock.advance(wait)
    await b.go({ ownerId: me })
    await tellOwners(deps)
    await tellOwners(deps)
  }
  const letters = await deps.db.selectFrom('letters').selectAll().where('ownerId', '=', me).orderBy('createdAt').execute()
  assert.deepEqual(
    letters.map(({ kind }) => kind),
    [...Array(4).fill('tracks_at_risk'), 'tracks_lost'],
  )
  const first = await writeOut(deps, letters[0]!)
  assert.equal(first.subject, 'Не удалось архивировать трек "Тишина"')
  assert.ok(first.text.includes('Трек "Тишина" не был сохранен. Он может стать недоступен.'))
  assert.ok(first.text.includes(`http://keepsake.test/rescue?track=${id}`))
  const notices = await deps.db.selectFrom('notifications').selectAll().where('userId', '=', me).execute()
  assert.equal(notices.length, 5)
})

test('a track whose sound is here is not told of while its cover is asked for once more', async () => {
  const { deps, clock } = b.world
  const me = await b.owner()
  const cover = `${b.provider.url}/never-there.png`
  const [id] = await b.add(me, b.offer({ coverUrl: cover }))
  await b.go({ ownerId: me })
  clock.advance(minutes(10))
  // at the moment the owners are told it is being fetched
  b.provider.answers.set('/never-there.png', (_, answer) => {
    void tellOwners(deps).then(() => answer.writeHead(404).end())
  })
  await b.go({ ownerId: me })
  assert.deepEqual([(await b.see(me, id!)).state, b.asked(cover)], ['partial', 2])
  assert.deepEqual(await deps.db.selectFrom('letters').select('kind').where('ownerId', '=', me).execute(), [])
})

test('who is told of thousands of tracks does not hide those of others', async () => {
  const { deps, clock } = b.world
  const [many, other] = [await b.owner(), await b.owner()].sort() as [string, string]
  const [first] = await b.add(many, b.offer({ expiresAt: later(clock.now(), days(1)) }, { audio: null }))
  const [theirs] = await b.add(other, b.offer({ expiresAt: later(clock.now(), days(1)) }, { audio: null }))
  await sql`
    with fresh as (insert into items (id, gallery_id, kind, title, position, created_at)
      select gen_random_uuid(), gallery_id, kind, 'One of many', n, created_at from items, generate_series(1, 5000) n where id = ${first} returning id)
    insert into rescues (item_id, owner_id, provider, provider_ref, state, made_at, expires_at, scheduled_at, due_at, rounds, told, created_at)
    select fresh.id, owner_id, provider, fresh.id::text, 'retrying', made_at, expires_at - interval '1 second', scheduled_at, null, 1, 2, r.created_at
    from fresh, rescues r where r.item_id = ${first}`.execute(deps.db)
  await b.go({ trackId: theirs! })
  await tellOwners(deps)
  const letters = await deps.db.selectFrom('letters').select('kind').where('ownerId', '=', other).execute()
  assert.deepEqual(letters, [{ kind: 'tracks_at_risk' }])
  await sql`update rescues set told = 5 where owner_id = ${many}`.execute(deps.db)
})

test('while our own store is away nothing is saved, and the owners hear of it', async () => {
  const { deps, clock, dir } = b.world
  const me = await b.owner()
  await b.add(me, b.offer({ expiresAt: later(clock.now(), days(2)) }))
  await rename(join(dir, 'marker.json'), join(dir, 'away.json'))
  try {
    await assert.rejects(b.go({ ownerId: me }), { code: 'storage_unreachable' })
    clock.advance(hours(30))
    const job = { signal: new AbortController().signal, attempt: 1, last: true }
    await assert.rejects(handlers(deps).reconcile({}, job), { code: 'storage_unreachable' })
  } finally {
    await rename(join(dir, 'away.json'), join(dir, 'marker.json'))
  }
  const letters = await deps.db.selectFrom('letters').select('kind').where('ownerId', '=', me).execute()
  assert.deepEqual(letters, [{ kind: 'tracks_at_risk' }])
})
