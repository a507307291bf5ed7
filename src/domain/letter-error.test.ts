import assert from 'node:assert/strict'
import { test } from 'node:test'
import { errorTable } from '../base/errors.ts'
import { letterError } from './letter-error.ts'

test('what a row notes of a letter that did not arrive is a sentence, with what the mail server said behind it', () => {
  const refused = errorTable.mail_refused[1]
  const cases: [string, string | null, string][] = [
    ['mail_refused: 550 5.1.1 no such user', 'mail_refused', `${refused} (550 5.1.1 no such user)`],
    [`mail_refused: ${refused}`, 'mail_refused', refused],
    ['mail_refused: 550-first line\n550 second: line', 'mail_refused', `${refused} (550-first line\n550 second: line)`],
    ['link_revoked: This link was withdrawn.', 'link_revoked', 'This link was withdrawn.'],
    ['unsubscribe', 'unsubscribe', 'This address wants no news.'],
    ['bounce: mailbox full', 'bounce', 'Letters to this address come back. (mailbox full)'],
    ['Error: something else', null, 'Error: something else'],
    ['constructor: 5', null, 'constructor: 5'],
    ['toString', null, 'toString'],
    ['', null, ''],
  ]
  for (const [noted, code, text] of cases) assert.deepEqual(letterError(noted), { code, text }, noted)
})
