import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isCode } from '../base/errors.ts'
import { newId } from '../base/id.ts'
import { type LinkKind, linkLife, maskAddress, mayResume, mintLink, readLink, resumeGrace } from './link.ts'

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

const kinds = Object.keys(linkLife) as LinkKind[]
test('a token of every kind gives back what was signed', () => {
  for (const kind of kinds) assert.deepEqual(readLink(mintLink({ ...grant, kind }, secrets), secrets), { ...grant, kind })
})
test('the place of a kind in a token never changes: links in letters that were sent outlive an update', () => {
  const places = kinds.map((kind) => [kind, Buffer.from(mintLink({ ...grant, kind }, secrets), 'base64url')[16]])
  assert.deepEqual(Object.fromEntries(places), { email: 0, client: 1, file: 2, export: 3, media: 4, share: 5 })
})
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
test('100,000 random mutations of tokens of all kinds are refused (P13)', () => {
  const minted = kinds.map((kind) => Buffer.from(mintLink({ ...grant, kind }, secrets), 'base64url'))
  const { length } = minted[0]!
  fc.assert(
    fc.property(
      fc.constantFrom(...minted),
      fc.integer({ min: 0, max: length - 1 }),
      fc.integer({ min: 1, max: 255 }),
      fc.integer({ min: 0, max: 54 }),
      (bytes, at, flip, at2) => {
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

test('a transfer goes on only when it began while the link lived, and never when the link was withdrawn', () => {
  const ends = new Date('2026-11-21T12:00:00Z')
  const at = (ms: number) => new Date(ends.getTime() + ms)
  const cases: [first: Date | null, revoked: Date | null, now: Date, may: boolean][] = [
    [at(-1), null, at(0), true],
    [at(-1), null, at(resumeGrace - 1), true],
    [at(-1), null, at(resumeGrace), false],
    [at(0), null, at(1), false],
    [null, null, at(1), false],
    [at(-1), at(5), at(10), false],
  ]
  for (const [firstUsedAt, revokedAt, now, may] of cases)
    assert.equal(mayResume({ firstUsedAt, revokedAt, expiresAt: ends }, now), may, `${firstUsedAt?.toISOString()} ${now.toISOString()}`)
})
test('an address is shown by its first letter and its domain', () => {
  assert.equal(maskAddress('mara@example.com'), 'm•••@example.com')
  assert.equal(maskAddress('x@example.com'), 'x•••@example.com')
})
