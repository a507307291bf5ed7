/** Guests like, rate and comment; the photographer hears it, hides it, and takes it away: judged by Python's csv and XML readers and by unzip. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { sql } from 'kysely'
import type {
  Client,
  ClientData,
  Comment,
  CommentInput,
  Favorites,
  FeedbackMe,
  FeedbackRow,
  FeedbackSummary,
  Gallery,
  GalleryInput,
  GuestFeedback,
  Item,
  ItemFeedback,
  Letter,
  LetterText,
  NewLink,
  Notifications,
  Page,
  Problem,
} from '../../sdk/src/wire.ts'
import { days, after as later, seconds } from '../../src/base/clock.ts'
import { listStored } from '../../src/data/assets.ts'
import { listFeedback } from '../../src/data/feedback.ts'
import { findGallery, lockGallery } from '../../src/data/galleries.ts'
import { feedbackLimits } from '../../src/domain/feedback.ts'
import { makePlan } from '../../src/domain/plan.ts'
import { publish } from '../../src/features/archives/publish.ts'
import { restore } from '../../src/features/archives/restore.ts'
import { retire } from '../../src/features/archives/retire.ts'
import { leaveComment, leaveMark } from '../../src/features/feedback/leave.ts'
import { clearDeleted } from '../../src/features/operations/retention.ts'
import { importFolder } from '../../src/features/uploads/import.ts'
import { photoBytes } from '../pictures.ts'
import { type Served, served } from '../served.ts'
import type { Answer, Asking, Person } from './people.ts'

let s: Served
before(async () => {
  s = await served()
  await s.world.work({ 'delivery.announce': async () => {}, 'delivery.send': async () => {} })
})
after(() => s.close())

let count = 0
interface Shown {
  gallery: Gallery
  items: Item[]
}
/** A published gallery with these photos; two may have one name. */
async function shown(change: Partial<GalleryInput> = {}, names = ['IMG_1.jpg', 'IMG_2.jpg']): Promise<Shown> {
  const { body } = await s.ida.ask<Gallery>('/api/galleries', { method: 'POST', body: { title: `Heard ${++count}`, ...change } })
  for (const [i, name] of names.entries()) {
    const folder = mkdtempSync('/tmp/keepsake-feedback-')
    writeFileSync(path.join(folder, name), await photoBytes(count * 100 + i, { width: 60, height: 40 }))
    await importFolder(s.world.deps, { ...body, ownerId: s.world.ownerId } as never, folder)
    rmSync(folder, { recursive: true })
    s.world.clock.advance(seconds(1))
  }
  await publish(s.world.deps, body.id, { userId: null, source: 'publish' })
  const { rows } = (await s.ida.ask<Page<Item>>(`/api/galleries/${body.id}/items`)).body
  return { gallery: body, items: rows }
}

const about = ({ gallery, items }: Shown, n: number, rest: string) => `/api/g/${gallery.slug}/items/${items[n]!.id}/${rest}`
/** As a person acts: a second after what was done before. */
function act<T>(who: Person, path: string, asking: Asking): Promise<Answer<T>> {
  s.world.clock.advance(seconds(1))
  return who.ask<T>(path, asking)
}
const like = (who: Person, at: Shown, n: number, method = 'PUT') => act<Problem>(who, about(at, n, 'like'), { method })
const mark = (who: Person, at: Shown, n: number, method = 'PUT') => act<Problem>(who, about(at, n, 'favorite'), { method })
const rate = (who: Person, at: Shown, n: number, rating: unknown) =>
  act<Problem>(who, about(at, n, 'rating'), { method: 'PUT', body: { rating } })
const say = (who: Person, at: Shown, n: number, body: CommentInput) =>
  act<Comment & Problem>(who, about(at, n, 'comments'), { method: 'POST', body })
const commentsOn = async (who: Person, at: Shown, n: number, query = '') =>
  (await who.ask<Page<Comment>>(about(at, n, `comments${query}`))).body
const name = (who: Person, { gallery }: Shown, body: object) =>
  who.ask<FeedbackMe & Problem>(`/api/g/${gallery.slug}/me`, { method: 'PUT', body })
const heard = async (who: Person, { gallery }: Shown) => (await who.ask<GuestFeedback>(`/api/g/${gallery.slug}/feedback`)).body
const countsOf = async (who: Person, at: Shown, n: number) => (await heard(who, at)).items.find((i) => i.item === at.items[n]!.id)
const rows = async ({ gallery }: Shown, query = '') =>
  (await s.ida.ask<Page<FeedbackRow>>(`/api/galleries/${gallery.id}/feedback${query}`)).body
const hide = (row: { id: string }, { gallery }: Shown, hidden: boolean) =>
  s.ida.ask<FeedbackRow & Problem>(`/api/galleries/${gallery.id}/feedback/${row.id}`, { method: 'PATCH', body: { hidden } })
