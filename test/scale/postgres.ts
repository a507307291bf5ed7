/** A PostgreSQL that says of every statement how it was done: auto_explain, foreign keys and the queue's own included. */
import { CamelCasePlugin, Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import type { Database, Tables } from '../../src/ports/database/port.ts'

/** A step of a plan, as EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) writes it. */
export interface Step {
  'Node Type': string
  'Relation Name'?: string
  'Index Name'?: string
  'Actual Rows': number
  'Actual Loops': number
  'Rows Removed by Filter'?: number
  'Rows Removed by Index Recheck'?: number
  'Shared Hit Blocks': number
  'Shared Read Blocks': number
  Plans?: Step[]
}
export interface Seen {
  text: string
  ms: number
  plan: Step
}

export interface Watched {
  db: Database
  /** What ran since the last call. */
  take(): Seen[]
  close(): Promise<void>
}

/** `settings` hold for every connection, such as enable_seqscan=off. */
export function watch(url: string, settings: Record<string, string> = {}): Watched {
  const all = {
    session_preload_libraries: 'auto_explain',
    'auto_explain.log_min_duration': '0',
    'auto_explain.log_analyze': 'on',
    'auto_explain.log_buffers': 'on',
    'auto_explain.log_format': 'json',
    'auto_explain.log_level': 'notice',
    'auto_explain.log_nested_statements': 'on',
    ...settings,
  }
  const options = Object.entries(all).map(([key, value]) => `-c ${key}=${value}`)
  const { INT8 } = pg.types.builtins
  const types: pg.CustomTypesConfig = {
    getTypeParser: ((oid: number, format?: 'text') =>
      oid === INT8 ? Number : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
  }
  const pool = new pg.Pool({ connectionString: url, options: options.join(' '), types, max: 2 })
  let seen: Seen[] = []
  // the server is stopped while idle connections still close: no fault of a question
  pool.on('error', () => {})
  pool.on('connect', (client) => {
    client.on('notice', ({ message }) => {
      const found = /^duration: ([\d.]+) ms {2}plan:\n(\{.*)$/s.exec(message ?? '')
      if (!found) return
      const { 'Query Text': text, Plan: plan } = JSON.parse(found[2]!) as { 'Query Text': string; Plan: Step }
      seen.push({ text, ms: Number(found[1]), plan })
    })
  })
  return {
    db: new Kysely<Tables>({ dialect: new PostgresDialect({ pool }), plugins: [new CamelCasePlugin({ maintainNestedObjectKeys: true })] }),
    take() {
      const taken = seen
      seen = []
      return taken
    },
    close: () => pool.end(),
  }
}

/** Every step of a plan. */
export const steps = (plan: Step): Step[] => [plan, ...(plan.Plans ?? []).flatMap(steps)]

/** Rows that a step of a table or index took into its hands, those it threw away included. */
export const touched = (s: Step): number =>
  s['Actual Loops'] * (s['Actual Rows'] + (s['Rows Removed by Filter'] ?? 0) + (s['Rows Removed by Index Recheck'] ?? 0))

export const buffers = (plan: Step): number => plan['Shared Hit Blocks'] + plan['Shared Read Blocks']
