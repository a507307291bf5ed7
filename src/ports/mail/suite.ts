/** What every Mail adapter must do, judged by the letters that arrived. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isCode } from '../../base/errors.ts'
import type { Letter, Mail } from './port.ts'

export interface MailWorld {
  mail: Mail
  /** every letter taken so far */
  received(): { to: string; subject: string; messageId: string; text: string; html: string }[]
  close(): Promise<void>
}

/** An ordinary letter to start from. */
export const letter: Letter = {
  to: 'mara@example.com',
  fromName: 'Ida Lind',
  replyTo: 'ida@example.com',
  subject: 'Your Gallery "Mara & Jonas" is Ready for Download',
  text: 'The link:\nhttps://photos.example/d/abc\n',
  html: '<!doctype html><html lang="en"><body><p>Grüße, Мара 🂡</p></body></html>\n',
  messageId: 'letter-1@photos.example',
}

export function mailSuite(name: string, open: () => Promise<MailWorld>): void {
  const within = async (step: (world: MailWorld) => Promise<void>) => {
    const world = await open()
    try {
      await step(world)
    } finally {
      await world.close()
    }
  }

  test(`${name}: a letter arrives as it was written`, () =>
    within(async ({ mail, received }) => {
      const answer = await mail.deliver(letter)
      assert.equal(typeof answer.kept, 'boolean')
      assert.ok(answer.response.length > 0)
      const { to, subject, messageId, text, html } = letter
      assert.deepEqual(received(), [{ to, subject, messageId, text, html }])
    }))

  test(`${name}: sent again, the Message-ID is the same`, () =>
    within(async ({ mail, received }) => {
      await mail.deliver(letter)
      await mail.deliver(letter)
      // a service that knows the letter again takes it once
      const ids = received().map((one) => one.messageId)
      assert.ok(ids.length === 1 || ids.length === 2, `${ids.length} letters`)
      assert.deepEqual([...new Set(ids)], [letter.messageId])
    }))

  test(`${name}: an address that is not exactly one mailbox reaches nobody`, () =>
    within(async ({ mail, received }) => {
      for (const to of ['a@example.com,b@example.com', 'a@example.com>\r\nRCPT TO:<eve@evil.example', 'g: a@example.com;', '']) {
        await assert.rejects(mail.deliver({ ...letter, to }), (error) => isCode(error, 'email_invalid') && error.final)
      }
      assert.deepEqual(received(), [])
    }))
}
