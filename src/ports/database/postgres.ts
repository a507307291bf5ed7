/** Opens the database: a pool of connections to any PostgreSQL from 15 on, under Kysely. */
import { CamelCasePlugin, Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import { minutes, seconds } from '../../base/clock.ts'
import { AppError } from '../../base/errors.ts'
import type { Log } from '../deps.ts'
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

/** Throws database_unreachable when no connection can be made, config_invalid for a server older than 15 or a malformed address. */
export async function openDatabase(options: DatabaseOptions): Promise<OpenDatabase> {
  const pool = openPool(options)
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
  const dialect = new PostgresDialect({ pool: { connect: () => pool.connect(), end: close, options: pool.options } })
  return { db: new Kysely<Tables>({ dialect, plugins: [new CamelCasePlugin({ maintainNestedObjectKeys: true })] }), close }
}

function openPool({ url, max = 10, log }: DatabaseOptions): pg.Pool {
  const timeouts = {
    connectionTimeoutMillis: seconds(5),
    idle_in_transaction_session_timeout: seconds(60),
    statement_timeout: minutes(5),
  }
  try {
    const pool = new pg.Pool({ connectionString: url, max, application_name: 'keepsake', keepAlive: true, types: ourTypes, ...timeouts })
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
