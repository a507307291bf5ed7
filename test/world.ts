/** The world for tests of steps: the real PostgreSQL, queue and images, a store on disk, letters in the outbox, a set clock. */
import { rmSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { handlers } from '../src/app/worker.ts'
import { after, type Clock } from '../src/base/clock.ts'
import { newId } from '../src/base/id.ts'
import { installationId } from '../src/data/settings.ts'
import { linkLife } from '../src/domain/link.ts'
import type { Settings } from '../src/domain/settings.ts'
import { createUser } from '../src/features/accounts/users.ts'
import type { Deps } from '../src/ports/deps.ts'
import { safeHttp } from '../src/ports/http/safe.ts'
import { sharpImages } from '../src/ports/images/sharp.ts'
import { outboxMail } from '../src/ports/mail/outbox.ts'
import { providersInTurn } from '../src/ports/providers/turns.ts'
import { pgbossQueue } from '../src/ports/queue/pgboss.ts'
import type { Handlers } from '../src/ports/queue/port.ts'
import { diskStorage } from '../src/ports/storage/disk.ts'
import { quiet, temporaryFolder, testDatabase } from './postgres.ts'

export interface TestWorld {
  deps: Deps
  /** the store's folder */
  dir: string
  /** for processes of their own */
  databaseUrl: string
  clock: Clock & { advance(ms: number): void }
  ownerId: string
  /** Lets jobs run from now on; parts of the handlers may be replaced to break them. */
  work(broken?: Partial<Handlers>): Promise<void>
  /** Waits until `look` answers something true, and answers that. */
  until<T>(look: () => Promise<T | undefined | false>, what?: string): Promise<T>
  close(): Promise<void>
}

export const testSettings: Settings = {
  publicUrl: 'http://keepsake.test',
  tokenSecrets: ['Zk3vR8sQ1mXw7nBt5yLc9dHf2gJp6aEu'],
  emailFrom: 'Keepsake <photos@example.com>',
  oidc: null,
  jwt: null,
  resendWebhookSecret: null,
  replicateWebhookSecret: null,
  rescueWebhookSecret: null,
  rescueOwner: null,
  maxUploadBytes: 1024 ** 3,
  reserveBytes: 0,
  retentionDays: 730,
  supersededDays: 30,
  purgeGraceDays: 7,
  providerRetentionDays: 15,
  rescueLeadDays: 13,
  scrubBytesPerSecond: 1e12,
  linkLife,
  cronSecret: null,
  eventsSecret: null,
  bucket: null,
  detailedLogs: false,
  importDir: null,
}

export async function testWorld(change: Partial<Deps> = {}): Promise<TestWorld> {
  const database = await testDatabase()
  const folder = temporaryFolder()
  const clock = setClock()
  const dir = path.join(folder, 'storage')
  const storage = diskStorage({ dir, clock })
  // the disk of whoever runs the tests may be full: that is no fact of this world
  const { room } = storage
  storage.room = async () => room().then((real) => real && { ...real, total: real.free })
  await storage.identify(await installationId(database.db, newId(clock.now())))
  const images = sharpImages({ processes: 1 })
  const queue = await pgbossQueue({ db: database.db, url: database.url, log: quiet })
  const calendar = { now: async () => (change.clock ?? clock).now() }
  const deps: Deps = {
    db: database.db,
    storage,
    queue,
    images,
    mail: outboxMail(),
    // receivers of tests stand here
    http: safeHttp({ besides: ['127.0.0.1'] }),
    providers: providersInTurn({ clock: change.clock ?? clock, perSecond: 1000 }),
    clock,
    calendar,
    log: quiet,
    settings: testSettings,
    ...change,
  }
  const owner = await createUser(deps, { name: 'Ida Photo', email: 'ida@example.com', password: 'a long password', role: 'admin' })
  return {
    deps,
    dir,
    databaseUrl: database.url,
    clock,
    ownerId: owner.id,
    work: (broken = {}) => queue.work({ ...handlers(deps), ...broken }),
    async until(look, what = 'what was awaited') {
      // what never comes is rare; a machine that is busy with other things is not
      for (const end = performance.now() + 180_000; performance.now() < end; await sleep(20)) {
        const found = await look()
        if (found) return found
      }
      throw new Error(`${what} did not come within three minutes`)
    },
    async close() {
      await queue.stop(5_000)
      await images.close()
      await database.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** A clock that stands still until it is moved. */
export function setClock(start = new Date('2026-06-06T10:00:00Z')): Clock & { advance(ms: number): void } {
  let now = start
  return {
    now: () => now,
    advance: (ms) => {
      now = after(now, ms)
    },
  }
}