const refusal = ({ status, body }: Answer) => [status, (body as Problem).code]
/** A browser that came by this client's own link. */
async function asClient({ gallery }: Shown, email: string, name: string | null = null): Promise<{ person: Person; client: Client }> {
  const { body: client } = await s.ida.ask<Client>(`/api/galleries/${gallery.id}/clients`, { method: 'POST', body: { email, name } })
  const { body: link } = await s.ida.ask<NewLink>(`/api/galleries/${gallery.id}/clients/${client.id}/link`, { method: 'POST' })
  const person = s.guest()
  await person.ask(s.here(link.url))
  return { person, client }
}
/** The file as it came. */
async function fileOf({ gallery }: Shown, query: string): Promise<{ headers: Headers; bytes: Buffer }> {
  const answer = await fetch(`${s.url}/api/galleries/${gallery.id}/feedback/export?${query}`, { headers: s.ida.headers() })
  const bytes = Buffer.from(await answer.arrayBuffer())
  assert.equal(answer.status, 200)
  assert.equal(answer.headers.get('content-length'), String(bytes.length))
  return { headers: answer.headers, bytes }
}
/** Rows as Python's csv module reads them. */
const readCsv = (bytes: Buffer): Record<string, string>[] =>
  JSON.parse(
    execFileSync(
      'python3',
      [
        '-c',
        'import csv,io,json,sys; print(json.dumps(list(csv.DictReader(io.TextIOWrapper(sys.stdin.buffer, "utf-8-sig", newline="")))))',
      ],
      { input: bytes, encoding: 'utf8' },
    ),
  )

test('two guests each have one like, one rating and one favourite for a photo, and see what all say', async () => {
  const at = await shown()
  const anna = s.guest()
  const bert = s.guest()
  for (const _ of [1, 2]) assert.equal((await like(anna, at, 0)).status, 204)
  for (const rating of [2, 5]) assert.equal((await rate(anna, at, 0, rating)).status, 204)
  for (const _ of [1, 2]) assert.equal((await mark(anna, at, 0)).status, 204)
  await like(bert, at, 0)
  await rate(bert, at, 0, 4)
  const all = { likes: 2, ratings: 2, average_rating: 4.5, comments: 0 }
  const item = at.items[0]!.id
  assert.deepEqual(await countsOf(anna, at, 0), { item, ...all, liked: true, favorite: true, rating: 5 } satisfies ItemFeedback)
  assert.deepEqual(await countsOf(bert, at, 0), { item, ...all, liked: true, favorite: false, rating: 4 })
  assert.deepEqual(await countsOf(s.guest(), at, 0), { item, ...all, liked: false, favorite: false, rating: null })
  assert.equal(await countsOf(anna, at, 1), undefined)
  assert.equal((await rows(at)).rows.length, 5)

  await like(anna, at, 0, 'DELETE')
  await anna.ask(about(at, 0, 'rating'), { method: 'DELETE' })
  assert.deepEqual(await countsOf(bert, at, 0), {
    item,
    likes: 1,
    ratings: 1,
    average_rating: 4,
    comments: 0,
    liked: true,
    favorite: false,
    rating: 4,
  })
  assert.deepEqual((await anna.ask<Favorites>(`/api/g/${at.gallery.slug}/favorites`)).body.items, [item])
})

test('a list of favourites is sent once, its photographer reads whose it is and what is in it, and a change is a new list', async () => {
  const at = await shown()
  const anna = s.guest()
  const listOf = (who: Person) => who.ask<Favorites>(`/api/g/${at.gallery.slug}/favorites`)
  const send = (body: object) => act<Favorites & Problem>(anna, `/api/g/${at.gallery.slug}/favorites/send`, { method: 'POST', body })
  assert.deepEqual(refusal(await send({ name: 'Anna' })), [409, 'list_empty'])
  await mark(anna, at, 0)
  await mark(anna, at, 1)
  assert.deepEqual(refusal(await send({})), [409, 'guest_unnamed'])
  const sent = await send({ name: 'Anna' })
  assert.deepEqual([sent.status, sent.body.changed, sent.body.items.length], [200, false, 2])
  assert.deepEqual((await send({})).body, sent.body, 'the same list again is no second letter')
  assert.deepEqual((await listOf(anna)).body, sent.body)
  assert.deepEqual((await listOf(s.guest())).body, { items: [], sent_at: null, changed: false })

  await mark(anna, at, 1, 'DELETE')
  assert.deepEqual([(await listOf(anna)).body.sent_at, (await listOf(anna)).body.changed], [sent.body.sent_at, true])
  assert.equal((await send({})).body.changed, false)
  const letters = (await s.ida.ask<Page<Letter>>('/api/letters')).body.rows.filter((letter) => letter.gallery_id === at.gallery.id)
  assert.deepEqual(
    letters.map((letter) => letter.kind),
    ['selection_sent', 'selection_sent'],
  )
  const first = (await s.ida.ask<LetterText>(`/api/letters/${letters.at(-1)!.id}`)).body
  assert.match(first.subject, /^Anna has chosen photos: Heard/)
  assert.match(first.text, /Anna sends a list of 2 favourites[\s\S]*IMG_1\.jpg, IMG_2\.jpg/)
  const told = (await s.ida.ask<Notifications>('/api/notifications')).body.rows.filter((row) => row.gallery_id === at.gallery.id)
  assert.deepEqual(
    told.map((row) => [row.kind, row.facts]),
    [
      ['selection_sent', { who: 'Anna', count: 1 }],
      ['selection_sent', { who: 'Anna', count: 2 }],
    ],
  )
})

