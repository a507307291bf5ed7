import assert from 'node:assert/strict'
import { test } from 'node:test'
import { playAddress, type Source } from './media.ts'

const now = new Date('2026-11-21T12:00:00Z')
const before = new Date(now.getTime() - 1)
const later = new Date(now.getTime() + 1)
const own = '/media/1'
const theirs = 'https://cdn.example.com/1.mp3'

const cases: [what: string, source: Source, address: string | null][] = [
  ['our copy counts, also while the provider still has one', { stored: own, provider: theirs, providerExpiresAt: later }, own],
  ['our copy counts when the provider has deleted theirs', { stored: own, provider: theirs, providerExpiresAt: before }, own],
  ['the provider has it until its time is over', { stored: null, provider: theirs, providerExpiresAt: later }, theirs],
  ['a provider that names no end has it', { stored: null, provider: theirs, providerExpiresAt: null }, theirs],
  ['at that moment it is gone', { stored: null, provider: theirs, providerExpiresAt: now }, null],
  ['what was uploaded and lost plays from nowhere', { stored: null, provider: null, providerExpiresAt: null }, null],
]
for (const [what, source, address] of cases) test(what, () => assert.equal(playAddress(source, now), address))
