/** keepsake import: more files into a gallery, from a folder, a ZIP or a prefix of the bucket. The same again brings nothing new. */
import { open } from 'node:fs/promises'
import path from 'node:path'
import { parseArgs } from 'node:util'
import type { Imported, RevivedGallery } from '../../sdk/src/wire.ts'
import { AppError } from '../base/errors.ts'
import { findGallery } from '../data/galleries.ts'
import { albumOf } from '../domain/foreign.ts'
import type { Gallery } from '../domain/gallery.ts'
import { ensureOwner } from '../features/accounts/users.ts'
import { reviveAll } from '../features/archives/revive.ts'
import { createGallery } from '../features/galleries/edit.ts'
import { galleryOfZip } from '../features/galleries/of-zip.ts'
import { type ImportProgress, importFolder } from '../features/uploads/import.ts'
import { importZip } from '../features/uploads/import-zip.ts'
import { registerSource } from '../features/uploads/sources.ts'
import { syncGallery } from '../features/uploads/sync.ts'
import { readContents } from '../features/uploads/zip-contents.ts'
import type { Deps } from '../ports/deps.ts'
import { fileSource } from './archive.ts'
import { bytesText, type Output, progressLine, UsageError } from './output.ts'
import { withWorld } from './world.ts'

const options = {
  gallery: { type: 'string' },
  prefix: { type: 'string' },
  copy: { type: 'boolean', default: false },
  'from-store': { type: 'boolean', default: false },
} as const

export async function importCommand(args: string[], out: Output): Promise<number> {
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options })
  const [folder, more] = positionals
  if (values['from-store']) {
    if (folder || values.gallery || values.prefix !== undefined || values.copy)
      throw new UsageError('import --from-store takes nothing else')
    return importStore(out)
  }
  if (values.prefix !== undefined) {
    if (folder) throw new UsageError('import takes one folder, or --prefix, not both')
    return importPrefix({ prefix: values.prefix, slug: values.gallery, copy: values.copy }, out)
  }
  if (folder && !more && !values.copy && /\.zip$/i.test(folder)) return importZipFile(folder, values.gallery, out)
  if (!folder || more || !values.gallery || values.copy)
    throw new UsageError('import takes one folder and --gallery <slug>, a ZIP, or --prefix <prefix>')
  return withWorld(async ({ deps }) => {
    const gallery = await findGallery(deps.db, values.gallery!)
    if (!gallery) throw new AppError('not_found', { gallery: values.gallery })
    const imported = await importWithProgress(deps, gallery, folder, out)
    out.result(imported)
    return imported.skipped.length ? 3 : 0
  })
}

/** Without --gallery it is the gallery of the manifest, or one named as the file; what is not there yet is made as a draft. */
async function importZipFile(file: string, slug: string | undefined, out: Output): Promise<number> {
  const handle = await open(file).catch((cause: unknown) => {
    throw new AppError('folder_unreadable', { file }, { cause })
  })
  try {
    const source = await fileSource(handle)
    const contents = await readContents(source)
    return await withWorld(async ({ deps }) => {
      const origin = { manifest: contents.manifest, name: path.basename(file).replace(/\.zip$/i, ''), slug }
      const gallery = await galleryOfZip(deps, (await ensureOwner(deps)).id, origin)
      const line = progressLine()
      const onProgress = ({ files, bytes, path }: ImportProgress) => line.show(`Importing ${files} files, ${bytesText(bytes)}: ${path}`)
      const imported = await importZip(deps, gallery, source, contents, { onProgress }).finally(() => line.end())
      out.result({ gallery: gallery.slug, ...imported })
      out.say(`Gallery   ${gallery.slug} (${gallery.state})`)
      out.say(
        `Imported  ${imported.imported} files${there(imported)}${imported.feedback ? `, ${imported.feedback} remarks of guests` : ''}`,
      )
      for (const { path, reason } of imported.skipped) out.note(`Skipped   ${JSON.stringify(path)}: ${reason}`)
      return imported.skipped.length ? 3 : 0
    })
  } finally {
    await handle.close()
  }
}

/** The database was lost: every gallery that the store holds comes back. Run again it goes on with those that are not back yet. */
async function importStore(out: Output): Promise<number> {
  return withWorld(
    async ({ deps }) => {
      const owner = await ensureOwner(deps)
      const onGallery = ({ slug, state, photos, missing, feedback, archive }: RevivedGallery) =>
        out.say(
          `${slug}  ${state}  ${photos} photos${missing.length ? `, ${missing.length} lost` : ''}${feedback ? `, ${feedback} remarks` : ''}  from ${archive ?? 'its originals'}`,
        )
      const revived = await reviveAll(deps, owner.id, { onGallery })
      out.result(revived)
      out.say(`Back      ${revived.galleries.length} galleries${revived.known ? `, ${revived.known} were there already` : ''}`)
      for (const { slug, state } of revived.galleries)
        if (state === 'draft') out.note(`Draft     ${slug}: it was not archived, or not all of it; publish it when it may be seen again`)
      if (revived.galleries.length)
        out.note('Closed    All of them: passwords, clients, links and end dates were in the database alone. Set them before you open one.')
      for (const { path, reason } of revived.skipped) out.note(`Skipped   ${path}: ${reason}`)
      const lost = revived.galleries.flatMap(({ slug, missing }) => missing.map((name) => `${slug}: ${JSON.stringify(name)}`))
      for (const name of lost) out.note(`Lost      ${name}`)
      return lost.length || revived.skipped.length ? 3 : 0
    },
    { adopt: true },
  )
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
  out.say(`Imported  ${imported.imported} files${there(imported)}`)
  for (const { path, reason } of imported.skipped) out.note(`Skipped   ${JSON.stringify(path)}: ${reason}`)
  return imported
}

const there = ({ duplicates }: Imported): string => (duplicates.length ? `, ${duplicates.length} were there already` : '')