test('likes that come side by side are one', async () => {
  const at = await shown()
  const anna = s.guest()
  await like(anna, at, 0)
  await like(anna, at, 0, 'DELETE')
  await Promise.all(Array.from({ length: 12 }, (_, i) => (i % 2 ? like(anna, at, 0) : rate(anna, at, 0, (i % 5) + 1))))
  const { rows: all } = await rows(at)
  assert.deepEqual(all.map((row) => row.kind).sort(), ['like', 'rating'])
})

test('a rating is a whole number from 1 to 5', async () => {
  const at = await shown()
  for (const rating of [0, 6, 2.5, -1, '5', null, true])
    assert.deepEqual(refusal(await rate(s.guest(), at, 0, rating)), [400, 'bad_request'], String(rating))
  const more = await s.guest().ask(about(at, 0, 'rating'), { method: 'PUT', body: { rating: 5, guest: 'guest x' } })
  assert.deepEqual(refusal(more), [400, 'bad_request'])
})

test('who comments says who they are, once, and no guest learns the address of another', async () => {
  const at = await shown()
  const anna = s.guest()
  const bert = s.guest()
  assert.deepEqual(refusal(await say(anna, at, 0, { text: 'Lovely' })), [409, 'guest_unnamed'])
  const first = await say(anna, at, 0, { text: '  So lovely!\r\n— A. ', name: 'Anna', email: 'anna@Example.com' })
  assert.deepEqual([first.status, first.body.text, first.body.author, first.body.own], [201, 'So lovely!\n— A.', 'Anna', true])
  assert.equal((await say(anna, at, 0, { text: 'And this one' })).status, 201)
  assert.equal((await name(bert, at, { email: 'bert@example.com' })).status, 200)
  await say(bert, at, 0, { text: 'Ours too' })
  assert.deepEqual((await heard(anna, at)).me, { name: 'Anna', email: 'a•••@example.com', known: false })
  const answer = JSON.stringify([await commentsOn(bert, at, 0), await heard(bert, at), await commentsOn(s.guest(), at, 0)])
  assert.ok(!/anna@|a•••/i.test(answer), answer)
  assert.deepEqual(
    (await commentsOn(anna, at, 0)).rows.map((c) => [c.text, c.author, c.own]),
    [
      ['So lovely!\n— A.', 'Anna', true],
      ['And this one', 'Anna', true],
      ['Ours too', null, false],
    ],
  )
  const { rows: told } = await rows(at, '?kind=comment')
  assert.deepEqual(
    told.map((row) => [row.comment, row.guest.name, row.guest.email, row.guest.known]),
    [
      ['Ours too', null, 'bert@example.com', false],
      ['And this one', 'Anna', 'anna@example.com', false],
      ['So lovely!\n— A.', 'Anna', 'anna@example.com', false],
    ],
  )
  await name(anna, at, { name: 'Anna Berg' })
  assert.deepEqual(
    (await rows(at, `?guest=${encodeURIComponent(told[1]!.guest.id)}`)).rows.map((row) => [row.guest.name, row.guest.email]),
    [
      ['Anna Berg', null],
      ['Anna Berg', null],
    ],
  )
  assert.equal((await anna.ask(`/api/g/${at.gallery.slug}/me`, { method: 'DELETE' })).status, 204)
  assert.equal((await heard(anna, at)).me, null)
  assert.deepEqual(
    (await commentsOn(bert, at, 0)).rows.map((c) => c.author),
    [null, null, null],
  )
})

test('names and addresses are refused when they are none', async () => {
  const at = await shown()
  const anna = s.guest()
  for (const email of ['anna', 'a@b.example, c@d.example', 'a@b.example\r\nBcc: c@d.example', 'x: a@b.example;', 'a@@b.example'])
    assert.deepEqual(refusal(await name(anna, at, { email })), [422, 'email_invalid'], email)
  for (const given of ['anna@example.com', 'An\0na', 'An\u202ena', 'An\nna', 'x'.repeat(101), '  '])
    assert.deepEqual(refusal(await name(anna, at, { name: given })), [400, 'bad_request'], given)
  assert.deepEqual(refusal(await name(anna, at, {})), [409, 'guest_unnamed'])
  assert.equal((await heard(anna, at)).me, null)
})

test('a comment has up to 2,000 characters', async () => {
  const at = await shown()
  const anna = s.guest()
  await name(anna, at, { name: 'Anna' })
  for (const text of ['', ' \n ', 'x'.repeat(feedbackLimits.comment + 1), 'a\0b', 'a\u001bb'])
    assert.deepEqual(refusal(await say(anna, at, 0, { text })), [400, 'bad_request'], JSON.stringify(text.slice(0, 9)))
  assert.equal((await say(anna, at, 0, { text: '👩‍🎨'.repeat(400) })).status, 201)
  assert.equal((await say(anna, at, 0, { text: 'x'.repeat(feedbackLimits.comment) })).status, 201)
})

