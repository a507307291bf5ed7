/** A worker is killed while bytes come: another one saves the track, and nothing of the first one stays. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { quiet } from '../../../test/postgres.ts'
import { setClock, testSettings } from '../../../test/world.ts'
import { days, minutes } from '../../base/clock.ts'
import { openDatabase } from '../../ports/database/postgres.ts'
import { safeHttp } from '../../ports/http/safe.ts'
import { sharpImages } from '../../ports/images/sharp.ts'
import { outboxMail } from '../../ports/mail/outbox.ts'
import { providersInTurn } from '../../ports/providers/turns.ts'
import { pgbossQueue } from '../../ports/queue/pgboss.ts'
import { diskStorage } from '../../ports/storage/disk.ts'
import { run } from './run.ts'

const [, , role, url, dir, installation] = process.argv
if (role === 'worker') await beWorker()
else test('killed while bytes come: saved by the next one, once, and nothing is left over', { timeout: 120_000 }, killed)

async function beWorker(): Promise<void> {
  const clock = setClock()
  const { db } = await openDatabase({ url: url!, log: quiet })
  const storage = diskStorage({ dir: dir!, clock })
  await storage.identify(installation!)
  const ports = { db, storage, clock, mail: outboxMail(), images: sharpImages(), http: safeHttp({ besides: ['127.0.0.1'] }) }
  const queue = await pgbossQueue({ db, url: url!, log: quiet })
  const calendar = { now: async () => clock.now() }
  const deps = { ...ports, calendar, queue, providers: providersInTurn({ clock }), log: quiet, settings: testSettings }
  await run(deps, { ownerId: null, limit: 10 }, new AbortController().signal)
}

async function killed(): Promise<void> {
  // the test's own tools are of no use to the worker
  const { bed } = await import('./testbed.test.ts')
  const { mp3 } = await import('../../../test/media.ts')
  const { collect } = await import('../operations/collect.ts')
  const { findSetting } = await import('../../data/settings.ts')
  const b = await bed()
  try {
    const { deps, dir: store, databaseUrl, clock } = b.world
    const song = mp3({ frames: 3000 })
    const me = await b.owner()
    const track = b.offer({}, { audio: song })
    const file = b.provider.media.get(new URL(track.audioUrl).pathname)!
    file.faults = [{ kind: 'stall', after: 700_000 }]
    const [id] = await b.add(me, track)
    const id0 = String(await findSetting(deps.db, 'installation'))
    const worker = spawn(process.execPath, [import.meta.filename, 'worker', databaseUrl, store, id0], {
      stdio: ['ignore', 'inherit', 'inherit'],
    })
    const uploads = () => readdirSync(path.join(store, 'uploads'))
    await b.world.until(async () => b.asked(track.audioUrl) === 1 && uploads().length === 1)
    worker.kill('SIGKILL')
    await once(worker, 'exit')
    assert.equal((await b.see(me, id!)).state, 'rescuing')
    await b.go()
    assert.equal((await b.see(me, id!)).state, 'rescuing', 'until its lease is over nobody takes it')
    clock.advance(minutes(2))
    await b.go()
    assert.equal((await b.see(me, id!)).state, 'rescued')
    assert.equal(uploads().length, 1)
    clock.advance(days(2))
    await collect(deps)
    assert.deepEqual(uploads(), [])
    const kept: number[] = []
    for await (const { size } of deps.storage.list('galleries/')) kept.push(size)
    assert.deepEqual(kept, [song.length])
  } finally {
    await b.close()
  }
}
