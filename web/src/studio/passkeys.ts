/** Passkeys in this browser: whether it can, making one, signing with one. Null: whoever was asked said no, or took too long. */
import type { NewPasskey, PasskeySignIn } from '../api.ts'

/** Why not here: the page stands at another address than passkeys are for, or the browser is too old. Null: here. */
export function whyNoPasskeys(place: string | null): 'place' | 'browser' | null {
  if (place !== location.origin) return 'place'
  const knows = typeof PublicKeyCredential === 'function' && 'parseCreationOptionsFromJSON' in PublicKeyCredential
  return knows && 'toJSON' in PublicKeyCredential.prototype ? null : 'browser'
}

/** Does the browser offer passkeys at a field, beside the passwords it knows? */
export const offersPasskeys = async (): Promise<boolean> => (await PublicKeyCredential.isConditionalMediationAvailable?.()) ?? false

/** Throws `InvalidStateError` where the device holds one for this account already. */
export async function makePasskey(options: object): Promise<Omit<NewPasskey, 'name'> | null> {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options as PublicKeyCredentialCreationOptionsJSON)
  const made = await asked(navigator.credentials.create({ publicKey }))
  if (!made) return null
  const { id, response } = made.toJSON() as RegistrationResponseJSON
  const transports = response.transports ?? []
  return { id, client_data: response.clientDataJSON, attestation_object: response.attestationObject, transports }
}

export async function signWithPasskey(
  options: object,
  more: Pick<CredentialRequestOptions, 'mediation' | 'signal'>,
): Promise<PasskeySignIn | null> {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options as PublicKeyCredentialRequestOptionsJSON)
  const signed = await asked(navigator.credentials.get({ publicKey, ...more }))
  if (!signed) return null
  const { id, response } = signed.toJSON() as AuthenticationResponseJSON
  return {
    id,
    client_data: response.clientDataJSON,
    authenticator_data: response.authenticatorData,
    signature: response.signature,
    user_handle: response.userHandle ?? '',
  }
}

async function asked(asking: Promise<Credential | null>): Promise<PublicKeyCredential | null> {
  try {
    return (await asking) as PublicKeyCredential | null
  } catch (error) {
    if (error instanceof DOMException && ['NotAllowedError', 'AbortError'].includes(error.name)) return null
    throw error
  }
}
