import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nameAgain, nameOf } from './name.ts'

const cases: [header: string | null, name: string][] = [
  ['attachment; filename="mara-and-jonas.zip"', 'mara-and-jonas.zip'],
  ['attachment; filename="M_ra.zip"; filename*=UTF-8\'\'M%C3%A4ra.zip', 'Mära.zip'],
  ['attachment; filename=plain.zip', 'plain.zip'],
  ['attachment; filename="a \\"quoted\\" name.zip"', 'a _quoted_ name.zip'],
  [null, 'download.zip'],
  ['inline', 'download.zip'],
  ['attachment; filename="../../etc/passwd"', 'passwd'],
  ["attachment; filename*=UTF-8''..%2F..%2Fetc%2Fpasswd", 'passwd'],
  ["attachment; filename*=UTF-8''C%3A%5CWindows%5Ca.zip", 'a.zip'],
  ['attachment; filename=".."', 'download.zip'],
  ['attachment; filename="a/"', 'download.zip'],
  ['attachment; filename=".bashrc"', 'bashrc'],
  ['attachment; filename="con.zip"', '_con.zip'],
  ['attachment; filename="a.zip. ."', 'a.zip'],
  ["attachment; filename*=UTF-8''a%00b%0Ac.zip", 'a_b_c.zip'],
  // shown from right to left it would end in .zip
  ["attachment; filename*=UTF-8''a%E2%80%AEpiz.exe", 'a_piz.exe'],
  ['attachment; filename*=UTF-8\'\'%FF.zip; filename="b.zip"', 'b.zip'],
]

test('the name of a download is one plain file name, whatever the header says', () => {
  for (const [header, name] of cases) assert.equal(nameOf(header), name, String(header))
})

test('a name that is too long keeps its ending', () => {
  const name = nameOf(`attachment; filename*=UTF-8''${encodeURIComponent('ä'.repeat(300))}.zip`)
  assert.ok(Buffer.byteLength(name) <= 200)
  assert.match(name, /^ä+\.zip$/)
})

test('a name that is taken gets a number before its ending', () => {
  assert.deepEqual(
    [1, 2, 3].map((n) => nameAgain('mara.zip', n)),
    ['mara.zip', 'mara (2).zip', 'mara (3).zip'],
  )
  assert.equal(nameAgain('mara', 2), 'mara (2)')
})