test('a guest leaves so many comments on a photo and in a gallery and no more, and what is taken back makes room', async () => {
  const at = await shown()
  const { deps } = s.world
  const [first, second] = at.items
  const place = { galleryId: at.gallery.id, itemId: first!.id, guest: 'guest anna-of-the-limits' }
  const ids: string[] = []
  for (let n = 0; n < feedbackLimits.commentsOfGuestOnItem; n++)
    ids.push(await leaveComment(deps, place, `${n}`, { name: 'Anna', email: null }))
  await assert.rejects(leaveComment(deps, place, 'one more', null), { code: 'feedback_full' })
  // several at once are counted one after the other
  await sql`delete from feedback where id = any(${ids.slice(0, 2)}::uuid[])`.execute(deps.db)
  const crowd = await Promise.allSettled(Array.from({ length: 6 }, (_, n) => leaveComment(deps, place, `crowd ${n}`, null)))
  assert.equal(crowd.filter((one) => one.status === 'fulfilled').length, 2)

  const elsewhere = { ...place, itemId: second!.id }
  await leaveComment(deps, elsewhere, 'there is room on another photo', null)
  const fill = (count: number, guest: string, kind: string) =>
    sql`insert into feedback (id, gallery_id, item_id, kind, comment, guest_identifier, created_at)
      select gen_random_uuid(), ${at.gallery.id}, ${second!.id}, ${kind}, case ${kind} when 'comment' then 'x' end, ${guest} || case ${kind} when 'comment' then '' else n::text end, now()
      from generate_series(1, ${count}::int) n`.execute(deps.db)
  await fill(feedbackLimits.commentsOfGuest, 'guest bert', 'comment')
  const bert = { ...place, guest: 'guest bert' }
  await assert.rejects(leaveComment(deps, bert, 'one more', { name: 'Bert', email: null }), { code: 'feedback_full' })
  await fill(feedbackLimits.comments - feedbackLimits.commentsOfGuest - 21, 'guest crowd', 'comment')
  const carl = { ...place, guest: 'guest carl' }
  await assert.rejects(leaveComment(deps, carl, 'one more', { name: 'Carl', email: null }), { code: 'feedback_full' })
  await leaveMark(deps, carl, 'like', null)
  await fill(feedbackLimits.rows, 'guest crowd', 'like')
  await assert.rejects(leaveMark(deps, carl, 'favorite', null), { code: 'feedback_full' })
})

test('a client who came by their own link is known, and cannot take another name', async () => {
  const at = await shown()
  const { person, client } = await asClient(at, 'Mara@example.com', 'Mara Lind')
  assert.deepEqual((await heard(person, at)).me, { name: 'Mara Lind', email: 'm•••@example.com', known: true })
  assert.equal((await say(person, at, 0, { text: 'This is us' })).status, 201)
  assert.deepEqual(refusal(await name(person, at, { name: 'Ida Photo' })), [409, 'guest_known'])
  assert.deepEqual(refusal(await say(person, at, 0, { text: 'hello', name: 'Ida Photo' })), [409, 'guest_known'])
  assert.deepEqual(
    (await commentsOn(s.guest(), at, 0)).rows.map((c) => [c.text, c.author]),
    [['This is us', 'Mara Lind']],
  )
  const [row] = (await rows(at)).rows
  assert.deepEqual(row!.guest, { id: `client ${client.id}`, name: 'Mara Lind', email: 'mara@example.com', known: true })

  const { body } = await s.ida.ask<ClientData>(`/api/galleries/${at.gallery.id}/clients/${client.id}/data`)
  assert.deepEqual(
    body.feedback.map((f) => [f.file_name, f.kind, f.comment]),
    [['IMG_1.jpg', 'comment', 'This is us']],
  )
  // removed, they are nobody in particular
  await s.ida.ask(`/api/galleries/${at.gallery.id}/clients/${client.id}`, { method: 'DELETE' })
  const [left] = (await rows(at)).rows
  assert.deepEqual([left!.comment, left!.guest.name, left!.guest.email, left!.guest.known], ['This is us', null, null, false])
})

test('a client whom the photographer named by an address does not show it', async () => {
  const at = await shown()
  const { person } = await asClient(at, 'nora@example.com', 'nora@example.com')
  await say(person, at, 0, { text: 'Here' })
  assert.deepEqual(
    (await commentsOn(s.guest(), at, 0)).rows.map((c) => c.author),
    [null],
  )
})

test('a guest takes back only what is theirs', async () => {
  const at = await shown()
  const other = await shown()
  const anna = s.guest()
  const bert = s.guest()
  await name(bert, at, { name: 'Bert' })
  const { body: comment } = await say(anna, at, 0, { text: 'Mine', name: 'Anna' })
  const take = (who: Person, where: Shown, n = 0) => who.ask(about(where, n, `comments/${comment.id}`), { method: 'DELETE' })
  for (const refused of [await take(bert, at), await take(s.guest(), at), await take(anna, other), await take(anna, at, 1)])
    assert.deepEqual(refusal(refused), [404, 'not_found'])
  // the photographer marks in two galleries with one account: each is taken back where it was given
  await mark(s.ida, at, 0)
  await s.ida.ask(`/api/g/${other.gallery.slug}/items/${at.items[0]!.id}/favorite`, { method: 'DELETE' })
  assert.equal((await countsOf(s.ida, at, 0))!.favorite, true)
  assert.deepEqual(refusal(await s.guest().ask(`/api/g/${other.gallery.slug}/items/${at.items[0]!.id}/like`, { method: 'PUT' })), [
    404,
    'not_found',
  ])
  assert.equal((await take(anna, at)).status, 204)
  assert.deepEqual((await commentsOn(anna, at, 0)).rows, [])
})

