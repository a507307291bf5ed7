import assert from 'node:assert/strict'
import { test } from 'node:test'
import { errorTable } from '../../base/errors.ts'
import { causeOf } from './causes.ts'

test('a cause is said in the language of the letter; without a code it is what nobody foresaw', () => {
  assert.equal(causeOf('source_changed', 'en'), errorTable.source_changed[1])
  assert.match(causeOf('source_changed', 'de'), /^Eine gespeicherte Datei/)
  assert.match(causeOf('remote_gone', 'ru'), /^Сервис говорит/)
  for (const code of [null, 'of_tomorrow', 'constructor']) {
    assert.equal(causeOf(code, 'en'), errorTable.internal[1])
    assert.equal(causeOf(code, 'de'), causeOf('internal', 'de'))
  }
})

test('why archives and tracks fail has words in every language', () => {
  for (const code of [
    'internal',
    'original_missing',
    'source_changed',
    'archive_mismatch',
    'no_progress',
    'storage_full',
    'remote_unreachable',
  ])
    for (const locale of ['de', 'ru'] as const) assert.notEqual(causeOf(code, locale), causeOf(code, 'en'), code)
})
