/** keepsake import: more files from a folder into a gallery. The same folder again brings nothing new. */
import { parseArgs } from 'node:util'
import type { Imported } from '../../sdk/src/wire.ts'
import { AppError } from '../base/errors.ts'
import { findGallery } from '../data/galleries.ts'
import type { Gallery } from '../domain/gallery.ts'
import { importFolder } from '../features/uploads/import.ts'
import type { Deps } from '../ports/deps.ts'
import { bytesText, type Output, progressLine, UsageError } from './output.ts'
import { withWorld } from './world.ts'

export async function importCommand(args: string[], out: Output): Promise<number> {
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options: { gallery: { type: 'string' } } })
  const [folder, more] = positionals
  if (!folder || more || !values.gallery) throw new UsageError('import takes one folder and --gallery <slug>')
  return withWorld(async ({ deps }) => {
    const gallery = await findGallery(deps.db, values.gallery!)
    if (!gallery) throw new AppError('not_found', { gallery: values.gallery })
    const imported = await importWithProgress(deps, gallery, folder, out)
    out.result(imported)
    return imported.skipped.length ? 3 : 0
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
