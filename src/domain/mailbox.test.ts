import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isCode } from '../base/errors.ts'
import { parseMailbox } from './mailbox.ts'

test('one mailbox is taken, its domain in lower case', () => {
  const cases = [
    ['mara@example.com', 'mara@example.com'],
    [' Mara.L+wedding@EXAMPLE.Co.UK ', 'Mara.L+wedding@example.co.uk'],
    ["o'brien_1@a-b.example", "o'brien_1@a-b.example"],
    ['x@xn--bcher-kva.example', 'x@xn--bcher-kva.example'],
  ] as const
  for (const [given, expected] of cases) assert.equal(parseMailbox(given), expected)
})

test('anything that is not exactly one mailbox is refused', () => {
  const long = `${'a'.repeat(63)}.`
  const cases = [
    '',
    'mara',
    '@example.com',
    'mara@',
    'mara@localhost',
    'mara@example.com\r\nRCPT TO:<eve@evil.example>',
    'mara@example.com\r\n',
    'mara@example.com\n',
    '\tmara@example.com',
    'a@example.com,b@example.com',
    'a@example.com;b@example.com',
    'a@example.com b@example.com',
    'group: a@example.com;',
    'a@b@example.com',
    'Mara <mara@example.com>',
    '<mara@example.com>',
    'mara(comment)@example.com',
    '"mara"@example.com',
    '"a@evil.example"@example.com',
    'mara@[127.0.0.1]',
    'mara@127.0.0.1',
    '.mara@example.com',
    'mara.@example.com',
    'ma..ra@example.com',
    'mara@-example.com',
    'mara@example-.com',
    'mara@example..com',
    'mara@example.com.',
    'mara@bücher.example',
    'mär@example.com',
    'mara\0@example.com',
    `${'a'.repeat(65)}@example.com`,
    `a@${long.repeat(4)}example.com`,
  ]
  for (const given of cases) {
    assert.throws(
      () => parseMailbox(given),
      (error) => isCode(error, 'email_invalid') && error.final,
      given,
    )
  }
})

test('whatever is taken has one @ and nothing that could end a line or begin a second address', () => {
  const hostile = fc.string({ unit: fc.constantFrom(...'ab.@,;:<>()"\\ \r\n\0-é[]1'.split('')), maxLength: 30 })
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.emailAddress(), hostile), (given) => {
      let taken: string
      try {
        taken = parseMailbox(given)
      } catch (error) {
        return isCode(error, 'email_invalid')
      }
      return /^[^\s@,;:<>()"\\[\]]+@[a-z0-9.-]+$/.test(taken) && taken.length <= 254
    }),
    { numRuns: 2000 },
  )
})