test('what the photographer hides is seen by nobody but its author, and counts no more', async () => {
  const at = await shown()
  const anna = s.guest()
  const bert = s.guest()
  await rate(anna, at, 0, 1)
  await rate(bert, at, 0, 5)
  await say(anna, at, 0, { text: 'Rude words', name: 'Anna' })
  for (const row of (await rows(at)).rows.filter((r) => r.guest.name === 'Anna')) {
    const hidden = await hide(row, at, true)
    assert.deepEqual([hidden.status, hidden.body.hidden], [200, true])
  }
  assert.deepEqual((await commentsOn(bert, at, 0)).rows, [])
  assert.deepEqual(
    (await commentsOn(anna, at, 0)).rows.map((c) => [c.text, c.hidden]),
    [['Rude words', true]],
  )
  const seen = await countsOf(bert, at, 0)
  assert.deepEqual([seen!.ratings, seen!.average_rating, seen!.comments], [1, 5, 0])
  // said again, it stays hidden
  await rate(anna, at, 0, 2)
  assert.equal((await countsOf(bert, at, 0))!.ratings, 1)
  assert.equal((await countsOf(anna, at, 0))!.rating, 2)
  assert.deepEqual((await rows(at, '?hidden=true')).rows.map((r) => r.kind).sort(), ['comment', 'rating'])
  assert.deepEqual(
    (await rows(at, '?hidden=false')).rows.map((r) => r.rating),
    [5],
  )
  const { body: summary } = await s.ida.ask<{ rows: FeedbackSummary[] }>(`/api/galleries/${at.gallery.id}/feedback/summary`)
  assert.deepEqual([summary.rows[0]!.ratings, summary.rows[0]!.average_rating, summary.rows[0]!.hidden], [1, 5, 2])
  const [comment] = (await rows(at, '?kind=comment')).rows
  await hide(comment!, at, false)
  assert.deepEqual(
    (await commentsOn(bert, at, 0)).rows.map((c) => c.text),
    ['Rude words'],
  )
  const gone = () => s.ida.ask(`/api/galleries/${at.gallery.id}/feedback/${comment!.id}`, { method: 'DELETE' })
  assert.deepEqual([(await gone()).status, (await gone()).status], [204, 404])
  const foreign = await shown()
  const [rating] = (await rows(at)).rows
  assert.deepEqual(refusal(await hide(rating!, foreign, true)), [404, 'not_found'])
  const guest = encodeURIComponent(rating!.guest.id)
  assert.equal((await s.ida.ask(`/api/galleries/${at.gallery.id}/feedback?guest=${guest}`, { method: 'DELETE' })).status, 204)
  assert.ok((await rows(at)).rows.every((r) => r.guest.id !== rating!.guest.id))
  assert.equal((await s.ida.ask(`/api/galleries/${at.gallery.id}/feedback`, { method: 'DELETE' })).status, 400)
})

test('the photographer and guests read long lists page by page, every row once', async () => {
  const at = await shown()
  const { deps } = s.world
  await sql`insert into feedback (id, gallery_id, item_id, kind, comment, guest_identifier, created_at)
    select gen_random_uuid(), ${at.gallery.id}, ${at.items[0]!.id}, 'comment', n::text, 'guest a', timestamptz '2026-06-01' + interval '1 second' * (n / 7)
    from generate_series(1, 60) n`.execute(deps.db)
  const pages = async (read: (query: string) => Promise<Page<{ id: string }>>) => {
    const ids: string[] = []
    for (let next: string | null = ''; next !== null; ) {
      const page: Page<{ id: string }> = await read(`?limit=11${next && `&cursor=${next}`}`)
      ids.push(...page.rows.map((row) => row.id))
      next = page.next
    }
    return ids
  }
  const told = await pages((query) => rows(at, query))
  const read = await pages((query) => commentsOn(s.guest(), at, 0, query))
  assert.deepEqual([told.length, new Set(told).size, read.length, new Set(read).size], [60, 60, 60, 60])
  assert.deepEqual(told.toReversed(), read)
})

