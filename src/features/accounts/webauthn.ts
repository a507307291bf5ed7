/** Judges what authenticators say (WebAuthn 7.1 and 7.2), by @simplewebauthn/server. Nothing here is believed before it was judged. */
import { z } from 'zod'
import { AppError } from '../../base/errors.ts'
import type { Passkey } from '../../data/passkeys.ts'
import type { PasskeyPlace } from '../../domain/passkey.ts'

// EdDSA, ES256, RS256: what authenticators have (WebAuthn 5.4, note)
export const algorithms = [-8, -7, -257]

const base64url = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .regex(/^[A-Za-z0-9_-]+$/, 'is not base64url')
// a credential's id has at most 1023 bytes
const id = base64url(1364)
const clientData = base64url(4000)

/** A passkey that a browser has made: the parts of its RegistrationResponseJSON that count. */
export const madePasskey = z.strictObject({
  id,
  client_data: clientData,
  attestation_object: base64url(8000),
  transports: z.array(z.string().regex(/^[a-z-]{1,20}$/)).max(10),
})
export type MadePasskey = z.infer<typeof madePasskey>

/** A challenge that was signed: the parts of an AuthenticationResponseJSON that count. */
export const signedPasskey = z.strictObject({
  id,
  client_data: clientData,
  authenticator_data: base64url(2000),
  signature: base64url(2000),
  user_handle: base64url(100),
})
export type SignedPasskey = z.infer<typeof signedPasskey>

// over a hundred files of certificate readers: they wait for the first passkey
const library = () => import('@simplewebauthn/server')

/** The challenge that was answered, by the browser's own word; throws `passkey_wrong` for what is no such word, or came out of a frame. */
export function challengeOf(clientData: string): string {
  try {
    const { challenge, crossOrigin } = JSON.parse(Buffer.from(clientData, 'base64url').toString())
    if (typeof challenge === 'string' && crossOrigin !== true) return challenge
  } catch (error) {
    throw new AppError('passkey_wrong', {}, { cause: error })
  }
  throw new AppError('passkey_wrong')
}

/** What is kept of a new passkey. Throws `passkey_wrong`. */
export async function readMade(
  place: PasskeyPlace,
  challenge: string,
  made: MadePasskey,
): Promise<Pick<Passkey, 'credentialId' | 'publicKey' | 'counter' | 'backedUp'>> {
  const { verifyRegistrationResponse } = await library()
  const { registrationInfo } = await judged(async () => {
    await refuseCertificates(made.attestation_object)
    return verifyRegistrationResponse({
      response: {
        id: made.id,
        rawId: made.id,
        type: 'public-key',
        response: { clientDataJSON: made.client_data, attestationObject: made.attestation_object },
        clientExtensionResults: {},
      },
      expectedChallenge: challenge,
      expectedOrigin: place.origin,
      expectedRPID: place.id,
      requireUserVerification: true,
      supportedAlgorithmIDs: algorithms,
    })
  })
  if (registrationInfo?.credential.id !== made.id) throw new AppError('passkey_wrong')
  const { credential, credentialBackedUp } = registrationInfo
  return {
    credentialId: credential.id,
    publicKey: Buffer.from(credential.publicKey),
    counter: credential.counter,
    backedUp: credentialBackedUp,
  }
}

/** How often the passkey says it was used, and whether it is backed up. Throws `passkey_wrong`. */
export async function readSigned(
  place: PasskeyPlace,
  challenge: string,
  signed: SignedPasskey,
  passkey: Passkey,
): Promise<{ counter: number; backedUp: boolean }> {
  const { verifyAuthenticationResponse } = await library()
  const { verified, authenticationInfo } = await judged(() =>
    verifyAuthenticationResponse({
      response: {
        id: signed.id,
        rawId: signed.id,
        type: 'public-key',
        response: {
          clientDataJSON: signed.client_data,
          authenticatorData: signed.authenticator_data,
          signature: signed.signature,
          userHandle: signed.user_handle,
        },
        clientExtensionResults: {},
      },
      expectedChallenge: challenge,
      expectedOrigin: place.origin,
      expectedRPID: place.id,
      requireUserVerification: true,
      // The library compares counters before it has seen the signature. 0 keeps it from that: whoever has no key accuses nobody's
      // passkey of being a copy, and the row decides, where of two at once one loses.
      credential: { id: passkey.credentialId, publicKey: new Uint8Array(passkey.publicKey), counter: 0 },
    }),
  )
  if (!verified) throw new AppError('passkey_wrong')
  return { counter: authenticationInfo.newCounter, backedUp: authenticationInfo.credentialBackedUp }
}

/**
 * We ask for no attestation, and browsers then send none, or one by the passkey's own key. One with certificates would make the
 * library fetch lists of revoked ones from an address that stands in them: from wherever somebody likes.
 */
async function refuseCertificates(attestationObject: string): Promise<void> {
  const { decodeAttestationObject, isoBase64URL } = await import('@simplewebauthn/server/helpers')
  const decoded = decodeAttestationObject(isoBase64URL.toBuffer(attestationObject))
  const format = decoded.get('fmt')
  if (format === 'none' || (format === 'packed' && !decoded.get('attStmt').get('x5c'))) return
  throw new AppError('passkey_wrong', { format })
}

/** The library throws a plain Error for each thing that is wrong; whoever sent it learns only that it is. */
async function judged<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw error instanceof AppError ? error : new AppError('passkey_wrong', {}, { cause: error })
  }
}
