/** keepsake user: makes accounts directly in the database, so the first one needs no browser. */
import { parseArgs } from 'node:util'
import { newToken } from '../base/id.ts'
import { isSetUp } from '../data/users.ts'
import { createUser, setUp } from '../features/accounts/users.ts'
import { type Output, UsageError } from './output.ts'
import { withWorld } from './world.ts'

export async function userCommand(args: string[], out: Output): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      email: { type: 'string' },
      name: { type: 'string' },
      password: { type: 'string' },
      admin: { type: 'boolean', default: false },
    },
  })
  if (positionals.join() !== 'create' || !values.email) throw new UsageError('user create --email a@b.c --name N [--admin] [--password P]')
  const { email, name = values.email.split('@')[0]!, admin } = values as { email: string; name?: string; admin: boolean }
  const password = values.password ?? newToken(12)
  return withWorld(async ({ deps }) => {
    // the first account runs the installation, and takes over what the command line made before it
    const first = !(await isSetUp(deps.db))
    const user = first
      ? await setUp(deps, { name, email, password })
      : await createUser(deps, { name, email, password, role: admin ? 'admin' : 'owner' })
    out.result({ id: user.id, email: user.email, role: user.role, ...(values.password ? {} : { password }) })
    out.say(`Made ${user.role} ${user.email}.${values.password ? '' : ` Password (shown once): ${password}`}`)
    return 0
  })
}
