/** keepsake import: more files into a gallery, from a folder or from a prefix of the bucket. The same again brings nothing new. */
import { parseArgs } from 'node:util'
import type { Imported } from '../../sdk/src/wire.ts'
import { AppError } from '../base/errors.ts'
import { findGallery } from '../data/galleries.ts'
import { albumOf } from '../domain/foreign.ts'
import type { Gallery } from '../domain/gallery.ts'
import { ensureOwner } from '../features/accounts/users.ts'
import { createGallery } from '../features/galleries/edit.ts'
import { importFolder } from '../features/uploads/import.ts'
import { registerSource } from '../features/uploads/sources.ts'
import { syncGallery } from '../features/uploads/sync.ts'
import type { Deps } from '../ports/deps.ts'
import { bytesText, type Output, progressLine, UsageError } from './output.ts'
import { withWorld } from './world.ts'

const options = { gallery: { type: 'string' }, prefix: { type: 'string' }, copy: { type: 'boolean', default: false } } as const

export async function importCommand(args: string[], out: Output): Promise<number> {
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options })
  const [folder, more] = positionals
  if (values.prefix !== undefined) {
    if (folder) throw new UsageError('import takes one folder, or --prefix, not both')
    return importPrefix({ prefix: values.prefix, slug: values.gallery, copy: values.copy }, out)
  }
  if (!folder || more || !values.gallery || values.copy)
    throw new UsageError('import takes one folder and --gallery <slug>, or --prefix <prefix>')
  return withWorld(async ({ deps }) => {
    const gallery = await findGallery(deps.db, values.gallery!)
    if (!gallery) throw new AppError('not_found', { gallery: values.gallery })
    const imported = await importWithProgress(deps, gallery, folder, out)
    out.result(imported)
    return imported.skipped.length ? 3 : 0
  })
}

/** Without --gallery the album in the prefix says which; a gallery that is not there yet is made as a draft. */
async function importPrefix(
  { prefix, slug, copy }: { prefix: string; slug: string | undefined; copy: boolean },
  out: Output,
): Promise<number> {
  const wanted = slug ?? albumOf(`${prefix.replace(/\/$/, '')}/x`)
  if (!wanted) throw new UsageError('import --prefix takes albums/<slug>/photos/, or any prefix with --gallery <slug>')
  return withWorld(async ({ deps }) => {
    const gallery =
      (await findGallery(deps.db, wanted)) ?? (await createGallery(deps, (await ensureOwner(deps)).id, { title: wanted, slug: wanted }))
    await registerSource(deps, gallery.id, { prefix, copy, look: false })
    const line = progressLine()
    const synced = await syncGallery(deps, gallery.id, {
      onProgress: ({ files, bytes, path }) => line.show(`Reading ${files} files, ${bytesText(bytes)}: ${path}`),
    }).finally(() => line.end())
    if (!synced) throw new AppError('gallery_not_open', { gallery: gallery.slug })
    const { photos, added, replaced, missing, duplicates, skipped } = synced
    out.say(`Gallery   ${deps.settings.publicUrl}/g/${gallery.slug}`)
    out.say(
      `Photos    ${photos} in the bucket, ${added} new${replaced ? `, ${replaced} replaced` : ''}${copy ? ', copied' : ', read where they lie'}`,
    )
    if (duplicates.length) out.say(`Twice     ${duplicates.length} have the same bytes as another one`)
    if (missing) out.note(`Missing   ${missing} are not in the bucket any more`)
    for (const { path, reason } of skipped) out.note(`Skipped   ${JSON.stringify(path)}: ${reason}`)
    out.result({ gallery: gallery.slug, ...synced })
    return skipped.length || missing ? 3 : 0
  })
}

/** Imports and says what happened to every file that was not taken. */
export async function importWithProgress(deps: Deps, gallery: Gallery, folder: string, out: Output): Promise<Imported> {
  const line = progressLine()
  const imported = await importFolder(deps, gallery, folder, {
    onProgress: ({ files, bytes, path }) => line.show(`Importing ${files} files, ${bytesText(bytes)}: ${path}`),
  }).finally(() => line.end())
  out.say(`Imported  ${imported.imported} files${imported.duplicates.length ? `, ${imported.duplicates.length} were there already` : ''}`)
  for (const { path, reason } of imported.skipped) out.note(`Skipped   ${JSON.stringify(path)}: ${reason}`)
  return imported
}
