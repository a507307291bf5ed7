/** Invitations: an address that lets somebody choose their password, once; by letter where letters can be sent. */
import type { Invitation } from '../../../sdk/src/wire.ts'
import { after } from '../../base/clock.ts'
import { AppError } from '../../base/errors.ts'
import { newId } from '../../base/id.ts'
import {
  changePassword,
  endSessions,
  findPassword,
  findUser,
  forgetWrongCodes,
  insertCredential,
  lockUser,
  type User,
} from '../../data/users.ts'
import { checkInvitation, invitationLife, invitedUser, mintInvitation } from '../../domain/invitation.ts'
import { renderInvitation } from '../../domain/letters/invitation.ts'
import type { Locale } from '../../domain/letters/words.ts'
import { checkPassword, hashPassword } from '../../http/password.ts'
import type { Tx } from '../../ports/database/port.ts'
import type { Deps } from '../../ports/deps.ts'

type Needs = Pick<Deps, 'db' | 'clock' | 'settings' | 'mail' | 'log'>

/**
 * A new invitation; an earlier one works as well until a password was chosen. It is answered to the admin in any case, so a mail
 * server that is away costs nothing but `mailed: false`.
 */
export async function invite(deps: Needs, user: User, by: User, locale: Locale): Promise<Invitation> {
  const { publicUrl, tokenSecrets } = deps.settings
  const ends = after(deps.clock.now(), invitationLife)
  const url = `${publicUrl}/invite/${mintInvitation(user.id, ends, await findPassword(deps.db, user.id), tokenSecrets)}`
  return { url, expires_at: ends.toISOString(), mailed: await mailInvitation(deps, { user, by, url, ends }, locale) }
}

async function mailInvitation(deps: Needs, about: { user: User; by: User; url: string; ends: Date }, locale: Locale): Promise<boolean> {
  const { user, by, url, ends } = about
  const letter = renderInvitation({ name: user.name, by: by.name, address: deps.settings.publicUrl, link: url, ends }, locale)
  const messageId = `${newId(deps.clock.now())}@${new URL(deps.settings.publicUrl).hostname}`
  try {
    const { kept } = await deps.mail.deliver({ to: user.email, fromName: by.name, replyTo: by.email, ...letter, messageId })
    return !kept
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    deps.log.warn({ user: user.id, error: error.code }, 'an invitation could not be mailed; its address is shown to the admin')
    return false
  }
}

/** Who was invited; throws `invitation_ended`. */
export async function findInvited(deps: Pick<Deps, 'db' | 'clock' | 'settings'>, token: string): Promise<User> {
  const user = await findUser(deps.db, invitedUser(token) ?? noId)
  if (!user || user.disabledAt) throw new AppError('invitation_ended')
  checkInvitation(token, deps.clock.now(), await findPassword(deps.db, user.id), deps.settings.tokenSecrets)
  return user
}

// is nobody's
const noId = '00000000-0000-0000-0000-000000000000'

/** Of two who use the same invitation one wins; everybody who was signed in as this user is signed out. Throws `password_weak`. */
export async function acceptInvitation(deps: Pick<Deps, 'db' | 'clock' | 'settings'>, token: string, password: string): Promise<User> {
  const invited = await findInvited(deps, token)
  const hash = await hashPassword(checkPassword(password))
  return deps.db.transaction().execute(async (tx) => {
    const user = await lockUser(tx, invited.id)
    if (!user || user.disabledAt) throw new AppError('invitation_ended')
    const before = await findPassword(tx, user.id)
    checkInvitation(token, deps.clock.now(), before, deps.settings.tokenSecrets)
    await setPassword(tx, user.id, before, hash, deps.clock.now())
    await endSessions(tx, user.id)
    await forgetWrongCodes(tx, user.id)
    return user
  })
}

async function setPassword(tx: Tx, userId: string, before: string | null, hash: string, now: Date): Promise<void> {
  if (before === null) await insertCredential(tx, newId(now), userId, hash, now)
  else if (!(await changePassword(tx, userId, before, hash, now))) throw new AppError('invitation_ended')
}
