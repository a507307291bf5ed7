/** Opens the database: a pool of connections to any PostgreSQL from 15 on, under Kysely. */
import type { Socket } from 'node:net'
import { CamelCasePlugin, Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import { minutes, seconds } from '../../base/clock.ts'
import { AppError, fullDatabase, lostDatabase } from '../../base/errors.ts'
import type { Log } from '../deps.ts'
import { type Vigil, vigil } from '../vigil.ts'
import type { Database, Tables } from './port.ts'

export interface DatabaseOptions {
  /** postgresql://user:password@host/name, or postgresql://user@/name?host=/folder/of/a/socket */
  url: string
  /** connections at most, 10 if not given */
  max?: number
  log?: Log
}

export interface OpenDatabase {
  db: Database
  /** Waits for the queries at hand, then closes every connection. May be called twice. */
  close(): Promise<void>
}

/** A line that broke in silence is noticed within half a minute, also when nobody asks anything on it. */
export const lively = { keepAlive: true, keepAliveInitialDelayMillis: seconds(10) }

/** Throws database_unreachable when no connection can be made, config_invalid for a server older than 15 or a malformed address. */
export async function openDatabase(options: DatabaseOptions): Promise<OpenDatabase> {
  const pool = openPool(options)
  const watch = vigil({ probe: (ms) => askOnce(options.url, ms) })
  let closing: Promise<void> | undefined
  const close = () => {
    closing ??= pool.end()
    return closing
  }
  try {
    await refuseOldServer(pool)
  } catch (cause) {
    await close()
    if (cause instanceof AppError) throw cause
    if (isMalformed(cause)) throw malformed()
    throw new AppError('database_unreachable', { reason: reasonOf(cause) }, { cause })
  }
  // pool.end() twice rejects, so db.destroy() must not be the one that ends it a second time
  const connect = async () => watched(await pool.connect().catch(inOurWords), watch)
  const dialect = new PostgresDialect({ pool: { connect, end: close, options: pool.options } })
  return { db: new Kysely<Tables>({ dialect, plugins: [new CamelCasePlugin({ maintainNestedObjectKeys: true })] }), close }
}

/**
 * A connection whose server is silent is torn down, and its query rejects as lost: neither side of a line that broke in the
 * middle hears of it otherwise, for a quarter of an hour. A connection that was lost never goes back to the others: its last words
 * come before its end.
 */
function watched(client: pg.PoolClient, watch: Vigil): pg.PoolClient {
  let lost = false
  const query = async (...asked: unknown[]) => {
    const over = watch.waits(() => socketOf(client).destroy())
    try {
      return await (client.query as (...asked: unknown[]) => Promise<unknown>)(...asked)
    } catch (error) {
      lost ||= lostDatabase(error)
      return inOurWords(error)
    } finally {
      over()
    }
  }
  // Kysely releases with false, not with nothing, where it saw no reason to discard
  return { query, release: (error?: boolean | Error) => client.release(error || lost) } as unknown as pg.PoolClient
}

/** A lost connection and a full disk are outages, to whoever asked: what else PostgreSQL says of a statement is handed on as it is. */
function inOurWords(cause: unknown): never {
  if (fullDatabase(cause)) throw new AppError('storage_full', { reason: reasonOf(cause) }, { cause })
  if (lostDatabase(cause)) throw new AppError('unavailable', { reason: reasonOf(cause) }, { cause })
  throw cause
}

const socketOf = (client: pg.PoolClient) => (client as unknown as { connection: { stream: Socket } }).connection.stream

/** One small question by a connection of its own; a server that refuses us answers, too. */
async function askOnce(url: string, ms: number): Promise<void> {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'keepsake probe',
    connectionTimeoutMillis: ms,
    query_timeout: ms,
  })
  client.on('error', () => {})
  try {
    await client.connect()
    await client.query('select 1')
  } catch (error) {
    if (!(error instanceof pg.DatabaseError)) throw error
  } finally {
    client.end().catch(() => {})
  }
}

function openPool({ url, max = 10, log }: DatabaseOptions): pg.Pool {
  const timeouts = {
    connectionTimeoutMillis: seconds(5),
    idle_in_transaction_session_timeout: seconds(60),
    statement_timeout: minutes(5),
  }
  try {
    const pool = new pg.Pool({ connectionString: url, max, application_name: 'keepsake', ...lively, types: ourTypes, ...timeouts })
    // without listeners a stop of PostgreSQL would end Node; the query at hand is rejected anyway
    pool.on('error', (error) => log?.warn({ reason: error.message }, 'an idle database connection was lost'))
    pool.on('connect', (client) => client.on('error', () => {}))
    return pool
  } catch {
    throw malformed()
  }
}

const isMalformed = (error: unknown) => (error as NodeJS.ErrnoException).code === 'ERR_INVALID_URL'
// without its cause: that repeats the address, password included
const malformed = () => new AppError('config_invalid', { setting: 'DATABASE_URL', reason: 'it is not an address of a PostgreSQL database' })

async function refuseOldServer(pool: pg.Pool): Promise<void> {
  const { rows } = await pool.query<{ number: number; name: string }>(
    `select current_setting('server_version_num')::int as number, current_setting('server_version') as name`,
  )
  const [version] = rows
  if (version && version.number >= 150_000) return
  throw new AppError('config_invalid', { setting: 'DATABASE_URL', reason: 'PostgreSQL 15 or newer is needed', found: version?.name })
}

/** A refused address with several IPs is an AggregateError without a message of its own. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join('; ')
  return error instanceof Error ? error.message : String(error)
}

const { INT8, DATE } = pg.types.builtins
const ourTypes: pg.CustomTypesConfig = {
  // for this pool only: 8-byte integers as numbers, dates without a time zone as they are written
  getTypeParser: ((oid: number, format?: 'text' | 'binary') => {
    if (oid === INT8 && format !== 'binary') return Number
    if (oid === DATE && format !== 'binary') return String
    return pg.types.getTypeParser(oid, format as 'text')
  }) as typeof pg.types.getTypeParser,
}
