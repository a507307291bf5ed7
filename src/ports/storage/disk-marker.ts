/** The marker that tells our store from an empty mount point and from another installation's store. */

import { randomUUID } from 'node:crypto'
import { link, mkdir, open, opendir, readFile, stat, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { AppError } from '../../base/errors.ts'
import { systemCode, translated, unless } from './disk-errors.ts'
import { syncFolder } from './disk-folders.ts'
import { installationIn } from './marker.ts'

export interface Marker {
  identify(installation: string, known: boolean): Promise<void>
  /** Cheap, before every write and delete: the marker lies where it lay. */
  check(): Promise<void>
  /** Whose it is; null without one. */
  marked(): Promise<string | null>
  /** Reads the marker again. */
  read(): Promise<void>
}

export function markerIn(dir: string, folders: string[]): Marker {
  const path = join(dir, 'marker.json')
  let ours: string | null = null
  let seen: string | null = null

  // The time and size too: another disk mounted in the same place may have the same device and inode number.
  async function look(): Promise<string | null> {
    const found = await unless('ENOENT', stat(path, { bigint: true }))
    return found ? `${found.dev} ${found.ino} ${found.mtimeNs} ${found.size}` : null
  }

  async function read(): Promise<void> {
    if (ours === null) throw new AppError('storage_unreachable', { reason: 'not identified' })
    const now = await look()
    const text = await unless('ENOENT', readFile(path, 'utf8'))
    if (text === undefined) throw new AppError('storage_unreachable', { reason: 'marker missing' })
    if (installationIn(text) !== ours) throw new AppError('storage_foreign', { marker: installationIn(text) })
    seen = now
  }

  async function create(installation: string): Promise<void> {
    for (const folder of folders) if (await holdsFile(folder)) throw new AppError('storage_unreachable', { reason: 'marker missing' })
    const first = await mkdir(dir, { recursive: true })
    for (const folder of folders) await unless('EEXIST', mkdir(folder))
    await syncFolder(dir)
    for (let made = dir; first !== undefined && made !== dirname(first); made = dirname(made)) await syncFolder(dirname(made))
    const draft = join(dir, `marker-${randomUUID()}`)
    const file = await open(draft, 'wx')
    try {
      await file.writeFile(`${JSON.stringify({ installation })}\n`)
      await file.sync()
      await file.close()
      // Not over a marker that another process set in this moment: read() then compares.
      await unless('EEXIST', link(draft, path))
    } finally {
      await file.close().catch(() => {})
      await unlink(draft)
    }
    await syncFolder(dir)
  }

  return {
    identify: (installation, known) =>
      translated({ dir }, async () => {
        ours = installation
        seen = null
        if (!known && !(await look())) await create(installation)
        await read()
        for (const folder of folders)
          if (
            await unless(
              'EEXIST',
              mkdir(folder).then(() => true),
            )
          )
            await syncFolder(dir)
      }),
    check: () =>
      translated({ dir }, async () => {
        if (seen === null || (await look()) !== seen) await read()
      }),
    marked: () =>
      translated({ dir }, async () => {
        const text = await unless('ENOENT', readFile(path, 'utf8'))
        const installation = text === undefined ? null : installationIn(text)
        return typeof installation === 'string' ? installation : null
      }),
    read: () => translated({ dir }, read),
  }
}

/** Is there any file below the folder? */
async function holdsFile(folder: string): Promise<boolean> {
  try {
    for await (const entry of await opendir(folder)) {
      if (!entry.isDirectory() || (await holdsFile(join(folder, entry.name)))) return true
    }
    return false
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false
    throw error
  }
}
