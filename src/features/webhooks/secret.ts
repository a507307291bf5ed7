/**
 * Secrets of webhooks: shown once, and kept sealed, for to sign we need them again. Sealed is: key id (4 bytes) | nonce (12) | tag (16)
 * | the secret under AES-256-GCM, bound to its webhook. The key follows from a token secret by HKDF; the newest seals, all open.
 */
import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto'

const keyOf = (token: string) => Buffer.from(hkdfSync('sha256', token, '', 'keepsake webhook secret', 32))
const idOf = (token: string) => createHash('sha256').update('keepsake webhook key\0').update(token).digest().subarray(0, 4)

/** A secret as receivers want it: 32 random bytes, base64 behind `whsec_`. */
export const newSecret = (): string => `whsec_${randomBytes(32).toString('base64')}`

export function sealSecret(secret: string, webhookId: string, tokenSecrets: string[]): Buffer {
  const token = tokenSecrets[0]!
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', keyOf(token), nonce).setAAD(Buffer.from(webhookId))
  const sealed = Buffer.concat([cipher.update(secret), cipher.final()])
  return Buffer.concat([idOf(token), nonce, cipher.getAuthTag(), sealed])
}

/** The secret; undefined when the token secret that sealed it is not among ours any more. */
export function openSecret(sealed: Buffer, webhookId: string, tokenSecrets: string[]): string | undefined {
  const token = tokenSecrets.find((one) => idOf(one).equals(sealed.subarray(0, 4)))
  if (token === undefined) return undefined
  const decipher = createDecipheriv('aes-256-gcm', keyOf(token), sealed.subarray(4, 16)).setAAD(Buffer.from(webhookId))
  decipher.setAuthTag(sealed.subarray(16, 32))
  try {
    return Buffer.concat([decipher.update(sealed.subarray(32)), decipher.final()]).toString()
  } catch {
    // another webhook's, or changed
    return undefined
  }
}

/** Was it sealed with an older token secret than the newest? */
export const isStale = (sealed: Buffer, tokenSecrets: string[]): boolean => !idOf(tokenSecrets[0]!).equals(sealed.subarray(0, 4))
