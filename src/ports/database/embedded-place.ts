/** Where a private PostgreSQL lies, and how to ask it. */
import fs from 'node:fs'
import path from 'node:path'
import pg from 'pg'
import type { RunAs } from './embedded-binaries.ts'

export interface Place {
  dir: string
  pgdata: string
  socketDir: string
  user: RunAs
  settings: Record<string, string>
  /** how long a start may take, recovery included */
  patienceMs: number
}

export const databaseName = 'keepsake'
// without the surroundings of our process: nothing of them may change how the server behaves
export const plainEnvironment = { PATH: '/usr/local/bin:/usr/bin:/bin', TZ: 'UTC', LC_ALL: 'C' }

/** Does a server answer on the socket, with our database in it? */
export async function answers(place: Place, database = databaseName): Promise<boolean> {
  const client = clientFor(place, database)
  try {
    await client.connect()
    return true
  } catch {
    return false
  } finally {
    await client.end().catch(() => {})
  }
}

/** A connection to be opened; its loss alone is no event. */
export function clientFor(place: Place, database: string): pg.Client {
  const client = new pg.Client({ host: place.socketDir, user: databaseName, database, connectionTimeoutMillis: 2000 })
  client.on('error', () => {})
  return client
}

/** The number in the server's pid file, 0 without one. */
export const pidOf = ({ pgdata }: Place): number => {
  try {
    return Number(fs.readFileSync(path.join(pgdata, 'postmaster.pid'), 'utf8').split('\n')[0])
  } catch {
    return 0
  }
}
