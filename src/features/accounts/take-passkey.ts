/** Whose passkey signed the challenge. */
import { AppError } from '../../base/errors.ts'
import { writeToAccount } from '../../data/outbox.ts'
import { findPasskeyByCredential, notePasskeyUse, takeChallenge } from '../../data/passkeys.ts'
import { findUser } from '../../data/users.ts'
import type { Deps } from '../../ports/deps.ts'
import { handleOf, placeOf } from './passkeys.ts'
import { challengeOf, readSigned, type SignedPasskey } from './webauthn.ts'

/**
 * The id of the user who holds the passkey and was verified by it. Throws `passkey_late` for a challenge that was taken before, never
 * given or is over, `passkey_wrong` for everything that proves nothing, `account_disabled`, and `passkey_copied`, of which the owner
 * hears by letter.
 */
export async function takePasskey(deps: Pick<Deps, 'db' | 'clock' | 'settings' | 'queue'>, signed: SignedPasskey): Promise<string> {
  const { db, clock } = deps
  const place = placeOf(deps)
  const challenge = challengeOf(signed.client_data)
  if (!(await takeChallenge(db, { challenge, userId: null }, clock.now()))) throw new AppError('passkey_late')
  const passkey = await findPasskeyByCredential(db, signed.id)
  if (!passkey || signed.user_handle !== handleOf(passkey.userId)) throw new AppError('passkey_wrong')
  const { counter, backedUp } = await readSigned(place, challenge, signed, passkey)
  if ((await findUser(db, passkey.userId))!.disabledAt) throw new AppError('account_disabled')
  if (await notePasskeyUse(db, passkey.id, { counter, backedUp, at: clock.now() })) return passkey.userId
  const { id, userId, name } = passkey
  await db.transaction().execute(async (tx) => {
    await writeToAccount(deps, tx, userId, { kind: 'passkey_copied', dedupeKey: `passkey_copied ${id}`, facts: { name } })
  })
  throw new AppError('passkey_copied')
}
