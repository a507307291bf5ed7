/** A user, a key and a passkey as they go over the wire. */
import type { ApiKey as ApiKeyView, Passkey as PasskeyView, User as UserView } from '../../../sdk/src/wire.ts'
import type { ApiKey } from '../../data/apiKeys.ts'
import type { Passkey } from '../../data/passkeys.ts'
import type { User } from '../../data/users.ts'

export const viewUser = ({ id, name, email, role }: Omit<User, 'disabledAt'>): UserView => ({ id, name, email, role })

export const viewPasskey = ({ id, name, backedUp, createdAt, lastUsedAt }: Passkey): PasskeyView => ({
  id,
  name,
  backed_up: backedUp,
  created_at: createdAt.toISOString(),
  last_used_at: lastUsedAt?.toISOString() ?? null,
})

export const viewKey = (key: ApiKey): ApiKeyView => ({
  id: key.id,
  name: key.name,
  scopes: key.scopes,
  created_at: key.createdAt.toISOString(),
  last_used_at: key.lastUsedAt?.toISOString() ?? null,
  revoked_at: key.revokedAt?.toISOString() ?? null,
})
