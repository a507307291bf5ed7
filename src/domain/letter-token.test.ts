import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isCode } from '../base/errors.ts'
import { mintLetterToken, readLetterToken } from './letter-token.ts'

const id = '01900000-0000-7000-8000-0123456789ab'

test('a token says its letter under every secret that is still known, and no changed one says anything', () => {
  const token = mintLetterToken('unsubscribe', id, ['old secret'])
  assert.equal(readLetterToken('unsubscribe', token, ['new secret', 'old secret']), id)
  const unknown = (text: string, secrets = ['old secret']) =>
    assert.throws(
      () => readLetterToken('unsubscribe', text, secrets),
      (error) => isCode(error, 'link_unknown'),
      text,
    )
  unknown(token, ['new secret'])
  // a letter that may silence may not open a gallery
  unknown(mintLetterToken('extend', id, ['old secret']))
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_='
  for (let n = 0; n < token.length; n++)
    for (const letter of letters) if (letter !== token[n]) unknown(token.slice(0, n) + letter + token.slice(n + 1))
  for (const text of ['', 'A', `${token}A`, token.slice(1), ` ${token}`, `${token}\n`]) unknown(text)
})
