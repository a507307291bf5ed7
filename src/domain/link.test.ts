import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isCode } from '../base/errors.ts'
import { newId } from '../base/id.ts'
import { mintLink, readLink } from './link.ts'

const now = new Date('2026-11-21T12:00:00Z')
const grant = { id: newId(now), kind: 'email' as const, expiresAt: now }
const secrets = ['a-long-secret-that-nobody-guesses-1', 'an-older-secret-that-nobody-guesses']
const refused = (token: string, by = secrets) => {
  try {
    readLink(token, by)
    return false
  } catch (error) {
    return isCode(error, 'link_unknown')
  }
}

test('a token gives back what was signed', () => assert.deepEqual(readLink(mintLink(grant, secrets), secrets), grant))
test('a token of the older secret is still read, one of a forgotten secret is not', () => {
  assert.deepEqual(readLink(mintLink(grant, [secrets[1]!]), secrets), grant)
  assert.ok(refused(mintLink(grant, [secrets[1]!]), [secrets[0]!]))
})
test('every change of one character is refused, also those that decode to the same bytes (P13)', () => {
  const token = mintLink(grant, secrets)
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/=. %'
  let tried = 0
  for (let i = 0; i < token.length; i++)
    for (const c of alphabet) {
      if (c === token[i]) continue
      assert.ok(refused(token.slice(0, i) + c + token.slice(i + 1)))
      tried++
    }
  assert.ok(tried > 5000)
})
test('100,000 random mutations of tokens are refused (P13)', () => {
  const token = mintLink(grant, secrets)
  const bytes = Buffer.from(token, 'base64url')
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: bytes.length - 1 }),
      fc.integer({ min: 1, max: 255 }),
      fc.integer({ min: 0, max: 54 }),
      (at, flip, at2) => {
        const changed = Buffer.from(bytes)
        changed[at]! ^= flip
        if (at2 !== at) changed[at2]! ^= flip
        assert.ok(refused(changed.toString('base64url')))
      },
    ),
    { numRuns: 90_000 },
  )
  fc.assert(
    fc.property(fc.string({ maxLength: 120 }), (text) => assert.ok(refused(text))),
    { numRuns: 10_000 },
  )
})
