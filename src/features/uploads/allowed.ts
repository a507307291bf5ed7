/** Which folders of the server may be imported over the API. */
import { realpath } from 'node:fs/promises'
import { resolve, sep } from 'node:path'
import { AppError } from '../../base/errors.ts'

/** The folder somebody names, if it lies in the one that imports are allowed from. */
export async function folderBelow(allowed: string | null, path: string): Promise<string> {
  if (!allowed) throw new AppError('forbidden', { detail: 'Imports by the API are off: name a folder for them in the configuration.' })
  if (path.includes('\0')) throw new AppError('folder_unreadable')
  const root = await realpath(allowed).catch((cause: unknown) => {
    throw new AppError('folder_unreadable', { folder: allowed }, { cause })
  })
  // an unknown folder and one outside answer alike: nobody learns what lies elsewhere on the machine
  const folder = await realpath(resolve(root, path)).catch(() => null)
  if (!folder || !(folder === root || folder.startsWith(root + sep))) throw new AppError('folder_unreadable', { path })
  return folder
}
