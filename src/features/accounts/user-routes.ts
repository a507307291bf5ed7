/** Routes of users, for admins; and of who was invited to be one. */
import { z } from 'zod'
import type { Invitation, Invited, NewUser, Page, SecondFactor, Session, UserAccount, User as UserView } from '../../../sdk/src/wire.ts'
import { AppError } from '../../base/errors.ts'
import { findUser } from '../../data/users.ts'
import { type App, idParams, strictRate } from '../../http/app.ts'
import type { Guard } from '../../http/guard.ts'
import type { Deps } from '../../ports/deps.ts'
import type { Auth } from './auth.ts'
import { acceptInvitation, findInvited, invite } from './invite.ts'
import { changeUser, viewUsers } from './manage.ts'
import { createUser } from './users.ts'
import { viewUser } from './view.ts'

const line = (max: number) => z.string().trim().min(1).max(max)
const password = z.string().min(1).max(200)
const role = z.enum(['admin', 'owner'])
const locale = z.enum(['en', 'de', 'ru']).default('en')
const newUser = z.strictObject({ name: line(100), email: line(254), password: password.optional(), role, locale })
const change = z.strictObject({
  name: line(100).optional(),
  role: role.optional(),
  disabled: z.boolean().optional(),
  second_factor: z.literal(false).optional(),
})
const tokenParams = z.object({ token: z.string().max(100) })

export function userRoutes(app: App, deps: Deps, guard: Guard, auth: Auth): void {
  app.get('/api/users', async (request): Promise<Page<UserAccount>> => {
    await guard.admin(request)
    return { rows: await viewUsers(deps), next: null }
  })

  app.post('/api/users', { schema: { body: newUser } }, async (request, reply) => {
    const { userId } = await guard.admin(request)
    const { locale, ...asked } = request.body
    const user = await createUser(deps, asked)
    const invitation = asked.password === undefined ? await invite(deps, user, (await findUser(deps.db, userId))!, locale) : null
    return reply.status(201).send({ ...viewUser(user), invitation } satisfies NewUser)
  })

  app.patch('/api/users/:id', { schema: { params: idParams, body: change } }, async (request): Promise<UserView> => {
    await guard.admin(request)
    return viewUser(await changeUser(deps, request.params.id, request.body))
  })

  const again = z.strictObject({ locale })
  app.post('/api/users/:id/invitation', { schema: { params: idParams, body: again } }, async (request): Promise<Invitation> => {
    const { userId } = await guard.admin(request)
    const user = await findUser(deps.db, request.params.id)
    if (!user) throw new AppError('not_found')
    return invite(deps, user, (await findUser(deps.db, userId))!, request.body.locale)
  })

  app.get('/api/invitations/:token', { config: strictRate, schema: { params: tokenParams } }, async (request): Promise<Invited> => {
    const { name, email } = await findInvited(deps, request.params.token)
    return { name, email }
  })

  const chosen = z.strictObject({ password })
  app.post(
    '/api/invitations/:token',
    { config: strictRate, schema: { params: tokenParams, body: chosen } },
    async (request, reply): Promise<Session | SecondFactor> => {
      const user = await acceptInvitation(deps, request.params.token, request.body.password)
      const inside = await auth.signIn(request, reply, user.email, request.body.password)
      return inside ? { user: viewUser(inside) } : { second_factor: true }
    },
  )
}
