/** An authenticator in software: ES256, attestation 'none', as a phone or a security key answers a browser (WebAuthn 6.1, 6.5). */
import { createHash, createSign, generateKeyPairSync, randomBytes } from 'node:crypto'
import type { NewPasskey, PasskeySignIn } from '../sdk/src/wire.ts'

interface Asked {
  challenge: string
  rpId?: string
  rp?: { id: string }
  user?: { id: string }
}

/** What goes otherwise than it should. */
export interface Twist {
  origin?: string
  rpId?: string
  challenge?: string
  type?: string
  crossOrigin?: boolean
  /** finger, face or PIN were not asked for */
  unverified?: boolean
  counter?: number
  handle?: string
  format?: string
  statement?: Map<string, unknown>
}

export interface Authenticator {
  /** base64url */
  id: string
  make(options: object, twist?: Twist): Omit<NewPasskey, 'name'>
  sign(options: object, twist?: Twist): PasskeySignIn
}

/** `counts`: as security keys do; phones say 0 each time. */
export function authenticator(origin: string, { counts = true } = {}): Authenticator {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const raw = randomBytes(32)
  const id = raw.toString('base64url')
  let handle = ''
  let used = 0
  const clientData = (asked: Asked, type: string, twist: Twist) =>
    Buffer.from(
      JSON.stringify({
        type: twist.type ?? type,
        challenge: twist.challenge ?? asked.challenge,
        origin: twist.origin ?? origin,
        crossOrigin: twist.crossOrigin ?? false,
      }),
    )
  const head = (rpId: string, twist: Twist, flags: number) => {
    const counter = Buffer.alloc(4)
    counter.writeUInt32BE(twist.counter ?? (counts ? ++used : 0))
    // present, verified, may be backed up, is backed up
    const bits = flags | 0x01 | (twist.unverified ? 0 : 0x04) | 0x08 | 0x10
    return Buffer.concat([sha256(Buffer.from(twist.rpId ?? rpId)), Buffer.from([bits]), counter])
  }
  return {
    id,
    make(options, twist = {}) {
      const asked = options as Asked
      handle = asked.user!.id
      const { x, y } = publicKey.export({ format: 'jwk' })
      const key = new Map<number, unknown>([
        [1, 2],
        [3, -7],
        [-1, 1],
        [-2, Buffer.from(x!, 'base64url')],
        [-3, Buffer.from(y!, 'base64url')],
      ])
      const authData = Buffer.concat([head(asked.rp!.id, twist, 0x40), Buffer.alloc(16), Buffer.from([0, raw.length]), raw, cbor(key)])
      const object = new Map<string, unknown>([
        ['fmt', twist.format ?? 'none'],
        ['attStmt', twist.statement ?? new Map()],
        ['authData', authData],
      ])
      const client_data = clientData(asked, 'webauthn.create', twist).toString('base64url')
      return { id, client_data, attestation_object: cbor(object).toString('base64url'), transports: ['internal', 'hybrid'] }
    },
    sign(options, twist = {}) {
      const asked = options as Asked
      const data = head(asked.rpId!, twist, 0)
      const client = clientData(asked, 'webauthn.get', twist)
      const signature = createSign('sha256')
        .update(Buffer.concat([data, sha256(client)]))
        .sign(privateKey)
      return {
        id,
        client_data: client.toString('base64url'),
        authenticator_data: data.toString('base64url'),
        signature: signature.toString('base64url'),
        user_handle: twist.handle ?? handle,
      }
    },
  }
}

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest()

/** RFC 8949: whole numbers, bytes, text, lists and maps. */
export function cbor(value: unknown): Buffer {
  if (typeof value === 'number') return value < 0 ? lead(1, -1 - value) : lead(0, value)
  if (Buffer.isBuffer(value)) return Buffer.concat([lead(2, value.length), value])
  if (typeof value === 'string') return Buffer.concat([lead(3, Buffer.byteLength(value)), Buffer.from(value)])
  if (Array.isArray(value)) return Buffer.concat([lead(4, value.length), ...value.map(cbor)])
  if (value instanceof Map) return Buffer.concat([lead(5, value.size), ...[...value].flat().map(cbor)])
  throw new Error(`no CBOR for ${typeof value}`)
}

function lead(kind: number, size: number): Buffer {
  if (size < 24) return Buffer.from([(kind << 5) | size])
  if (size < 256) return Buffer.from([(kind << 5) | 24, size])
  return Buffer.from([(kind << 5) | 25, size >> 8, size & 0xff])
}
