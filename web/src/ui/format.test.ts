import assert from 'node:assert/strict'
import { test } from 'node:test'
import { daysUntil, formatOf, plural } from './format.ts'

const plain = (text: string) => text.replaceAll(/[\u00a0\u202f]/g, ' ')

test('sizes are short and have a unit in every language', () => {
  const cases: [number, string, string, string][] = [
    [0, '0 bytes', '0 Byte', '0 байт'],
    [999, '999 bytes', '999 Byte', '999 байт'],
    [1_500_000, '1.5 MB', '1,5 MB', '1,5 МБ'],
    [21_940_000_000, '21.9 GB', '21,9 GB', '21,9 ГБ'],
    [640_400_000_000, '640 GB', '640 GB', '640 ГБ'],
  ]
  for (const [value, en, de, ru] of cases) {
    assert.equal(plain(formatOf('en').bytes(value)), en)
    assert.equal(plain(formatOf('de').bytes(value)), de)
    assert.equal(plain(formatOf('ru').bytes(value)), ru)
  }
})

test('a day without a time is the same day in every zone', () => {
  assert.equal(plain(formatOf('en').day('2026-06-14')), '14 June 2026')
  assert.equal(plain(formatOf('ru').day('2026-06-14')), '14 июня 2026 г.')
  assert.equal(plain(formatOf('ru').shortDay('2026-06-14')), '14.06.2026')
  assert.equal(plain(formatOf('en').shortDay('2026-06-14')), '14 Jun 2026')
})

test('a moment names its zone', () => {
  assert.match(plain(formatOf('de').moment('2026-06-14T10:00:00Z')), /2026.*\d\d:\d\d (MESZ|UTC|GMT.*|[A-Z]+)$/)
})

test('time left is rounded to what a person can use', () => {
  const en = formatOf('en')
  assert.equal(plain(en.duration(0.2)), '1 sec')
  assert.equal(plain(en.duration(1620)), '27 mins')
  assert.equal(plain(en.duration(9000)), '2.5 hrs')
})

test('Russian counts in three forms', () => {
  const forms = { one: '# файл', few: '# файла', many: '# файлов' }
  assert.deepEqual(
    [1, 3, 5, 11, 21, 102].map((n) => plural('ru', n, forms)),
    ['1 файл', '3 файла', '5 файлов', '11 файлов', '21 файл', '102 файла'],
  )
})

test('how long is left is counted by the calendar, not by hours', () => {
  const at = (day: number, hour: number) => new Date(2026, 5, day, hour)
  const left = (end: Date, now: Date) => daysUntil(end.toISOString(), now.getTime())
  assert.equal(left(at(14, 23), at(14, 1)), 0)
  assert.equal(left(at(15, 1), at(14, 23)), 1)
  assert.equal(left(at(28, 12), at(14, 22)), 14)
  assert.equal(left(at(13, 23), at(14, 1)), -1)
  const said = [0, 1, 3].map((n) => [formatOf('en'), formatOf('de'), formatOf('ru')].map((fmt) => plain(fmt.inDays(n))))
  assert.deepEqual(said, [
    ['today', 'heute', 'сегодня'],
    ['tomorrow', 'morgen', 'завтра'],
    ['in 3 days', 'in 3 Tagen', 'через 3 дня'],
  ])
})
