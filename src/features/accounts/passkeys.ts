/** Passkeys of an account: asked for, made, listed and removed. What a browser sends is judged in webauthn.ts. */
import { after, minutes } from '../../base/clock.ts'
import { AppError } from '../../base/errors.ts'
import { newId, newToken } from '../../base/id.ts'
import { writeToAccount } from '../../data/outbox.ts'
import { deletePasskey, findPasskeysOf, insertChallenge, insertPasskey, type Passkey, takeChallenge } from '../../data/passkeys.ts'
import { findPassword, isKnownElsewhere, lockUser, type User } from '../../data/users.ts'
import { type PasskeyPlace, passkeyPlace } from '../../domain/passkey.ts'
import type { Deps } from '../../ports/deps.ts'
import { providerOf } from './auth.ts'
import { algorithms, challengeOf, type MadePasskey, readMade } from './webauthn.ts'

/** As long as the browser waits for its owner. */
export const patience = minutes(5)
const most = 20

/** Where passkeys are made and taken; throws `passkeys_off`. */
export function placeOf({ settings }: Pick<Deps, 'settings'>): PasskeyPlace {
  const place = passkeyPlace(settings.publicUrl)
  if (!place) throw new AppError('passkeys_off')
  return place
}

/** What `navigator.credentials.create` is given (PublicKeyCredentialCreationOptionsJSON), after its user has proven who they are. */
export async function askForPasskey(deps: Pick<Deps, 'db' | 'clock' | 'settings'>, user: User): Promise<object> {
  const { id } = placeOf(deps)
  const has = await findPasskeysOf(deps.db, user.id)
  if (has.length >= most) throw new AppError('passkeys_full')
  return {
    rp: { id, name: 'Keepsake' },
    user: { id: handleOf(user.id), name: user.email, displayName: user.name },
    challenge: await newChallenge(deps, user.id),
    pubKeyCredParams: algorithms.map((alg) => ({ type: 'public-key', alg })),
    timeout: patience,
    excludeCredentials: has.map(({ credentialId, transports }) => ({ type: 'public-key', id: credentialId, transports })),
    // it is found without a typed address, and it asks its owner for finger, face or PIN each time
    authenticatorSelection: { residentKey: 'required', requireResidentKey: true, userVerification: 'required' },
    attestation: 'none',
  }
}

/** Keeps the passkey that was made, and tells its owner by letter. */
export async function addPasskey(
  deps: Pick<Deps, 'db' | 'clock' | 'settings' | 'queue'>,
  userId: string,
  { name, ...made }: MadePasskey & { name: string },
): Promise<Passkey> {
  const place = placeOf(deps)
  const now = deps.clock.now()
  const challenge = challengeOf(made.client_data)
  if (!(await takeChallenge(deps.db, { challenge, userId }, now))) throw new AppError('passkey_late')
  const read = await readMade(place, challenge, made)
  const passkey: Passkey = { ...read, id: newId(now), userId, name, transports: made.transports, createdAt: now, lastUsedAt: null }
  await deps.db.transaction().execute(async (tx) => {
    await lockUser(tx, userId)
    if ((await findPasskeysOf(tx, userId)).length >= most) throw new AppError('passkeys_full')
    if (!(await insertPasskey(tx, passkey))) throw new AppError('passkey_known')
    // who did not make it shall know: it opens the account by itself
    await writeToAccount(deps, tx, userId, { kind: 'passkey_added', dedupeKey: `passkey_added ${passkey.id}`, facts: { name } })
  })
  return passkey
}

/** It opens nothing from now on. Throws `passkey_unknown`, and `last_way_in` for what would leave its owner outside. */
export async function removePasskey(deps: Pick<Deps, 'db' | 'settings'>, userId: string, id: string): Promise<void> {
  await deps.db.transaction().execute(async (tx) => {
    await lockUser(tx, userId)
    if (!(await deletePasskey(tx, userId, id))) throw new AppError('passkey_unknown')
    // a password is never taken away, so with one there is always a way
    if ((await findPassword(tx, userId)) !== null) return
    const { oidc } = deps.settings
    if (oidc && (await isKnownElsewhere(tx, userId, providerOf(oidc.issuer)))) return
    if ((await findPasskeysOf(tx, userId)).length === 0) throw new AppError('last_way_in')
  })
}

/** A challenge that is answered once: by this user, or, for a sign-in, by anybody. */
export async function newChallenge({ db, clock }: Pick<Deps, 'db' | 'clock'>, userId: string | null): Promise<string> {
  const now = clock.now()
  const challenge = newToken(32)
  await insertChallenge(db, { challenge, userId, expiresAt: after(now, patience) }, now)
  return challenge
}

/** What an authenticator keeps beside the passkey and says when it is used: whose it is. */
export const handleOf = (userId: string): string => Buffer.from(userId).toString('base64url')
