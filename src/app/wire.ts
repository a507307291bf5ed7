/** Picks the adapter of every port and joins them: the one place that names implementations. */
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { systemClock } from '../base/clock.ts'
import { newId } from '../base/id.ts'
import { databaseCalendar } from '../data/moment.ts'
import { findSetting, installationId, keepSetting, settleSetting } from '../data/settings.ts'
import { jobRules } from '../domain/jobs.ts'
import { startEmbedded } from '../ports/database/embedded.ts'
import { migrate } from '../ports/database/migrate.ts'
import type { Database } from '../ports/database/port.ts'
import { openDatabase } from '../ports/database/postgres.ts'
import type { Deps, Log } from '../ports/deps.ts'
import type { Events } from '../ports/events/port.ts'
import { sqsEvents } from '../ports/events/sqs.ts'
import { safeHttp } from '../ports/http/safe.ts'
import { sharpImages } from '../ports/images/sharp.ts'
import { outboxMail } from '../ports/mail/outbox.ts'
import type { Mail } from '../ports/mail/port.ts'
import { resendMail } from '../ports/mail/resend.ts'
import { smtpMail } from '../ports/mail/smtp.ts'
import { ffprobe } from '../ports/probe/ffprobe.ts'
import { replicateApi } from '../ports/providers/replicate.ts'
import { providersInTurn } from '../ports/providers/turns.ts'
import { pgbossQueue } from '../ports/queue/pgboss.ts'
import { diskStorage } from '../ports/storage/disk.ts'
import type { Storage } from '../ports/storage/port.ts'
import { s3Storage } from '../ports/storage/s3.ts'
import { joseTokens } from '../ports/tokens/jose.ts'
import type { Tokens } from '../ports/tokens/port.ts'
import type { Config } from './config.ts'

export interface World {
  deps: Deps
  /** the queue of the bucket's events; undefined where none is configured */
  events: Events | undefined
  /** whose signed tokens count as a sign-in; undefined where nobody's do */
  tokens: Tokens | undefined
  /** Lets running jobs end for at most `graceMs`, then closes everything; the embedded database last. */
  close(graceMs: number): Promise<void>
}

/**
 * Starts everything that `config` names. Throws what stops a start: see docs/errors.md, "starting". With `adopt` a database that
 * has never had a store takes the one it finds for its own: the database that went with it was lost.
 */
export async function wire(config: Config, log: Log, { adopt = false } = {}): Promise<World> {
  const opened: (() => unknown)[] = []
  const closeAll = async () => {
    for (const close of opened.splice(0).reverse()) await close()
  }
  try {
    mkdirSync(config.dataDir, { recursive: true, mode: 0o711 })
    const clock = systemClock
    const url = config.databaseUrl ?? (await embedded(config, log, opened))
    const database = await openDatabase({ url, log })
    opened.push(() => database.close())
    await migrate(database.db)
    const storage = config.s3 ? s3Storage({ ...config.s3, clock }) : diskStorage({ dir: path.join(config.dataDir, 'storage'), clock })
    if (adopt) await adoptStore(database.db, storage)
    await identify(database.db, storage, newId(clock.now()))
    const queue = await pgbossQueue({ db: database.db, url, log, rules: withBuilders(config.maxJobs), pollMs: config.pollMs })
    opened.push(() => queue.stop(0))
    const images = sharpImages()
    opened.push(() => images.close())
    const mail = pickMail(config)
    const calendar = databaseCalendar(database.db, clock)
    const http = safeHttp()
    const { replicateToken: token } = config
    const providers = providersInTurn({ clock, apis: token ? { replicate: replicateApi({ http, clock, token }) } : {} })
    const deps: Deps = {
      db: database.db,
      storage,
      queue,
      mail,
      images,
      http,
      providers,
      ...(config.ffprobe ? { probe: ffprobe({ file: config.ffprobe }) } : {}),
      clock,
      calendar,
      log,
      settings: config.settings,
    }
    const events = config.sqs && sqsEvents({ ...config.sqs, log })
    return {
      deps,
      events,
      tokens: config.settings.jwt ? joseTokens(config.settings.jwt) : undefined,
      close: async (graceMs) => {
        await events?.stop()
        await queue.stop(graceMs)
        await closeAll()
      },
    }
  } catch (error) {
    await closeAll()
    throw error
  }
}

function pickMail({ smtpUrl, resendApiKey, settings }: Config): Mail {
  if (resendApiKey) return resendMail({ apiKey: resendApiKey, from: settings.emailFrom })
  return smtpUrl ? smtpMail({ url: smtpUrl, from: settings.emailFrom }) : outboxMail()
}

/** How many archives one process builds, and verifies, at the same time. */
function withBuilders(parallel: number): typeof jobRules {
  return {
    ...jobRules,
    'archive.build': { ...jobRules['archive.build'], parallel },
    'archive.verify': { ...jobRules['archive.verify'], parallel },
  }
}

/** A store that this database has marked before must bear the mark: an empty folder in its place is a missing mount, not a new store. */
async function identify(db: Database, storage: Storage, fresh: string): Promise<void> {
  const marked = await findSetting(db, 'store_marked')
  await storage.identify(await installationId(db, fresh), marked === true)
  await settleSetting(db, 'store_marked', true)
}

async function adoptStore(db: Database, storage: Storage): Promise<void> {
  const owner = await storage.marked()
  if (owner && (await findSetting(db, 'store_marked')) !== true) await keepSetting(db, 'installation', owner)
}

async function embedded(config: Config, log: Log, opened: (() => unknown)[]): Promise<string> {
  const server = await startEmbedded({ dir: path.join(config.dataDir, 'postgres'), log })
  opened.push(() => server.stop())
  return server.url
}
