/** Passwords: argon2id (RFC 9106) as an encoded string that carries its own parameters. */
import { argon2, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { AppError } from '../base/errors.ts'

// The least that OWASP names for argon2id; about 30 ms, and it runs beside the event loop.
const now = { memory: 19_456, passes: 2, parallelism: 1 }
const tagLength = 32
const encoded = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/
const derive = promisify(argon2)

/** The encoded hash of a password, with a salt of its own. */
export async function hashPassword(password: string): Promise<string> {
  const nonce = randomBytes(16)
  const tag = await derive('argon2id', { message: normal(password), nonce, tagLength, ...now })
  return `$argon2id$v=19$m=${now.memory},t=${now.passes},p=${now.parallelism}$${plain(nonce)}$${plain(tag)}`
}

/** Is this the password of that hash? A hash that is none of ours is never right. */
export async function verifyPassword(password: string, hash: string): Promise<boolean> {
  const [, memory, passes, parallelism, salt, sum] = encoded.exec(hash) ?? []
  if (!salt || !sum) return false
  const tag = Buffer.from(sum, 'base64')
  const cost = { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) }
  const mine = await derive('argon2id', { message: normal(password), nonce: Buffer.from(salt, 'base64'), tagLength: tag.length, ...cost })
  return timingSafeEqual(mine, tag)
}

/** Answers the password of a person with an account, or throws `password_weak`. */
export function checkPassword(password: string): string {
  if ([...password].length < 10) throw new AppError('password_weak')
  return password
}

// The same word typed on a Mac and on a phone differs in its normal form.
const normal = (password: string) => password.normalize('NFC')
const plain = (bytes: Buffer) => bytes.toString('base64').replaceAll('=', '')