test('switched off, guests may say nothing and read nothing, and the archive leaves it out', async () => {
  const at = await shown()
  const { deps } = s.world
  const anna = s.guest()
  await mark(anna, at, 0)
  assert.equal((await listFeedback(deps.db, at.gallery.id)).length, 1)
  const { body } = await s.ida.ask<Gallery>(`/api/galleries/${at.gallery.id}`, { method: 'PATCH', body: { feedback_enabled: false } })
  assert.equal(body.feedback_enabled, false)
  const answers = [
    await like(anna, at, 0),
    await rate(anna, at, 0, 5),
    await mark(anna, at, 1),
    await mark(anna, at, 0, 'DELETE'),
    await say(anna, at, 0, { text: 'Hello', name: 'Anna' }),
    await name(anna, at, { name: 'Anna' }),
    await anna.ask(`/api/g/${at.gallery.slug}/feedback`),
    await anna.ask(about(at, 0, 'comments')),
  ]
  for (const answer of answers) assert.deepEqual(refusal(answer), [403, 'feedback_off'])
  const page = await anna.ask<{ feedback_enabled: boolean }>(`/api/g/${at.gallery.slug}`)
  assert.equal(page.body.feedback_enabled, false)
  // what they had marked is theirs, for exports, and the photographer's to read
  assert.equal((await anna.ask<Favorites>(`/api/g/${at.gallery.slug}/favorites`)).body.items.length, 1)
  assert.equal((await rows(at)).rows.length, 1)
  assert.deepEqual(await listFeedback(deps.db, at.gallery.id), [])
})

test('when the gallery has ended what was said is frozen, also for who asked just before', async () => {
  const end = later(s.world.clock.now(), days(2)).toISOString()
  const at = await shown({ expires_at: end })
  const { deps } = s.world
  const anna = s.guest()
  await like(anna, at, 0)
  const [{ guest }] = (await rows(at)).rows as [FeedbackRow]
  const place = { galleryId: at.gallery.id, itemId: at.items[1]!.id, guest: guest.id }
  // the gallery is locked and sealed by somebody else while a guest clicks
  let clicked: Promise<void> | undefined
  await deps.db.transaction().execute(async (tx) => {
    await lockGallery(tx, at.gallery.id)
    clicked = leaveMark(deps, place, 'like', null)
    clicked.catch(() => {})
    await new Promise((done) => setTimeout(done, 150))
    await tx.updateTable('galleries').set({ state: 'expired' }).where('id', '=', at.gallery.id).execute()
  })
  await assert.rejects(clicked!, { code: 'gallery_closed' })
  await deps.db.updateTable('galleries').set({ state: 'active' }).where('id', '=', at.gallery.id).execute()
  await leaveMark(deps, place, 'like', null)

  s.world.clock.advance(days(3))
  for (const answer of [
    await like(anna, at, 0, 'DELETE'),
    await rate(anna, at, 0, 5),
    await say(anna, at, 0, { text: 'Late', name: 'Anna' }),
    await name(anna, at, { name: 'Anna' }),
    await anna.ask(`/api/g/${at.gallery.slug}/feedback`),
  ])
    assert.deepEqual(refusal(answer), [410, 'gallery_closed'])
  await assert.rejects(leaveMark(deps, place, 'favorite', null), { code: 'gallery_closed' })
  // the photographer may still read it, hide some of it, and take it home
  const [row] = (await rows(at)).rows
  assert.equal((await hide(row!, at, true)).status, 200)
  assert.equal(readCsv((await fileOf(at, 'format=csv')).bytes).length, 2)
})

test('what is sealed is changed by nobody, and is there again after a restore', async () => {
  const at = await shown()
  const { deps } = s.world
  const anna = s.guest()
  await rate(anna, at, 0, 4)
  await say(anna, at, 0, { text: 'Lovely', name: 'Anna' })
  const before = await rows(at)
  const row = `/api/galleries/${at.gallery.id}/feedback/${before.rows[0]!.id}`
  const refused = async (page: [number, string]) => {
    for (const asking of [{ method: 'PATCH', body: { hidden: true } }, { method: 'DELETE' }])
      assert.deepEqual(refusal(await s.ida.ask(row, asking)), [409, 'gallery_not_open'])
    assert.equal((await s.ida.ask(`/api/galleries/${at.gallery.id}/feedback?guest=guest+1`, { method: 'DELETE' })).status, 409)
    assert.deepEqual(refusal(await like(anna, at, 1)), page)
    const place = { galleryId: at.gallery.id, itemId: at.items[0]!.id, guest: before.rows[0]!.guest.id }
    await assert.rejects(leaveMark(deps, place, 'like', null), { code: 'gallery_closed' })
  }
  await retire(deps, at.gallery.id, { userId: null, source: 'manual' })
  await refused([410, 'gallery_closed'])
  await s.world.until(async () => (await findGallery(deps.db, at.gallery.id))?.state === 'archived', 'the final archive')
  // its page is gone
  await refused([404, 'not_found'])
  assert.deepEqual(await rows(at), before)
  assert.equal(readCsv((await fileOf(at, 'format=csv')).bytes).length, 2)
  await restore(deps, at.gallery.id, { expiresAt: null })
  assert.deepEqual(await rows(at), before)
  assert.equal((await like(anna, at, 0)).status, 204)
  assert.deepEqual(
    (await commentsOn(anna, at, 0)).rows.map((c) => c.text),
    ['Lovely'],
  )
})

