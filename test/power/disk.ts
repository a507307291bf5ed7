/**
 * A disk whose power can be cut: ext4 on a loop device over a file in memory. What the file holds is what reached the device;
 * what was written and not synced waits in the page cache of the mounted file system, and a copy of the file does not have it.
 */
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { temporaryFolder } from '../postgres.ts'

export interface Disk {
  /** where it is mounted */
  dir: string
  /** What a power cut at this moment leaves, mounted elsewhere (the journal is replayed). Writers must stand still. */
  cut(): Promise<{ dir: string; clear(): void }>
  clear(): void
}

/** A disk of `size` MiB, or undefined where none can be made (this needs root, loop devices and mkfs.ext4). */
export function makeDisk(size = 768): Disk | undefined {
  const home = temporaryFolder()
  const mounts: string[] = []
  const clear = () => {
    for (const mount of mounts.splice(0).reverse()) sh('umount', '-l', mount)
    rmSync(home, { recursive: true, force: true })
  }
  const mount = (name: string, ...args: string[]) => {
    const dir = path.join(home, name)
    mkdirSync(dir, { recursive: true })
    sh('mount', ...args, dir)
    mounts.push(dir)
    chmodSync(dir, 0o711)
    return dir
  }
  try {
    const memory = mount('memory', '-t', 'tmpfs', '-o', `size=${size * 2 + 64}m`, 'tmpfs')
    const image = path.join(memory, 'image')
    sh('truncate', '-s', `${size}M`, image)
    sh('mkfs.ext4', '-q', '-F', '-E', 'lazy_itable_init=0,lazy_journal_init=0', image)
    const dir = mount('disk', '-o', 'loop', image)
    const device = execFileSync('losetup', ['-j', image, '-n', '-O', 'NAME'], { encoding: 'utf8' }).trim().replace('/dev/', '')
    return { dir, clear, cut: () => cut(image, device) }
  } catch {
    clear()
    return undefined
  }

  async function cut(image: string, device: string) {
    const copy = `${image}.copy`
    // a copy that takes a while is one moment of the device only if nothing was written meanwhile
    for (let before = '', now = writesOf(device); before !== now; now = writesOf(device)) {
      before = now
      sh('cp', '--sparse=always', image, copy)
      if (writesOf(device) !== before) await sleep(20)
    }
    const dir = mount('copy', '-o', 'loop', copy)
    return {
      dir,
      clear() {
        mounts.splice(mounts.indexOf(dir), 1)
        sh('umount', dir)
        rmSync(copy)
      },
    }
  }
}

/** Writes of the device that have ended, and requests in flight (Documentation/block/stat.rst, fields 5 and 9). */
function writesOf(device: string): string {
  const fields = readFileSync(`/sys/block/${device}/stat`, 'utf8').trim().split(/\s+/)
  return `${fields[4]} ${fields[8]}`
}

const sh = (program: string, ...args: string[]) => void execFileSync(program, args, { stdio: 'pipe' })
