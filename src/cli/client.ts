/** keepsake client: who gets the letters of a gallery, and what each of them may do. */
import { parseArgs } from 'node:util'
import { after, days } from '../base/clock.ts'
import { AppError } from '../base/errors.ts'
import { type Client, type ClientChange, findClientByEmail, listClients } from '../data/clients.ts'
import { findGallery } from '../data/galleries.ts'
import { type Permission, permissions } from '../domain/access.ts'
import type { Gallery } from '../domain/gallery.ts'
import { addClient, clientAddress, dropClient, editClient } from '../features/galleries/clients.ts'
import { pageAddress, personalLink } from '../features/galleries/share.ts'
import { viewClient } from '../features/galleries/view.ts'
import type { Deps } from '../ports/deps.ts'
import { type Output, UsageError } from './output.ts'
import { withWorld } from './world.ts'

const usage =
  'client list <gallery> | add <gallery> <email> | change <gallery> <email> | remove <gallery> <email> | link <gallery> <email>   [--name N] [--permission view|download] [--for 30d|ever]'

export async function clientCommand(args: string[], out: Output): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { name: { type: 'string' }, permission: { type: 'string' }, for: { type: 'string' } },
  })
  const [verb = '', slug, email, more] = positionals
  if (!Object.hasOwn(verbs, verb) || !slug || more || (verb === 'list') !== (email === undefined)) throw new UsageError(usage)
  const { permission } = values
  if (permission !== undefined && !permissions.includes(permission as Permission)) throw new UsageError(usage)
  const length = values.for === undefined ? undefined : readLength(values.for)
  return withWorld(async ({ deps }) => {
    const gallery = await findGallery(deps.db, slug)
    if (!gallery) throw new AppError('not_found', { gallery: slug })
    const change: ClientChange = {
      ...(values.name === undefined ? {} : { name: values.name }),
      ...(permission === undefined ? {} : { permission: permission as Permission }),
      ...(length === undefined ? {} : { accessExpiresAt: length === null ? null : after(deps.clock.now(), length) }),
    }
    await verbs[verb as keyof typeof verbs]({ deps, out, gallery, email: email ?? '', change })
    return 0
  })
}

interface Asked {
  deps: Deps
  out: Output
  gallery: Gallery
  email: string
  change: ClientChange
}

const verbs = { list, add, change: changeOne, remove, link }

async function list({ deps, out, gallery }: Asked): Promise<void> {
  const clients = await listClients(deps.db, gallery.id)
  out.result(clients.map(viewClient))
  for (const client of clients) out.say(lineOf(client))
  if (!clients.length) out.say('No client yet: keepsake client add <gallery> <email>')
}

async function add({ deps, out, gallery, email, change }: Asked): Promise<void> {
  const { name, ...rest } = change
  const client = await addClient(deps, gallery.id, email, name ?? null, rest)
  out.result(viewClient(client))
  out.say(lineOf(client))
}

async function changeOne(asked: Asked): Promise<void> {
  const { deps, out, gallery, change } = asked
  const client = await editClient(deps, gallery.id, (await one(asked)).id, change)
  out.result(viewClient(client))
  out.say(lineOf(client))
}

async function remove(asked: Asked): Promise<void> {
  const { deps, out, gallery } = asked
  const { id, email } = await one(asked)
  await dropClient(deps, gallery.id, id, 'system')
  out.result({ removed: email })
  out.say(`${email} is removed; their links are closed.`)
}

async function link(asked: Asked): Promise<void> {
  const { deps, out, gallery } = asked
  const { id, email } = await one(asked)
  const made = await personalLink(deps, gallery.id, id)
  const url = pageAddress(deps, made)
  out.result({ email, url, expires_at: made.expiresAt.toISOString() })
  out.say(url)
}

async function one({ deps, gallery, email }: Asked): Promise<Client> {
  const client = await findClientByEmail(deps.db, gallery.id, clientAddress(email))
  if (!client) throw new AppError('not_found', { client: email })
  return client
}

const lineOf = (c: Client): string =>
  `${c.email}  ${c.permission}  ${c.accessExpiresAt ? `until ${c.accessExpiresAt.toISOString()}` : 'for ever'}${c.name ? `  ${c.name}` : ''}`

/** Milliseconds, or null for no end. */
function readLength(text: string): number | null {
  if (text === 'ever') return null
  const match = /^(\d{1,5})d$/.exec(text)
  if (!match || Number(match[1]) < 1) throw new UsageError(`--for takes days, such as 30d, or ever, not ${text}`)
  return days(Number(match[1]))
}