test('rows as CSV and JSON: formulas are text, nothing and "" differ, and two photos with one name stay apart', async () => {
  const at = await shown({}, ['IMG_1.jpg', 'IMG_1.jpg', '=cmd.jpg'])
  const anna = s.guest()
  const texts = ['=HYPERLINK("http://x.example")', '+1', '-1', '@SUM(A1)', 'a,b;"c"\nd', 'Zoë 👩‍🎨', ' 0 ', 'false']
  for (const [n, text] of texts.entries()) await say(anna, at, n % 2, { text, name: '=Anna', email: 'anna@example.com' })
  await rate(anna, at, 2, 5)
  const { headers, bytes } = await fileOf(at, 'format=csv')
  assert.match(headers.get('content-type')!, /^text\/csv/)
  assert.equal(headers.get('content-disposition'), `attachment; filename="${at.gallery.slug}-feedback.csv"`)
  assert.deepEqual([...bytes.subarray(0, 3)], [0xef, 0xbb, 0xbf])
  const told = readCsv(bytes)
  assert.deepEqual(
    told.map((row) => row.comment_text),
    [`'=HYPERLINK("http://x.example")`, "'+1", "'-1", "'@SUM(A1)", 'a,b;"c"\nd', 'Zoë 👩‍🎨', '0', 'false', ''],
  )
  assert.deepEqual(new Set(told.map((row) => row.guest_name)), new Set(["'=Anna"]))
  assert.deepEqual(new Set(told.slice(0, 8).map((row) => row.filename)), new Set(['IMG_1.jpg']))
  assert.deepEqual(
    told.slice(0, 2).map((row) => row.item),
    [at.items[0]!.id, at.items[1]!.id],
  )
  assert.deepEqual([told[8]!.filename, told[8]!.rating, told[8]!.hidden], ["'=cmd.jpg", '5', 'false'])

  const json = JSON.parse((await fileOf(at, 'format=json&kind=comment')).bytes.toString()) as { comment_text: string; item: string }[]
  assert.deepEqual(
    json.map((row) => row.comment_text),
    texts.map((text) => text.trim()),
  )
  const summary = JSON.parse((await fileOf(at, 'format=summary')).bytes.toString()) as FeedbackSummary[]
  assert.deepEqual(
    summary.map((row) => [row.item, row.filename, row.comments, row.ratings]),
    [
      [at.items[0]!.id, 'IMG_1.jpg', 4, 0],
      [at.items[1]!.id, 'IMG_1.jpg', 4, 0],
      [at.items[2]!.id, '=cmd.jpg', 0, 1],
    ],
  )
})

test('lists for Lightroom: names for its filter, a table, and sidecars that an XML reader understands', async () => {
  const at = await shown({}, ['IMG_1.jpg', 'IMG_1.jpg', 'IMG 2 <&">.CR2', 'IMG_3.jpg', 'IMG_4.jpg'])
  const anna = s.guest()
  const bert = s.guest()
  for (const n of [0, 2]) await mark(anna, at, n)
  await mark(bert, at, 3)
  await like(bert, at, 1)
  await rate(anna, at, 0, 4)
  await rate(bert, at, 0, 5)
  await rate(bert, at, 4, 3)
  const hidden = (await rows(at, '?kind=rating')).rows.find((row) => row.file_name === 'IMG_4.jpg')!
  await hide(hidden, at, true)
  const annas = encodeURIComponent((await rows(at, '?kind=favorite')).rows.at(-1)!.guest.id)
  const txt = async (query: string) => (await fileOf(at, `format=txt${query}`)).bytes.toString()
  assert.equal(await txt(''), 'IMG_1, IMG 2 <&">, IMG_3\n')
  assert.equal(await txt(`&guest=${annas}`), 'IMG_1, IMG 2 <&">\n')
  assert.equal(await txt('&kind=like'), 'IMG_1\n')
  assert.equal(await txt(`&kind=like&guest=${annas}`), '')

  const table = readCsv((await fileOf(at, 'format=list')).bytes)
  assert.deepEqual(
    table.map((row) => [row.filename, row.item, row.rating, row.ratings, row.likes, row.favorites]),
    [
      ['IMG_1.jpg', at.items[0]!.id, '4.5', '2', '0', '1'],
      ['IMG 2 <&">.CR2', at.items[2]!.id, '', '0', '0', '1'],
      ['IMG_3.jpg', at.items[3]!.id, '', '0', '0', '1'],
      ['IMG_1.jpg', at.items[1]!.id, '', '0', '1', '0'],
    ],
  )

  const folder = mkdtempSync('/tmp/keepsake-feedback-')
  try {
    writeFileSync(path.join(folder, 'xmp.zip'), (await fileOf(at, 'format=xmp')).bytes)
    execFileSync('unzip', ['-tq', path.join(folder, 'xmp.zip')])
    execFileSync('unzip', ['-q', 'xmp.zip', '-d', 'out'], { cwd: folder })
    const read = (file: string) =>
      JSON.parse(
        execFileSync(
          'python3',
          [
            '-c',
            `import json,sys,xml.etree.ElementTree as e
d = e.parse(sys.argv[1]).getroot().find('.//{http://www.w3.org/1999/02/22-rdf-syntax-ns#}Description')
print(json.dumps([d.get('{http://ns.adobe.com/xap/1.0/}Rating'), d.get('{http://ns.adobe.com/xap/1.0/}Label'), d.get('{http://ns.adobe.com/xap/1.0/mm/}PreservedFileName'), d.get('{urn:keepsake:xmp}Item')]))`,
            path.join(folder, 'out', file),
          ],
          { encoding: 'utf8' },
        ),
      )
    assert.deepEqual(readdirSync(path.join(folder, 'out')).sort(), ['IMG 2 _&__.xmp', 'IMG_1 (2).xmp', 'IMG_1.xmp', 'IMG_3.xmp'])
    assert.deepEqual(read('IMG_1.xmp'), ['5', 'Red', 'IMG_1.jpg', at.items[0]!.id])
    assert.deepEqual(read('IMG_1 (2).xmp'), [null, 'Yellow', 'IMG_1.jpg', at.items[1]!.id])
    assert.deepEqual(read('IMG 2 _&__.xmp'), [null, 'Red', 'IMG 2 <&">.CR2', at.items[2]!.id])
    assert.ok(readFileSync(path.join(folder, 'out', 'IMG_3.xmp'), 'utf8').includes('xmp:Label="Red"'))
  } finally {
    rmSync(folder, { recursive: true })
  }
  // nothing said yet: an empty list is a file as well
  const quiet = await shown()
  assert.equal((await fileOf(quiet, 'format=xmp')).bytes.length, 22)
  assert.deepEqual(readCsv((await fileOf(quiet, 'format=csv')).bytes), [])
})

