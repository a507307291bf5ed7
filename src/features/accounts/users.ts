/** Makes users: over the API, from the command line, and the first one of all. */

import { AppError } from '../../base/errors.ts'
import { newId } from '../../base/id.ts'
import {
  findFirstAdmin,
  findUserByEmail,
  insertCredential,
  insertUser,
  isSetUp,
  lockSetUp,
  type User,
  updateUser,
} from '../../data/users.ts'
import { parseMailbox } from '../../domain/mailbox.ts'
import { checkPassword, hashPassword } from '../../http/password.ts'
import type { Deps } from '../../ports/deps.ts'

export interface NewUser {
  name: string
  email: string
  /** without one they cannot sign in */
  password?: string
  role: 'admin' | 'owner'
}

type Ports = Pick<Deps, 'db' | 'clock'>

/** Adds a user: `account_exists`, `email_invalid` or `password_weak` when that cannot be. */
export async function createUser({ db, clock }: Ports, { password, ...asked }: NewUser): Promise<User> {
  const now = clock.now()
  const user: User = { ...asked, id: newId(now), email: mailbox(asked.email), disabledAt: null }
  const hash = password === undefined ? undefined : await hashPassword(checkPassword(password))
  return db.transaction().execute(async (tx) => {
    if (!(await insertUser(tx, user, now))) throw new AppError('account_exists')
    if (hash) await insertCredential(tx, newId(now), user.id, hash, now)
    return user
  })
}

/** Whose galleries are those of the command line on a fresh machine: the first admin, or one without a password who waits for the set-up. */
export async function ensureOwner(deps: Ports): Promise<User> {
  const now = deps.clock.now()
  return deps.db.transaction().execute(async (tx) => {
    await lockSetUp(tx)
    const admin = await findFirstAdmin(tx)
    if (admin) return admin
    const user: User = { id: newId(now), name: 'Keepsake', email: 'owner@localhost', role: 'admin', disabledAt: null }
    if (await insertUser(tx, user, now)) return user
    return (await findUserByEmail(tx, user.email))!
  })
}

/** The first admin with a password: the one `ensureOwner` made, so that their galleries stay theirs, or a new one. */
export async function setUp(deps: Ports, { password, ...asked }: { name: string; email: string; password: string }): Promise<User> {
  const now = deps.clock.now()
  const email = mailbox(asked.email)
  const hash = await hashPassword(checkPassword(password))
  return deps.db.transaction().execute(async (tx) => {
    await lockSetUp(tx)
    if (await isSetUp(tx)) throw new AppError('set_up_done')
    const waiting = await findFirstAdmin(tx)
    const user: User = { id: waiting?.id ?? newId(now), name: asked.name, email, role: 'admin', disabledAt: null }
    const other = await findUserByEmail(tx, email)
    if (other && other.id !== user.id) throw new AppError('account_exists')
    if (waiting) await updateUser(tx, user.id, { name: user.name, email }, now)
    else await insertUser(tx, user, now)
    await insertCredential(tx, newId(now), user.id, hash, now)
    return user
  })
}

const mailbox = (text: string): string => parseMailbox(text).toLowerCase()
