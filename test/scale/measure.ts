/** `node test/scale/measure.ts FOLDER [PART OF A NAME]`: how every question is answered there, slowest first. */
import { startEmbedded } from '../../src/ports/database/embedded.ts'
import { migrate } from '../../src/ports/database/migrate.ts'
import { openDatabase } from '../../src/ports/database/postgres.ts'
import { careless, quiet } from '../postgres.ts'
import { steps, watch } from './postgres.ts'
import { askAll } from './run.ts'

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
  const all = await askAll(watched, (name) => name.includes(part))
  for (const { name, ms, rows, buffers, statements } of all.sort((a, b) => b.ms - a.ms)) {
    const nodes = statements.flatMap(({ plan }) => steps(plan)).filter((s) => s['Relation Name'] ?? s['Index Name'])
    const how = [...new Set(nodes.map((s) => `${s['Node Type']} ${s['Index Name'] ?? s['Relation Name']}`))].join(', ')
    console.log(`| ${name} | ${ms.toFixed(1)} | ${rows} | ${buffers} | ${how} |`)
    if (part) for (const { text, ms, plan } of statements) console.log(ms, text, JSON.stringify(plan, null, 1))
  }
} finally {
  await watched.close()
  await server.stop()
}
