import assert from 'node:assert/strict'
import { test } from 'node:test'
import { csvCell, csvText } from './feedback.ts'

for (const [value, cell] of [
  ['=1+1', "'=1+1"],
  ['+1', "'+1"],
  ['-1', "'-1"],
  ['@SUM(A1)', "'@SUM(A1)"],
  ['\t=1+1', "'\t=1+1"],
  ['\r=1+1', `"'\r=1+1"`],
  ['=a,"b"', `"'=a,""b"""`],
  // a number of ours is one
  [-1, '-1'],
  ['1-1', '1-1'],
  // nothing, an empty text, 0 and false are four things
  [null, ''],
  ['', '""'],
  [0, '0'],
  [false, 'false'],
  [' lead', '" lead"'],
  ['two\nlines', '"two\nlines"'],
] as const)
  test(`${JSON.stringify(value)} is written ${JSON.stringify(cell)} in a table`, () => assert.equal(csvCell(value), cell))

test('a table begins with the mark of UTF-8 and ends its lines as RFC 4180 says', () => {
  assert.equal(csvText(['a', 'b'], [{ a: 'ü', b: null }]), '\ufeffa,b\r\nü,\r\n')
})
