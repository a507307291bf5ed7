/** Tracks come in, are listed, change and go: each for its owner alone. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type TestWorld, testWorld } from '../../../test/world.ts'
import { days } from '../../base/clock.ts'
import { isCode } from '../../base/errors.ts'
import { listGalleries } from '../../data/galleries.ts'
import { findTrack, pageTracks } from '../../data/tracks.ts'
import { createUser } from '../accounts/users.ts'
import { addTracks, type NewTrack } from './add.ts'
import { removeTrack } from './remove.ts'
import { rescueStatistics } from './statistics.ts'
import { viewTrack } from './view.ts'

let world: TestWorld
before(async () => {
  world = await testWorld()
})
after(() => world.close())

let count = 0
const owner = async () =>
  (await createUser(world.deps, { name: 'Jo', email: `jo${++count}@example.com`, password: 'a long password', role: 'owner' })).id
const track = (more: Partial<NewTrack> = {}): NewTrack => ({
  provider: 'suno',
  providerRef: `ref ${++count}`,
  title: 'Lovely',
  artist: 'Mara',
  audioUrl: 'http://127.0.0.1:9/1.mp3',
  coverUrl: null,
  videoUrl: null,
  madeAt: null,
  expiresAt: null,
  seconds: null,
  isPublic: false,
  ...more,
})

test('the same track of a provider twice is one, and what is new about it is taken over', async () => {
  const me = await owner()
  const one = track()
  const [first, twin] = await addTracks(world.deps, me, [one, one])
  assert.deepEqual([first!.added, first!.state, twin!.added, twin!.id], [true, 'scheduled', false, first!.id])
  const later = after13()
  const [again] = await addTracks(world.deps, me, [
    { ...one, audioUrl: 'http://127.0.0.1:9/2.mp3', coverUrl: 'http://127.0.0.1:9/2.jpg', expiresAt: later },
  ])
  assert.deepEqual([again!.added, again!.id], [false, first!.id])
  const view = viewTrack((await findTrack(world.deps.db, me, first!.id))!, world.clock.now())
  assert.deepEqual(
    [view.audio_url, view.cover_url, view.expires_at],
    ['http://127.0.0.1:9/2.mp3', 'http://127.0.0.1:9/2.jpg', later.toISOString()],
  )
  assert.deepEqual([view.play.audio, view.storage_audio_url, view.archived_to_storage], [view.audio_url, null, false])
})
const after13 = () => new Date(world.clock.now().getTime() + days(20))

test('many who add at once make one library, which no list of galleries shows', async () => {
  const me = await owner()
  const same = Array.from({ length: 8 }, () => track({ providerRef: 'the same' }))
  const answers = await Promise.all(same.map((one) => addTracks(world.deps, me, [one])))
  assert.equal(new Set(answers.map(([one]) => one!.id)).size, 1)
  assert.equal(answers.filter(([one]) => one!.added).length, 1)
  assert.deepEqual(await listGalleries(world.deps.db, { ownerId: me }, { limit: 10, now: world.clock.now() }), [])
  const { rows } = await world.deps.db
    .selectFrom('galleries')
    .select('id')
    .where('ownerId', '=', me)
    .execute()
    .then((rows) => ({ rows }))
  assert.equal(rows.length, 1)
})

test('an address that may never be asked adds nothing at all', async () => {
  const me = await owner()
  const bad = [track(), track({ coverUrl: 'http://10.0.0.1/secret.jpg' })]
  await assert.rejects(addTracks(world.deps, me, bad), (error) => isCode(error, 'address_refused'))
  assert.deepEqual(await pageTracks(world.deps.db, me, { limit: 10, sort: 'created' }), [])
})

test('pages follow each other without a gap in every order, and search reads title and artist', async () => {
  const me = await owner()
  const now = world.clock.now().getTime()
  const tracks = Array.from({ length: 23 }, (_, i) =>
    track({
      title: `Song ${String((i * 7) % 23).padStart(2, '0')}`,
      artist: i % 2 ? 'Nina' : null,
      expiresAt: new Date(now + days(3 + ((i * 5) % 9))),
    }),
  )
  await addTracks(world.deps, me, tracks)
  for (const sort of ['created', 'expires', 'title'] as const) {
    const seen: string[] = []
    for (let at: { value: string; id: string } | undefined; ; ) {
      const rows = await pageTracks(world.deps.db, me, { limit: 5, sort, after: at })
      seen.push(...rows.map((row) => row.itemId))
      const last = rows.at(-1)
      if (!last || rows.length < 5) break
      at = { value: last.value, id: last.itemId }
    }
    assert.equal(new Set(seen).size, 23, sort)
    assert.equal(seen.length, 23, sort)
  }
  const byTitle = await pageTracks(world.deps.db, me, { limit: 30, sort: 'title' })
  assert.deepEqual(
    byTitle.map((row) => row.title),
    byTitle.map((row) => row.title).sort(),
  )
  assert.equal((await pageTracks(world.deps.db, me, { limit: 30, sort: 'title', search: 'nin' })).length, 11)
  assert.equal((await pageTracks(world.deps.db, me, { limit: 30, sort: 'title', search: '%' })).length, 0)
})

test('a search that finds much follows the order page by page, and leaves out what does not match', async () => {
  const me = await owner()
  const now = world.clock.now().getTime()
  const of = (i: number) => ({ title: i % 5 ? `Song ${i}` : `Noise ${i}`, expiresAt: new Date(now + days(3 + ((i * 7) % 11))) })
  await addTracks(
    world.deps,
    me,
    Array.from({ length: 750 }, (_, i) => track(of(i))),
  )
  for (const sort of ['created', 'expires', 'title'] as const) {
    const all = (await pageTracks(world.deps.db, me, { limit: 1000, sort })).filter(({ title }) => title.startsWith('Song'))
    const first = await pageTracks(world.deps.db, me, { limit: 350, sort, search: 'song' })
    const last = first.at(-1)!
    const rest = await pageTracks(world.deps.db, me, { limit: 350, sort, search: 'song', after: { value: last.value, id: last.itemId } })
    assert.equal(all.length, 600)
    assert.deepEqual(
      [...first, ...rest].map(({ itemId }) => itemId),
      all.map(({ itemId }) => itemId),
      sort,
    )
  }
})

test('what its owner has deleted stays deleted, and nobody else can delete it', async () => {
  const [me, other] = [await owner(), await owner()]
  const one = track()
  const [added] = await addTracks(world.deps, me, [one])
  await assert.rejects(removeTrack(world.deps, other, added!.id), (error) => isCode(error, 'not_found'))
  await removeTrack(world.deps, me, added!.id)
  assert.equal(await findTrack(world.deps.db, me, added!.id), undefined)
  const [again] = await addTracks(world.deps, me, [one])
  assert.deepEqual([again!.added, again!.state], [false, 'deleted'])
  const [theirs] = await addTracks(world.deps, other, [one])
  assert.deepEqual([theirs!.added, theirs!.id === added!.id], [true, false])
})

test('statistics are true at every look, and what has expired is not urgent', async () => {
  const me = await owner()
  const now = world.clock.now().getTime()
  const ends = [-1, 0.5, 1.9, 2.1, 9].map((n) => track({ madeAt: new Date(now - days(10)), expiresAt: new Date(now + days(n)) }))
  const [, half] = await addTracks(world.deps, me, ends)
  await world.deps.db.updateTable('rescues').set({ rounds: 2 }).where('itemId', '=', half!.id).execute()
  const found = await rescueStatistics(world.deps, me)
  assert.deepEqual([found.total_tracks, found.pending_archive, found.urgent_archive_needed, found.expired_tracks], [5, 4, 2, 1])
  assert.deepEqual(found.days_left, [
    { days: 0, tracks: 1, failing: 1 },
    { days: 1, tracks: 1, failing: 0 },
    { days: 2, tracks: 1, failing: 0 },
    { days: 9, tracks: 1, failing: 0 },
  ])
  assert.equal((await rescueStatistics(world.deps, await owner())).archive_percentage, 100)
})
