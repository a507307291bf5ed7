/** The program whose power is cut: uploads without end through the steps of production, and prints what it acknowledges. */
import { createHash } from 'node:crypto'
import { writeSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { systemClock } from '../../src/base/clock.ts'
import { newId } from '../../src/base/id.ts'
import { installationId } from '../../src/data/settings.ts'
import { createUser } from '../../src/features/accounts/users.ts'
import { createGallery } from '../../src/features/galleries/edit.ts'
import { receive } from '../../src/features/uploads/accept.ts'
import { begin } from '../../src/features/uploads/begin.ts'
import { recentHashes } from '../../src/features/uploads/hashes.ts'
import { startEmbedded } from '../../src/ports/database/embedded.ts'
import { migrate } from '../../src/ports/database/migrate.ts'
import { openDatabase } from '../../src/ports/database/postgres.ts'
import { sharpImages } from '../../src/ports/images/sharp.ts'
import { pgbossQueue } from '../../src/ports/queue/pgboss.ts'
import { diskStorage } from '../../src/ports/storage/disk.ts'
import { photos } from '../journeys/sending.ts'
import { quiet } from '../postgres.ts'
import { testSettings } from '../world.ts'

const [dir = '', databaseSettings = '{}', pause = '0'] = process.argv.slice(2)
const senders = 3

/** Synchronously: what was acknowledged must be out before the power goes. */
const say = (...words: (string | number)[]) => writeSync(1, `${words.join(' ')}\n`)

const server = await startEmbedded({ dir: path.join(dir, 'postgres'), log: quiet, settings: JSON.parse(databaseSettings) })
const { db } = await openDatabase({ url: server.url, log: quiet })
await migrate(db)
const clock = systemClock
const storage = diskStorage({ dir: path.join(dir, 'storage'), clock })
await storage.identify(await installationId(db, newId(clock.now())))
const queue = await pgbossQueue({ db, url: server.url, log: quiet })
const deps = { db, storage, queue, clock, images: sharpImages(), settings: testSettings, hashes: recentHashes() }
const owner = await createUser(deps, { name: 'Ida', email: 'ida@example.com', role: 'admin' })
const gallery = await createGallery(deps, owner.id, { title: 'Power' })
say('postgres', server.pid)
await Promise.all(Array.from({ length: senders }, (_, n) => sendForEver(n)))

async function sendForEver(sender: number): Promise<never> {
  for (let n = sender; ; n += senders) {
    const [photo] = await photos(1, 20_000 + ((n * 7919) % 60_000), n)
    const { name, bytes, sha256 } = photo!
    const { id } = await begin(deps, gallery, { name, size: bytes.length, modifiedAt: clock.now(), sha256: null })
    for (let at = 0; at < bytes.length; ) {
      const part = bytes.subarray(at, n % 4 ? bytes.length : at + 30_000)
      const { offset, result } = await receive(deps, id, at, once(part))
      at = offset
      if (result) say('done', sha256, bytes.length)
      else say('at', id, offset, createHash('sha256').update(bytes.subarray(0, offset)).digest('hex'))
    }
    await sleep(Number(pause))
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
