/** Gives a proven file its name, never that of another file. */
import { link, open, rename, rm, unlink } from 'node:fs/promises'
import path from 'node:path'
import { journalOf } from './journal.ts'
import { nameAgain } from './name.ts'

/** Moves the part to `name` in its folder, or to `name (2)` … when that is taken; answers the path. The journal goes. */
export async function place(part: string, name: string): Promise<string> {
  const folder = path.dirname(part)
  for (let n = 1; ; n++) {
    const file = path.join(folder, nameAgain(name, n))
    if (!(await take(part, file))) continue
    await rm(journalOf(part), { force: true })
    await syncFolder(folder)
    return file
  }
}

/** False when the name is taken. A link is refused when something is there, which renaming is not. */
async function take(part: string, file: string): Promise<boolean> {
  try {
    await link(part, file)
    await unlink(part)
    return true
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') return false
    if (code === 'ENOENT') throw error
  }
  // sticks and network drives without links: the name is taken by an empty file first
  try {
    await (await open(file, 'wx')).close()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
  await rename(part, file)
  return true
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder).catch(() => null)
  // Windows has nothing to sync in a folder
  await handle?.sync().catch(() => undefined)
  await handle?.close()
}
