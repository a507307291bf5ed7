/** docs/errors.md says what the table of codes says; `node src/app/errors.test.ts --write` writes it anew. */
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { errorTable } from '../base/errors.ts'

const file = path.join(import.meta.dirname, '../../docs/errors.md')
const rows = Object.entries(errorTable).map(([code, [status, sentence]]) => `| \`${code}\` | ${status} | ${sentence} |`)
const table = ['| code | status | what it says |', '|---|---|---|', ...rows].join('\n')

test('docs/errors.md lists every code with its status and sentence', () => {
  const text = readFileSync(file, 'utf8')
  const from = text.indexOf('| code |')
  if (process.argv.includes('--write')) writeFileSync(file, `${text.slice(0, from)}${table}\n`)
  else assert.equal(text.slice(from).trimEnd(), table)
})
