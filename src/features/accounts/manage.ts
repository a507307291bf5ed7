/** What an admin changes about accounts: name, role, whether they open anything. Galleries stay whose they are. */
import type { UserAccount, UserChange } from '../../../sdk/src/wire.ts'
import { AppError } from '../../base/errors.ts'
import {
  countOtherAdmins,
  dropSecondFactor,
  endSessions,
  type KnownUser,
  listUsers,
  lockSetUp,
  lockUser,
  type User,
  updateUser,
} from '../../data/users.ts'
import type { Deps } from '../../ports/deps.ts'

/** Throws `not_found`, and `last_admin` for what would leave nobody who runs this installation. */
export async function changeUser({ db, clock }: Pick<Deps, 'db' | 'clock'>, id: string, wish: UserChange): Promise<User> {
  const now = clock.now()
  return db.transaction().execute(async (tx) => {
    // two admins who switch each other off come one after the other
    await lockSetUp(tx)
    const user = await lockUser(tx, id)
    if (!user) throw new AppError('not_found')
    const disabledAt = wish.disabled === undefined ? user.disabledAt : wish.disabled ? (user.disabledAt ?? now) : null
    const changed = { name: wish.name ?? user.name, role: wish.role ?? user.role, disabledAt }
    const goes = user.role === 'admin' && !user.disabledAt && (changed.role !== 'admin' || changed.disabledAt !== null)
    if (goes && (await countOtherAdmins(tx, id)) === 0) throw new AppError('last_admin')
    await updateUser(tx, id, changed, now)
    if (wish.second_factor === false) await dropSecondFactor(tx, id)
    if (changed.disabledAt) await endSessions(tx, id)
    return { ...user, ...changed }
  })
}

/** Every account, by name. */
export async function viewUsers({ db }: Pick<Deps, 'db'>): Promise<UserAccount[]> {
  return (await listUsers(db)).map(viewAccount)
}

const viewAccount = (user: KnownUser): UserAccount => ({
  id: user.id,
  name: user.name,
  email: user.email,
  role: user.role,
  state: user.disabledAt ? 'disabled' : user.hasAccount ? 'active' : 'invited',
  second_factor: user.twoFactorEnabled,
  galleries: user.galleries,
  created_at: user.createdAt.toISOString(),
  last_seen_at: user.lastSeenAt?.toISOString() ?? null,
})
