/** Routes of passkeys: one's own in the settings, and signing in with one. */
import { z } from 'zod'
import type { Page, PasskeyOptions, Passkey as PasskeyView, Session } from '../../../sdk/src/wire.ts'
import { AppError } from '../../base/errors.ts'
import { findPasskeysOf } from '../../data/passkeys.ts'
import { findPassword, findUser } from '../../data/users.ts'
import { type App, idParams, strictRate } from '../../http/app.ts'
import type { Guard } from '../../http/guard.ts'
import { verifyPassword } from '../../http/password.ts'
import type { Deps } from '../../ports/deps.ts'
import type { Auth } from './auth.ts'
import { addPasskey, askForPasskey, newChallenge, patience, placeOf, removePasskey } from './passkeys.ts'
import { takePasskey } from './take-passkey.ts'
import { countTry } from './tries.ts'
import { viewPasskey, viewUser } from './view.ts'
import { madePasskey, signedPasskey } from './webauthn.ts'

export function passkeyRoutes(app: App, deps: Deps, guard: Guard, auth: Auth): void {
  const { db } = deps

  app.get('/api/account/passkeys', async (request): Promise<Page<PasskeyView>> => {
    const { userId } = await guard.person(request)
    return { rows: (await findPasskeysOf(db, userId)).map(viewPasskey), next: null }
  })

  const proof = z.strictObject({ password: z.string().min(1).max(200).optional() })
  app.post('/api/account/passkeys/options', { config: strictRate, schema: { body: proof } }, async (request): Promise<PasskeyOptions> => {
    const { userId } = await guard.person(request)
    const { password } = request.body
    // a browser that was left open must not become a way in for ever
    if (password !== undefined) await countTry(deps, request, userId, () => checkOwn(userId, password))
    else if (!(await auth.isFresh(request))) throw new AppError('proof_needed')
    return { options: await askForPasskey(deps, (await findUser(db, userId))!) }
  })

  const made = madePasskey.extend({ name: z.string().trim().min(1).max(60) })
  app.post('/api/account/passkeys', { config: strictRate, schema: { body: made } }, async (request, reply) => {
    const { userId } = await guard.person(request)
    return reply.status(201).send(viewPasskey(await addPasskey(deps, userId, request.body)) satisfies PasskeyView)
  })

  app.delete('/api/account/passkeys/:id', { schema: { params: idParams } }, async (request, reply) => {
    const { userId } = await guard.person(request)
    await removePasskey(deps, userId, request.params.id)
    return reply.status(204).send()
  })

  // the same for everybody: which passkeys fit, and whose they are, the authenticator knows
  app.post('/api/session/passkey/options', { config: strictRate }, async (): Promise<PasskeyOptions> => {
    const { id } = placeOf(deps)
    const challenge = await newChallenge(deps, null)
    return { options: { rpId: id, challenge, timeout: patience, userVerification: 'required', allowCredentials: [] } }
  })

  app.post('/api/session/passkey', { config: strictRate, schema: { body: signedPasskey } }, async (request, reply): Promise<Session> => {
    const userId = await takePasskey(deps, request.body)
    return { user: viewUser(await auth.open(request, reply, userId)) }
  })

  async function checkOwn(userId: string, password: string): Promise<void> {
    const hash = await findPassword(db, userId)
    if (hash === null || !(await verifyPassword(password, hash))) throw new AppError('wrong_credentials')
  }
}
