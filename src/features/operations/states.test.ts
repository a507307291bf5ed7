/**
 * P8: no state is a dead end. Every word for a state that a table knows stands here, with the job that leads out of it or the reason why
 * none has to; each of the former is put into the database without its job, and one look of the reconciler sends it.
 */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { sql } from 'kysely'
import { photoBytes } from '../../../test/pictures.ts'
import { type TestWorld, testWorld } from '../../../test/world.ts'
import { days, after as later, minutes } from '../../base/clock.ts'
import { AppError } from '../../base/errors.ts'
import { newId } from '../../base/id.ts'
import { findArchive } from '../../data/archives.ts'
import { listStored } from '../../data/assets.ts'
import { type Job, type JobName, jobKey, jobRules } from '../../domain/jobs.ts'
import { publish } from '../archives/publish.ts'
import { retire } from '../archives/retire.ts'
import { createGallery } from '../galleries/edit.ts'
import { importFolder } from '../uploads/import.ts'
import { reconcile } from './reconcile.ts'

const rests = 'rests'
const states: Record<string, Record<string, JobName | typeof rests | `with ${string}`>> = {
  'archives.status': {
    queued: 'archive.build',
    processing: 'archive.build',
    verifying: 'archive.verify',
    cancelling: 'with the look itself, which settles it',
    ready: rests,
    failed: rests,
    cancelled: rests,
    expired: rests,
    deleted: rests,
  },
  'archive_entries.status': { ok: rests, missing: rests },
  'assets.state': { stored: rests, missing: rests, deleted: rests },
  'assets.render_state': { waiting: 'asset.render', done: rests, failed: rests, none: rests },
  'exports.status': {
    open: 'with the archives of its files',
    cancelling: 'with the archives of its files',
    ready: rests,
    failed: rests,
    cancelled: rests,
    expired: rests,
  },
  'galleries.state': {
    expired: 'gallery.retire',
    archiving: 'with its final archive, which is at work',
    archived: 'gallery.purge',
    draft: rests,
    active: rests,
    // a word of the first design that nothing writes
    restoring: rests,
    deleted: rests,
  },
  // held against a bucket: uploads/sync-s3.test.ts
  'gallery_sources.state': { waiting: 'with gallery.sync', reading: 'with gallery.sync', read: rests, failed: rests },
  'letters.status': { queued: 'delivery.send', sent: rests, kept: rests, failed: rests, suppressed: rests },
  'remote_media.state': { waiting: 'with its track', stored: rests, lost: rests },
  'rescues.state': {
    scheduled: 'rescue.run',
    rescuing: 'rescue.run',
    retrying: 'rescue.run',
    partial: 'rescue.run',
    rescued: rests,
    lost: rests,
    deleted: rests,
  },
  'salvages.status': { queued: 'gallery.salvage', processing: 'gallery.salvage', done: rests, failed: rests },
  'webhook_deliveries.status': { queued: 'webhook.deliver', sent: rests, failed: rests },
  'webhooks.state': { active: rests, disabled: rests },
}
/** What waits and has no word of its own. */
const flags = {
  'galleries.hydrating': 'gallery.hydrate',
  'galleries.marking': 'gallery.mark',
  'placements.ended_at': 'tracks.place',
} as const

let world: TestWorld
before(async () => {
  // nobody works: what is sent stays to be seen
  world = await testWorld()
})
after(() => world.close())

test('every word for a state that the database knows is in this list', async () => {
  const { rows } = await sql<{ place: string; words: string }>`
    select conrelid::regclass || '.' || attname as place, pg_get_constraintdef(c.oid) as words
    from pg_constraint c join pg_attribute a on a.attrelid = conrelid and a.attnum = conkey[1]
    where contype = 'c' and cardinality(conkey) = 1 and attname in ('state', 'status', 'render_state') order by 1`.execute(world.deps.db)
  assert.deepEqual(
    Object.fromEntries(rows.map(({ place, words }) => [place, [...words.matchAll(/'(\w+)'::text/g)].map((found) => found[1]!).sort()])),
    Object.fromEntries(Object.entries(states).map(([place, words]) => [place, Object.keys(words).sort()])),
  )
})

