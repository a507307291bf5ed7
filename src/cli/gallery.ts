/** keepsake gallery: list, show, publish, delete. */
import { AppError } from '../base/errors.ts'
import { countGallery, findGallery, listGalleries } from '../data/galleries.ts'
import { ensureOwner } from '../features/accounts/users.ts'
import { publish } from '../features/archives/publish.ts'
import { archiveStatus } from '../features/archives/status.ts'
import { deleteGallery } from '../features/galleries/edit.ts'
import { viewGallery } from '../features/galleries/view.ts'
import type { Deps } from '../ports/deps.ts'
import { bytesText, type Output, UsageError } from './output.ts'
import { withWorld } from './world.ts'

export async function galleryCommand([verb, slug, ...more]: string[], out: Output): Promise<number> {
  if (more.length || !verb || !Object.hasOwn(verbs, verb) || (verb === 'list') !== (slug === undefined))
    throw new UsageError('gallery list | show <slug> | publish <slug> | delete <slug>')
  return withWorld(async ({ deps }) => {
    await verbs[verb as keyof typeof verbs](deps, out, slug ?? '')
    return 0
  })
}

const verbs = { list, show, publish: publishOne, delete: deleteOne }

async function list(deps: Deps, out: Output): Promise<void> {
  const owner = await ensureOwner(deps)
  const rows = await listGalleries(deps.db, owner.id, { limit: 1000 })
  out.result(rows.map((row) => viewGallery(deps, row)))
  for (const row of rows) out.say(`${row.slug}  ${row.state}  ${row.photos} photos, ${bytesText(row.bytes)}  ${row.title}`)
  if (!rows.length) out.say('No gallery yet: keepsake deliver <folder> makes one.')
}

async function show(deps: Deps, out: Output, slug: string): Promise<void> {
  const gallery = await open(deps, slug)
  const view = viewGallery(deps, { ...gallery, ...(await countGallery(deps.db, gallery.id)) })
  const status = await archiveStatus(deps.db, gallery)
  out.result({ ...view, archive: status })
  out.say(`${view.title} (${view.slug}): ${view.state}, ${view.photos} photos, ${bytesText(view.bytes)}, archive ${status.status}`)
  out.say(view.url)
}

async function publishOne(deps: Deps, out: Output, slug: string): Promise<void> {
  const gallery = await open(deps, slug)
  const { archive } = await publish(deps, gallery.id, { userId: gallery.ownerId, source: 'publish' })
  out.result({ archive: archive.id, version: archive.version, status: archive.status })
  out.say(`Published. Archive version ${archive.version} is ${archive.status}; the service builds it.`)
}

async function deleteOne(deps: Deps, out: Output, slug: string): Promise<void> {
  await deleteGallery(deps, (await open(deps, slug)).id)
  out.result({ deleted: slug })
  out.say('The page is closed. Its files and archives stay until their time is over.')
}

async function open(deps: Deps, slug: string) {
  const gallery = await findGallery(deps.db, slug)
  if (!gallery) throw new AppError('not_found', { gallery: slug })
  return gallery
}
