/** `node test/scale/measure.ts FOLDER [PART OF A NAME]`: how every question is answered there, slowest first. Ends with 1 when one reads too much. */
import { sql } from 'kysely'
import { startEmbedded } from '../../src/ports/database/embedded.ts'
import { migrate } from '../../src/ports/database/migrate.ts'
import { openDatabase } from '../../src/ports/database/postgres.ts'
import { careless, quiet } from '../postgres.ts'
import { steps, touched, watch } from './postgres.ts'
import { askAll, type Measured } from './run.ts'

const [dir, part = ''] = process.argv.slice(2)
if (!dir) throw new Error('which folder?')
const server = await startEmbedded({
  dir,
  log: quiet,
  settings: { ...careless, shared_buffers: '1GB', autovacuum: 'off', max_wal_size: '4GB' },
})
const begun = performance.now()
const { db, close } = await openDatabase({ url: server.url })
console.log(`migrations: ${await migrate(db)} in ${((performance.now() - begun) / 1000).toFixed(0)} s`)
await close()
const watched = watch(server.url)
try {
  if (!part) await showSizes()
  const all = await askAll(watched, (name) => name.includes(part), 4)
  for (const { name, question, ms, rows, buffers, statements } of all.sort((a, b) => b.ms - a.ms)) {
    const nodes = statements.flatMap(({ plan }) => steps(plan)).filter((s) => s['Relation Name'] ?? s['Index Name'])
    const how = [...new Set(nodes.map((s) => `${s['Node Type']} ${s['Index Name'] ?? s['Relation Name']}`))].join(', ')
    console.log(`| ${name} | ${ms.toFixed(1)} | ${rows} | ${buffers} | ${how} |`)
    for (const fault of faultsAtSize({ question, statements, buffers })) {
      console.log(`TOO MUCH: ${name} ${fault}`)
      process.exitCode = 1
    }
    if (part) for (const { text, ms, plan } of statements) console.log(ms, text, JSON.stringify(plan, null, 1))
  }
} finally {
  await watched.close()
  await server.stop()
}

/** With real sizes the planner is free, so only what it chose to read whole counts. */
function faultsAtSize({ question, statements, buffers }: Pick<Measured, 'question' | 'statements' | 'buffers'>): string[] {
  if (question.rows === 'all') return []
  const whole = statements.flatMap(({ plan }) => steps(plan)).filter((s) => s['Node Type'] === 'Seq Scan' && touched(s) > 10_000)
  const faults = whole.map((s) => `reads all of ${s['Relation Name']}`)
  return buffers > (question.pages ?? 10_000) ? [...faults, `looks at ${buffers} pages`] : faults
}

/** Tables, largest first: rows, bytes of rows and of indexes, and both for one row. */
async function showSizes(): Promise<void> {
  const { rows } = await sql<{ name: string; rows: number; heap: number; indexes: number }>`
    select c.relname as name, c.reltuples::bigint as rows, pg_table_size(c.oid) as heap, pg_indexes_size(c.oid) as indexes
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'r' and n.nspname in ('public', 'queue') and c.reltuples > 100 order by pg_total_relation_size(c.oid) desc`.execute(
    watched.db,
  )
  for (const { name, rows: n, heap, indexes } of rows)
    console.log(
      `| ${name} | ${n} | ${(heap / 1e6).toFixed(1)} | ${(indexes / 1e6).toFixed(1)} | ${(heap / n).toFixed(0)} + ${(indexes / n).toFixed(0)} |`,
    )
}
