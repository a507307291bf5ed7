/** The server is killed again and again while files come in: nothing that was acknowledged is lost, and every file arrives whole. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { quiet } from '../../../test/postgres.ts'
import { seconds } from '../../base/clock.ts'
import { openDatabase } from '../../ports/database/postgres.ts'
import { safeHttp } from '../../ports/http/safe.ts'
import { sharpImages } from '../../ports/images/sharp.ts'
import { outboxMail } from '../../ports/mail/outbox.ts'
import { providersInTurn } from '../../ports/providers/turns.ts'
import { pgbossQueue } from '../../ports/queue/pgboss.ts'
import { diskStorage } from '../../ports/storage/disk.ts'
import {
  addGallery,
  assetsOf,
  head,
  installation,
  openBed,
  patch,
  picture,
  post,
  serve,
  settings,
  sha256,
  shiftedClock,
  storedBytes,
} from './testbed.test.ts'

const [, , role, databaseUrl, storeDir, shift] = process.argv
if (role === 'server') await beServer()
else test('killed 20 times, every file arrives whole and once', { timeout: 300_000 }, killed)

/** The process that is killed. */
async function beServer(): Promise<void> {
  const clock = shiftedClock()
  // the lease of the one before is over at once
  clock.shift = Number(shift)
  const { db } = await openDatabase({ url: databaseUrl!, log: quiet })
  const storage = diskStorage({ dir: join(storeDir!, 'store'), clock })
  await storage.identify(installation)
  const queue = await pgbossQueue({ db, url: databaseUrl!, log: quiet })
  const calendar = { now: async () => clock.now() }
  const ports = {
    db,
    storage,
    queue,
    clock,
    calendar,
    mail: outboxMail(),
    http: safeHttp(),
    providers: providersInTurn({ clock }),
    images: sharpImages(),
  }
  const server = await serve({ ...ports, settings, log: quiet })
  console.log(server.url)
}

async function killed(): Promise<void> {
  const bed = await openBed()
  try {
    const gallery = await addGallery(bed.deps, bed.mara)
    const files = await Promise.all([6_000_000, ...Array<number>(30).fill(150_000)].map((size, i) => picture(500 + i, size + i)))
    const sending = files.map((bytes) => ({ bytes, location: '', offset: 0, done: false }))

    /** Sends until the server is gone: pieces of 512 KiB, so that a large file takes many requests. */
    async function sendAll(url: string): Promise<void> {
      for (const file of sending.filter((f) => !f.done)) {
        if (!file.location) {
          const begun = await post({ url }, bed.mara, file.bytes.length, {
            gallery: gallery.id,
            filename: 'a.jpg',
            sha256: sha256(file.bytes),
          })
          file.location = begun.headers.get('location')!
        }
        const seen = await head({ url }, bed.mara, file.location)
        assert.equal(seen.status, 200)
        const offset = Number(seen.headers.get('upload-offset'))
        assert.ok(offset >= file.offset, 'what was acknowledged is there')
        file.offset = offset
        while (file.offset < file.bytes.length) {
          const answer = await patch({ url }, bed.mara, file.location, file.offset, file.bytes.subarray(file.offset, file.offset + 524_288))
          assert.equal(answer.status, 204)
          file.offset = Number(answer.headers.get('upload-offset'))
        }
        file.done = true
      }
    }

    for (let round = 1; round <= 21; round++) {
      const child = spawn(process.execPath, [import.meta.filename, 'server', bed.databaseUrl, bed.storeDir, String(round * seconds(11))], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      const [url] = (await once(createInterface(child.stdout), 'line')) as [string]
      const acknowledged = sending.filter((f) => f.done).length
      const sent = sendAll(url).catch((error: unknown) => {
        if (error instanceof assert.AssertionError) throw error
      })
      // the last one may finish
      if (round <= 20) {
        for (let waited = 0; sending.filter((f) => f.done).length === acknowledged && waited < 2000; waited++) await sleep(1)
        await sleep(round % 7)
      } else await sent
      child.kill('SIGKILL')
      await Promise.all([sent, once(child, 'exit')])
    }

    assert.ok(sending.every((f) => f.done))
    const assets = await assetsOf(bed.deps.db, gallery.id)
    assert.deepEqual(assets.map((a) => a.sha256.toString('hex')).sort(), files.map(sha256).sort())
    for (const a of assets) assert.equal(sha256(await storedBytes(bed.deps, a.storageKey, a.size)), a.sha256.toString('hex'))
    assert.equal((await bed.deps.queue.depth())['asset.render'], files.length)
  } finally {
    await bed.close()
  }
}