test('whatever waits without its job gets it by one look', async () => {
  const { deps, clock } = world
  const { db } = deps
  const run = (statement: ReturnType<typeof sql>) => statement.execute(db)
  const fresh = () => newId(clock.now())
  /** Which job is awaited, by the place it is awaited for. */
  const awaited = new Map<string, Job>()
  const draft = async () => {
    const folder = mkdtempSync('/tmp/keepsake-states-')
    writeFileSync(path.join(folder, 'a.jpg'), await photoBytes(awaited.size + 1, { width: 60, height: 40 }))
    const gallery = await createGallery(deps, world.ownerId, { title: `Gallery ${awaited.size}` })
    await importFolder(deps, gallery, folder)
    rmSync(folder, { recursive: true })
    return gallery.id
  }
  const published = async () => {
    const galleryId = await draft()
    const { archive } = await publish(deps, galleryId, { userId: null, source: 'publish' })
    return { galleryId, archiveId: archive.id }
  }
  const ready = (archiveId: string) => sql`update archives set status = 'ready', storage_key = ${`galleries/${archiveId}/archives/1-1.zip`},
    checksum = 'x', verified_at = ${clock.now()} where id = ${archiveId}`

  for (const status of ['queued', 'processing', 'verifying'] as const) {
    const { archiveId } = await published()
    await run(sql`update archives set status = ${status} where id = ${archiveId}`)
    awaited.set(`archives.status ${status}`, { name: status === 'verifying' ? 'archive.verify' : 'archive.build', payload: { archiveId } })
  }
  const cancelled = await published()
  await run(sql`update archives set status = 'cancelling', purpose = 'selection' where id = ${cancelled.archiveId}`)

  const closing = await published()
  await run(ready(closing.archiveId))
  const final = await retire(deps, closing.galleryId, { userId: null, source: 'manual' })
  awaited.set('galleries.state archiving', { name: 'archive.build', payload: { archiveId: final.id } })

  const closed = await published()
  const [original] = await listStored(db, closed.galleryId)
  const proof = fresh()
  await run(ready(closed.archiveId))
  await run(
    sql`update galleries set state = 'archived', archived_at = ${clock.now()}, final_archive_id = ${closed.archiveId} where id = ${closed.galleryId}`,
  )
  await run(sql`insert into archive_proofs values (${proof}, ${closed.archiveId}, 'x', ${clock.now()})`)
  await run(sql`insert into purges values ('galleries/old/key.jpg', ${original!.id}, ${closed.galleryId}, ${proof}, ${clock.now()})`)
  awaited.set('galleries.state archived', { name: 'gallery.purge', payload: { galleryId: closed.galleryId } })

  const ended = await draft()
  await run(sql`update galleries set state = 'expired', expires_at = ${later(clock.now(), -days(2))} where id = ${ended}`)
  awaited.set('galleries.state expired', { name: 'gallery.retire', payload: { galleryId: ended, source: 'expiry' } })

  const open = await draft()
  const [photo] = await listStored(db, open)
  await run(sql`update galleries set hydrating = true, marking = true where id = ${open}`)
  awaited.set('assets.render_state waiting', { name: 'asset.render', payload: { assetId: photo!.id } })
  awaited.set('galleries.hydrating', { name: 'gallery.hydrate', payload: { galleryId: open } })
  awaited.set('galleries.marking', { name: 'gallery.mark', payload: { galleryId: open } })
  const placementId = fresh()
  await run(sql`insert into placements (id, gallery_id, owner_id, created_at, touched_at)
    values (${placementId}, ${open}, ${world.ownerId}, ${clock.now()}, ${clock.now()})`)
  awaited.set('placements.ended_at', { name: 'tracks.place', payload: { placementId } })

  for (const [galleryId, status] of [
    [open, 'queued'],
    [ended, 'processing'],
  ] as const) {
    await run(sql`insert into salvages (gallery_id, fence, status, dry_run, asked_at, read_bytes)
      values (${galleryId}, 0, ${status}, false, ${clock.now()}, 0)`)
    awaited.set(`salvages.status ${status}`, { name: 'gallery.salvage', payload: { galleryId } })
  }

  const letterId = fresh()
  await run(sql`insert into letters (id, dedupe_key, kind, gallery_id, owner_id, recipient, locale, status, created_at)
    values (${letterId}, 'one', 'published', ${open}, ${world.ownerId}, 'mia@example.com', 'en', 'queued', ${clock.now()})`)
  awaited.set('letters.status queued', { name: 'delivery.send', payload: { letterId } })

  const webhookId = fresh()
  await run(sql`insert into webhooks (id, owner_id, url, types, secret, state, created_at)
    values (${webhookId}, ${world.ownerId}, 'https://hooks.example.com', array['event.published'], 'x', 'active', ${clock.now()})`)
  await run(sql`insert into webhook_deliveries (id, webhook_id, type, dedupe_key, body, status, next_at, created_at)
    values (${fresh()}, ${webhookId}, 'event.published', 'one', '{}', 'queued', ${clock.now()}, ${clock.now()})`)
  awaited.set('webhook_deliveries.status queued', { name: 'webhook.deliver', payload: { webhookId } })

  clock.advance(minutes(2))
  const sent = async () => {
    const { rows } = await sql<{ name: string; key: string }>`select name, singleton_key as key from queue.job`.execute(db.withoutPlugins())
    return new Set(rows.map(({ name, key }) => `${name} ${key}`))
  }
  // every job is lost
  const lost = () => run(sql`delete from queue.job`)
  await lost()
  await reconcile(deps)
  const there = await sent()
  const left = [...awaited].filter(([, job]) => !there.has(`${job.name} ${jobKey(job)}`)).map(([place, { name }]) => `${place}: ${name}`)
  assert.deepEqual(left, [])
  assert.equal((await findArchive(db, cancelled.archiveId))!.status, 'cancelled')

  // a clock that is not believed stops what deletes, and nothing else: nobody's photos wait an hour to come out of an archive
  await lost()
  const said: string[] = []
  const doubt = async () => Promise.reject(new AppError('clock_unsure', { reason: 'clock_jumped' }))
  const log = {
    ...deps.log,
    warn: (facts: object) => said.push(JSON.stringify(facts)),
    error: (facts: object) => said.push(JSON.stringify(facts)),
  }
  await reconcile({ ...deps, log, calendar: { now: doubt } })
  const meanwhile = await sent()
  const waiting = [...awaited].filter(([, job]) => there.has(`${job.name} ${jobKey(job)}`) && !meanwhile.has(`${job.name} ${jobKey(job)}`))
  assert.deepEqual([...new Set(waiting.map(([, { name }]) => name))].sort(), ['gallery.purge', 'gallery.retire'])
  assert.equal(said.length, 1, `${said}`)

  // a job for all tracks: one by one, for one that is due would hide another
  await run(sql`insert into rescues (item_id, owner_id, provider, provider_ref, state, made_at, expires_at, scheduled_at, created_at)
    values (${photo!.itemId}, ${world.ownerId}, 'suno', '1', 'rescued', now(), now(), now(), now())`)
  for (const [state, job] of Object.entries(states['rescues.state']!)) {
    if (job !== 'rescue.run') continue
    await lost()
    await run(sql`update rescues set state = 'rescued', due_at = null`)
    await reconcile(deps)
    assert.ok(!(await sent()).has('rescue.run rescue.run'), 'nothing is due')
    await run(sql`update rescues set state = ${state}, due_at = ${clock.now()}`)
    await reconcile(deps)
    assert.ok((await sent()).has('rescue.run rescue.run'), `a track that is ${state}`)
    awaited.set(`rescues.state ${state}`, { name: 'rescue.run', payload: {} })
  }

  const named = Object.entries(states).flatMap(([place, words]) =>
    Object.entries(words)
      .filter(([, job]) => job in jobRules)
      .map(([word]) => `${place} ${word}`),
  )
  const tried = [...named, ...Object.keys(flags), 'galleries.state archiving'].sort()
  assert.deepEqual([...awaited.keys()].sort(), tried, 'each of the list was put into the database')
})
