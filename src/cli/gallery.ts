/** keepsake gallery: list, show, publish, retire, restore, delete, and what guests said of it as a file. */
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { parseArgs } from 'node:util'
import { AppError } from '../base/errors.ts'
import { countGallery, findGallery, listGalleries } from '../data/galleries.ts'
import { endOfRestored } from '../domain/expiry.ts'
import { ensureOwner } from '../features/accounts/users.ts'
import { publish } from '../features/archives/publish.ts'
import { checkRestore, type From, restore } from '../features/archives/restore.ts'
import { retire } from '../features/archives/retire.ts'
import { archiveStatus } from '../features/archives/status.ts'
import { type ExportFormat, exportFormats, feedbackFile } from '../features/feedback/export.ts'
import { deleteGallery } from '../features/galleries/edit.ts'
import { viewGallery } from '../features/galleries/view.ts'
import type { Deps } from '../ports/deps.ts'
import { bytesText, type Output, UsageError } from './output.ts'
import { withWorld } from './world.ts'

const options = {
  format: { type: 'string' },
  archive: { type: 'string' },
  salvage: { type: 'boolean', default: false },
  'dry-run': { type: 'boolean', default: false },
} as const
const usage = `gallery list | show <slug> | publish <slug> | retire <slug> | restore <slug> [--archive id] [--salvage] [--dry-run] | delete <slug> | feedback <slug> [--format ${exportFormats.join('|')}]`

export async function galleryCommand(args: string[], out: Output): Promise<number> {
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options })
  const [verb, slug, more] = positionals
  if (more || !verb || !Object.hasOwn(verbs, verb) || (verb === 'list') !== (slug === undefined)) throw new UsageError(usage)
  if (values.format !== undefined && (verb !== 'feedback' || !exportFormats.includes(values.format as ExportFormat)))
    throw new UsageError(usage)
  if (verb !== 'restore' && (values.archive !== undefined || values.salvage || values['dry-run'])) throw new UsageError(usage)
  const format = (values.format ?? (out.json ? 'json' : 'csv')) as ExportFormat
  return withWorld(async ({ deps }) => {
    if (verb === 'restore')
      return restoreOne(deps, out, slug!, { archiveId: values.archive, salvage: values.salvage, dryRun: values['dry-run'] })
    await verbs[verb as Exclude<keyof typeof verbs, 'restore'>](deps, out, slug ?? '', format)
    return 0
  })
}

const verbs = { list, show, publish: publishOne, retire: retireOne, restore: restoreOne, delete: deleteOne, feedback }

async function list(deps: Deps, out: Output): Promise<void> {
  const owner = await ensureOwner(deps)
  const rows = await listGalleries(deps.db, { ownerId: owner.id }, { limit: 1000, now: deps.clock.now() })
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

async function retireOne(deps: Deps, out: Output, slug: string): Promise<void> {
  const gallery = await open(deps, slug)
  const archive = await retire(deps, gallery.id, { userId: gallery.ownerId, source: 'manual' })
  out.result({ archive: archive.id, status: archive.status })
  out.say('The gallery is being archived: the service packs it, proves the archive, and then closes the page.')
}

/** 3 when something cannot come back. */
async function restoreOne(deps: Deps, out: Output, slug: string, { dryRun, ...from }: From & { dryRun: boolean }): Promise<number> {
  const gallery = await open(deps, slug)
  const { archive, photos, lost, expiresAt } = dryRun
    ? { ...(await checkRestore(deps, gallery.id, from)), expiresAt: endOfRestored(gallery, deps.clock.now()) }
    : await restore(deps, gallery.id, from)
  const missing = lost.map(({ originalName }) => originalName)
  out.result({ archive: archive.id, photos, missing, expires_at: expiresAt?.toISOString() ?? null, dry_run: dryRun })
  const until = expiresAt ? `until ${expiresAt.toISOString().slice(0, 10)}` : 'without an end'
  out.say(dryRun ? `${photos} photos would come back. Nothing was changed.` : `The gallery is open again with ${photos} photos, ${until}.`)
  for (const name of missing) out.note(`Missing   ${JSON.stringify(name)}`)
  return missing.length ? 3 : 0
}

async function deleteOne(deps: Deps, out: Output, slug: string): Promise<void> {
  await deleteGallery(deps, (await open(deps, slug)).id)
  out.result({ deleted: slug })
  out.say('The page is closed. Its files and archives stay until their time is over.')
}

/** Writes the file to stdout as it is: `> picks.csv`. */
async function feedback(deps: Deps, _out: Output, slug: string, format: ExportFormat): Promise<void> {
  const { body } = await feedbackFile(deps, await open(deps, slug), format, {})
  await pipeline(Readable.from(body), process.stdout, { end: false })
}

async function open(deps: Deps, slug: string) {
  const gallery = await findGallery(deps.db, slug)
  if (gallery?.kind !== 'gallery') throw new AppError('not_found', { gallery: slug })
  return gallery
}
