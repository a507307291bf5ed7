/** keepsake key: API keys, made directly in the database. */
import { parseArgs } from 'node:util'
import { AppError } from '../base/errors.ts'
import { isUuid } from '../base/id.ts'
import { findUserByEmail } from '../data/users.ts'
import { type Scope, scopes } from '../domain/access.ts'
import { createKey, listKeys, revokeKey } from '../features/accounts/keys.ts'
import { ensureOwner } from '../features/accounts/users.ts'
import { type Output, UsageError } from './output.ts'
import { withWorld } from './world.ts'

export async function keyCommand(args: string[], out: Output): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      name: { type: 'string', default: 'command line' },
      scopes: { type: 'string', default: scopes.join(',') },
      user: { type: 'string' },
    },
  })
  const [verb, id] = positionals
  const wanted = values.scopes.split(',') as Scope[]
  if (!wanted.every((s) => scopes.includes(s))) throw new UsageError(`scopes are ${scopes.join(', ')}`)
  if (!['create', 'list', 'revoke'].includes(verb ?? '') || (verb === 'revoke') !== (id !== undefined))
    throw new UsageError('key create | list | revoke <id>')
  return withWorld(async ({ deps }) => {
    const owner = values.user ? await findUserByEmail(deps.db, values.user) : await ensureOwner(deps)
    if (!owner) throw new AppError('not_found', { user: values.user })
    if (verb === 'create') {
      const { key, made } = await createKey(deps, owner.id, { name: values.name, scopes: wanted })
      out.result({ id: made.id, key, scopes: made.scopes })
      out.say(`Key ${made.id} for ${owner.email} (${made.scopes.join(', ')}), shown this once:\n${key}`)
    } else if (verb === 'list') {
      const keys = await listKeys(deps, owner.id)
      out.result(keys)
      for (const k of keys) out.say(`${k.id}  ${k.name}  ${k.scopes.join(', ')}${k.revokedAt ? '  revoked' : ''}`)
    } else {
      if (!isUuid(id!)) throw new AppError('key_unknown', { id })
      await revokeKey(deps, owner.id, id!)
      out.result({ revoked: id })
      out.say('Revoked.')
    }
    return 0
  })
}
