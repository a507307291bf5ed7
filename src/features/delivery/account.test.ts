/** Letters about no gallery: they are sent, read in the outbox and sent again as all others. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { LetterText, Letter as LetterView, Page } from '../../../sdk/src/wire.ts'
import type { Office } from '../../../test/post-office.ts'
import type { TestWorld } from '../../../test/world.ts'
import { makeServer } from '../../app/server.ts'
import { suppress } from '../../data/suppressions.ts'
import type { App } from '../../http/app.ts'
import { makeGuard } from '../../http/guard.ts'
import { memoryStorage } from '../../ports/storage/memory.ts'
import { createKey } from '../accounts/keys.ts'
import { createUser } from '../accounts/users.ts'
import { createGallery } from '../galleries/edit.ts'
import { watchRoom } from '../operations/room.ts'
import { deliveryRoutes } from './routes.ts'
import { send } from './send.ts'
import { job, letterWorld } from './testbed.test.ts'

let world: TestWorld
let office: Office
let app: App
let close: () => Promise<void>
let asking: string
before(async () => {
  ;({ world, office, close } = await letterWorld())
  asking = world.ownerId
  const read = async () => ({ userId: asking, role: 'owner' as const })
  app = await makeServer({ deps: world.deps, guard: makeGuard(world.deps, { read }), routes: [deliveryRoutes] })
})
after(async () => {
  await app.close()
  await close()
})

const ask = (method: 'GET' | 'POST', url: string) => app.inject({ method, url, headers: { cookie: 'a=b' } })
const written = (kind: 'key_made' | 'storage_filling') =>
  world.deps.db.selectFrom('letters').selectAll().where('kind', '=', kind).orderBy('createdAt').orderBy('id').execute()
const plain = (raw: string) => raw.replace(/=\r?\n/g, '').replaceAll('=3D', '=')

test('whoever gets an API key hears of it in the language of their newest gallery, and the key is not in the letter', async () => {
  await createGallery(world.deps, world.ownerId, { title: 'Erste', change: { locale: 'de' } })
  const { key } = await createKey(world.deps, world.ownerId, { name: 'Lightroom', scopes: ['galleries:read', 'galleries:write'] })
  const [letter] = await written('key_made')
  assert.deepEqual([letter!.galleryId, letter!.ownerId, letter!.locale], [null, world.ownerId, 'de'])
  await send(world.deps, letter!.id, job())
  const { to, raw } = office.taken.at(-1)!
  assert.equal(to, 'ida@example.com')
  for (const fact of ['Lightroom', 'galleries:read, galleries:write', 'http://keepsake.test/']) assert.ok(plain(raw).includes(fact), fact)
  assert.ok(!plain(raw).includes(key.slice(3)))
})

test('a letter about no gallery stands in its owner’s outbox alone, can be read there and sent again', async () => {
  const { rows } = (await ask('GET', '/api/letters')).json<Page<LetterView>>()
  const [shown] = rows
  assert.deepEqual([shown!.kind, shown!.gallery_id, shown!.gallery_title, shown!.status], ['key_made', null, null, 'sent'])
  assert.match((await ask('GET', `/api/letters/${shown!.id}`)).json<LetterText>().text, /Lightroom/)
  const again = (await ask('POST', `/api/letters/${shown!.id}/resend`)).json<LetterView>()
  await send(world.deps, again.id, job())
  assert.equal(office.taken.length, 2)
  assert.match(plain(office.taken[1]!.raw), /Lightroom/)
  asking = (await createUser(world.deps, { name: 'Otto', email: 'otto@example.com', password: 'a long password', role: 'owner' })).id
  assert.equal((await ask('GET', `/api/letters/${shown!.id}`)).statusCode, 404)
  assert.deepEqual((await ask('GET', '/api/letters')).json<Page<LetterView>>().rows, [])
  asking = world.ownerId
})

test('an address that takes no letters gets none about its account either', async () => {
  const otto = await createUser(world.deps, { name: 'Otto', email: 'gone@example.com', password: 'a long password', role: 'owner' })
  const now = world.clock.now()
  const noted = { ownerId: otto.id, address: 'gone@example.com', reason: 'bounce' as const, galleryId: null, detail: null }
  await suppress(world.deps.db, { ...noted, id: otto.id, since: now })
  await createKey(world.deps, otto.id, { name: 'unread', scopes: ['galleries:read'] })
  const his = async () => (await written('key_made')).find(({ recipient }) => recipient === 'gone@example.com')!
  await send(world.deps, (await his()).id, job())
  assert.equal((await his()).status, 'suppressed')
  assert.equal(office.taken.length, 2)
})

test('a disk that fills up is told once at 80 and once at 95 percent to every admin, and anew when there was room again', async () => {
  await createUser(world.deps, { name: 'Second', email: 'second@example.com', password: 'a long password', role: 'admin' })
  const storage = memoryStorage({ clock: world.clock })
  const full = async (percent: number) => {
    storage.space = { free: 100 - percent, total: 100 }
    await watchRoom({ ...world.deps, storage })
    return (await written('storage_filling')).map(({ recipient, facts }) => `${recipient.split('@')[0]} ${facts.percent}`).sort()
  }
  assert.deepEqual(await full(79), [])
  assert.deepEqual(await full(80), ['ida 80', 'second 80'])
  assert.deepEqual((await full(94)).length, 2)
  assert.deepEqual((await full(76)).length, 2, 'it swings around the step')
  assert.deepEqual((await full(81)).length, 2)
  assert.deepEqual((await full(96)).length, 4)
  assert.deepEqual((await full(88)).length, 4, 'below 95: there is room again, and 80 was told')
  assert.deepEqual((await full(95)).length, 6)
  assert.deepEqual((await full(10)).length, 6)
  assert.deepEqual((await full(97)).length, 8, 'one letter for both steps')
  const letter = (await written('storage_filling')).find(({ recipient, facts }) => recipient.startsWith('second') && facts.percent === 80)
  await send(world.deps, letter!.id, job())
  assert.match(plain(office.taken.at(-1)!.raw), /Subject: The storage is 80 % full/)
  // a bucket does not say how large it is
  storage.space = null
  await watchRoom({ ...world.deps, storage })
  assert.equal((await written('storage_filling')).length, 8)
})
