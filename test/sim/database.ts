/**
 * One database and one connection for the worlds of a lane, one world after the other.
 *
 * A world lives in one outer transaction that is rolled back at its end, so no run sees another and none needs clearing up.
 * What production runs as a transaction becomes a savepoint; the schedule keeps them apart, so row locks never wait. The rows,
 * constraints and statements are PostgreSQL's own.
 */
import { CamelCasePlugin, Kysely, PostgresDialect, type PostgresPool } from 'kysely'
import pg from 'pg'
import type { Database, Tables } from '../../src/ports/database/port.ts'
import { testDatabase } from '../postgres.ts'

export interface Lane {
  /** Runs a statement outside of the simulation: nothing stops or fails it. */
  query<Row>(text: string, values?: unknown[]): Promise<Row[]>
  /** The database as production sees it; every statement passes `gate`. */
  open(gate: Gate): Database
  begin(): Promise<void>
  rollback(): Promise<void>
  close(): Promise<void>
}

export interface Gate {
  /** Before a transaction ('begin') or a statement outside of one. Never resolves for a process that dies here; throws what fails. */
  before(text: string): Promise<void>
  /** Before the commit; what it answers is done after the rollback, or instead of it. */
  commit(): 'go' | (() => Promise<never>)
  /** It has happened, and `done` are the statements that changed rows; who dies or fails here never learns of it. */
  after(text: string, done: readonly string[]): Promise<void>
  /** A transaction ended without its commit. */
  undone(): void
  /** PostgreSQL refused a statement outside of a transaction. */
  refused(error: unknown): void
}

const { INT8, DATE } = pg.types.builtins
// as src/ports/database/postgres.ts reads them
const types = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') => {
    if (oid === INT8 && format !== 'binary') return Number
    if (oid === DATE && format !== 'binary') return String
    return pg.types.getTypeParser(oid, format as 'text')
  }) as typeof pg.types.getTypeParser,
}

export async function openLane(): Promise<Lane> {
  const database = await testDatabase()
  const client = new pg.Client({ connectionString: database.url, types })
  await client.connect()

  // Planned once: most of the time of such small statements is planning.
  const prepared = new Map<string, string>()
  const run = (text: string, values: readonly unknown[] = []) => {
    const name = prepared.get(text) ?? `s${prepared.size}`
    prepared.set(text, name)
    return client.query({ text, name, values: [...values] })
  }

  // A savepoint stands where the last transaction began until the next one begins: one message instead of two.
  let marked = false
  const mark = () => {
    const text = marked ? 'release savepoint step; savepoint step' : 'savepoint step'
    marked = true
    return client.query(text)
  }

  return {
    query: async <Row>(text: string, values?: unknown[]) => (await run(text, values)).rows as Row[],
    open: (gate) => gated(run, mark, gate),
    async begin() {
      marked = false
      await run('begin')
    },
    rollback: async () => void (await run('rollback')),
    async close() {
      await client.end()
      await database.close()
    },
  }
}

/** Not a question, after which everything is as before. */
export const changing = (text: string): boolean => !/^\s*select/i.test(text)

type Run = (text: string, values?: readonly unknown[]) => Promise<pg.QueryResult>

function gated(run: Run, mark: () => Promise<unknown>, gate: Gate): Database {
  async function connect() {
    let open = false
    let done: string[] = []
    async function ask(text: string, values?: readonly unknown[]) {
      const result = await run(text, values)
      // what a statement of several parts did, its count does not tell
      if (changing(text) && (result.rowCount !== 0 || /^\s*with/i.test(text))) done.push(text)
      return result
    }
    async function query(text: string, values?: readonly unknown[]) {
      if (text === 'begin') {
        await gate.before(text)
        open = true
        done = []
        return mark()
      }
      if (text === 'rollback') {
        if (open) await undo()
        gate.undone()
        return { command: 'ROLLBACK', rows: [] }
      }
      if (text === 'commit') {
        const verdict = gate.commit()
        if (verdict !== 'go') {
          await undo()
          return verdict()
        }
        open = false
        await gate.after(text, done)
        return { command: 'COMMIT', rows: [] }
      }
      if (open) return ask(text, values)
      await gate.before(text)
      done = []
      const result = await ask(text, values).catch((error: unknown) => {
        gate.refused(error)
        throw error
      })
      await gate.after(text, done)
      return result
    }
    async function undo(): Promise<void> {
      open = false
      await run('rollback to savepoint step')
    }
    return { query, release() {} }
  }
  const pool = { connect, end: async () => {}, options: {} } as unknown as PostgresPool
  return new Kysely<Tables>({
    dialect: new PostgresDialect({ pool }),
    plugins: [new CamelCasePlugin({ maintainNestedObjectKeys: true })],
  })
}
