/** CSV by cases. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readCsv } from './csv-read.ts'

test('quotes, commas and line ends within cells, a byte order mark, and what spreadsheets write instead of commas', () => {
  assert.deepEqual(readCsv('\ufeffTitle,audio_url\r\n"A, ""b""\nc",http://x/1\r\n\r\nD,\r\n'), [
    { title: 'A, "b"\nc', audio_url: 'http://x/1' },
    { title: 'D', audio_url: '' },
  ])
  assert.deepEqual(readCsv('a;b\n1,5;2'), [{ a: '1,5', b: '2' }])
  assert.deepEqual(readCsv('a\tb\n1\t2\n3'), [
    { a: '1', b: '2' },
    { a: '3', b: '' },
  ])
  assert.deepEqual(readCsv(''), [])
})