test('the archive holds all that was said, hidden rows marked, by item and by name, and the same rows give the same bytes', async () => {
  const at = await shown({}, ['IMG_1.jpg', 'IMG_1.jpg'])
  const { db } = s.world.deps
  const anna = s.guest()
  for (const n of [0, 1]) await say(anna, at, n, { text: `on the ${n}`, name: 'Anna' })
  await hide((await rows(at)).rows[0]!, at, true)
  const gallery = (await findGallery(db, at.gallery.id))!
  const plan = async () =>
    makePlan({ gallery, assets: await listStored(db, gallery.id), feedback: await listFeedback(db, gallery.id), purpose: 'final' })
  const { entries, planHash } = await plan()
  assert.equal((await plan()).planHash, planHash)
  const folder = mkdtempSync('/tmp/keepsake-feedback-')
  const csv = entries.find((e) => e.path.endsWith('feedback_data.csv'))!
  writeFileSync(path.join(folder, 'csv.deflated'), csv.content!)
  const inflated = execFileSync('python3', [
    '-c',
    'import sys,zlib; sys.stdout.buffer.write(zlib.decompress(open(sys.argv[1],"rb").read(), -15))',
    path.join(folder, 'csv.deflated'),
  ])
  rmSync(folder, { recursive: true })
  assert.deepEqual(
    readCsv(inflated).map((row) => [row.filename, row.item, row.comment_text, row.hidden]),
    [
      ['photos/IMG_1.jpg', at.items[0]!.id, 'on the 0', 'false'],
      ['photos/IMG_1 (2).jpg', at.items[1]!.id, 'on the 1', 'true'],
    ],
  )
  // a photo that was taken out takes what was said about it along
  await s.ida.ask(`/api/galleries/${gallery.id}/items/${at.items[0]!.id}`, { method: 'DELETE' })
  assert.deepEqual(
    (await listFeedback(db, gallery.id)).map((f) => f.comment),
    ['on the 1'],
  )
  assert.deepEqual(
    (await heard(s.guest(), at)).items.map((i) => i.item),
    [],
  )
})

test('a gallery behind a password or a foreign one hears nobody', async () => {
  const at = await shown({ password: 'pale blue' })
  for (const answer of [
    await like(s.guest(), at, 0),
    await say(s.guest(), at, 0, { text: 'x', name: 'Anna' }),
    await s.guest().ask(`/api/g/${at.gallery.slug}/feedback`),
  ])
    assert.deepEqual(refusal(answer), [401, 'password_required'])
  for (const rest of ['', '/summary', '/export?format=xmp'])
    assert.equal((await s.guest().ask(`/api/galleries/${at.gallery.id}/feedback${rest}`)).status, 401)
})

test('who writes without pause is told to wait', async () => {
  const at = await shown()
  const anna = s.guest()
  let last: Answer<Comment & Problem> | undefined
  for (let n = 0; n < 40 && last?.status !== 429; n++) last = await say(anna, at, 0, { text: `${n}`, name: 'Anna' })
  assert.deepEqual(refusal(last!), [429, 'too_many_requests'])
})

test('what was said of a deleted gallery goes with its photos', async () => {
  const at = await shown()
  const { deps } = s.world
  await leaveComment(deps, { galleryId: at.gallery.id, itemId: at.items[0]!.id, guest: 'guest a' }, 'Bye', { name: 'Anna', email: null })
  await s.ida.ask(`/api/galleries/${at.gallery.id}`, { method: 'DELETE' })
  const left = async () =>
    [
      await deps.db.selectFrom('feedback').select('id').where('galleryId', '=', at.gallery.id).execute(),
      await deps.db.selectFrom('feedbackGuests').select('name').where('galleryId', '=', at.gallery.id).execute(),
    ].map((all) => all.length)
  await clearDeleted(deps)
  assert.deepEqual(await left(), [1, 1])
  s.world.clock.advance(days(31))
  await s.world.until(async () => {
    await clearDeleted(deps)
    return (await left()).every((n) => n === 0)
  }, 'the end of what was said')
})
