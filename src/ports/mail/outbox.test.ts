import assert from 'node:assert/strict'
import { test } from 'node:test'
import { outboxMail } from './outbox.ts'
import type { Letter } from './port.ts'
import { letter, mailSuite } from './suite.ts'

mailSuite('outbox', async () => {
  const kept: Letter[] = []
  return {
    mail: outboxMail((one) => kept.push(one)),
    received: () => kept.map(({ to, subject, messageId, text, html }) => ({ to, subject, messageId, text, html })),
    close: async () => {},
  }
})

test('the outbox says that it kept the letter', async () => {
  assert.equal((await outboxMail().deliver(letter)).kept, true)
})
