/** A full disk: every write says so, leaves nothing half, and works again when there is room. Needs root for a small tmpfs. */

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { test } from 'node:test'
import { systemClock } from '../../base/clock.ts'
import { diskStorage } from './disk.ts'
import type { Piece, Storage } from './port.ts'
import { bodyOf, copyOf, described, literal, named, readRange, refuses } from './samples.ts'

const mib = 1024 * 1024

/** A store on a disk of 8 MiB; skips the test where none can be mounted. */
async function smallDisk(t: TestContext, run: (storage: Storage, dir: string) => Promise<void>): Promise<void> {
  const mount = await mkdtemp(join(tmpdir(), 'keepsake-small-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', mount], { stdio: 'pipe' })
  } catch {
    await rm(mount, { recursive: true })
    t.skip('A small disk cannot be mounted here (this needs root on Linux), so the full disk was not tried.')
    return
  }
  try {
    const dir = join(mount, 'store')
    const storage = diskStorage({ dir, clock: systemClock })
    await storage.identify('a')
    await run(storage, dir)
  } finally {
    execFileSync('umount', [mount])
    await rm(mount, { recursive: true })
  }
}

async function leavesNothing(storage: Storage, dir: string, key: string): Promise<void> {
  assert.equal(await storage.size(key), null)
  assert.deepEqual(await readdir(join(dir, 'tmp')), [])
}

test('put on a full disk', (t) =>
  smallDisk(t, async (storage, dir) => {
    const kept = randomBytes(5 * mib)
    await storage.put('kept', kept)
    const bytes = randomBytes(4 * mib)
    await refuses('storage_full', storage.put('k', bytes))
    await leavesNothing(storage, dir, 'k')
    assert.ok(kept.equals(await readRange(storage, 'kept', 0, kept.length)))
    await storage.delete('kept')
    assert.deepEqual(await storage.put('k', bytes), described(bytes))
  }))

test('assemble on a full disk', (t) =>
  smallDisk(t, async (storage, dir) => {
    const bytes = randomBytes(3 * mib)
    await storage.put('source', bytes)
    await writeFile(join(dir, '..', 'ballast'), Buffer.alloc(3 * mib))
    const copy = copyOf('source', bytes, 0, bytes.length)
    await refuses('storage_full', storage.assemble('out', [literal(Buffer.from('head')), copy]))
    await refuses('storage_full', storage.assemble('out', endless(copy)))
    await leavesNothing(storage, dir, 'out')
    await rm(join(dir, '..', 'ballast'))
    await storage.assemble('out', [literal(Buffer.from('head')), copy])
    assert.ok(bytes.equals(await readRange(storage, 'out', 4, bytes.length + 4)))
  }))

test('an upload on a full disk stays at its last offset and goes on', (t) =>
  smallDisk(t, async (storage, dir) => {
    const bytes = randomBytes(6 * mib)
    await storage.beginUpload(named('u'))
    assert.equal(await storage.appendUpload(named('u'), 0, bodyOf(bytes.subarray(0, mib), 9000), bytes.length), mib)
    await writeFile(join(dir, '..', 'ballast'), Buffer.alloc(3 * mib))
    await refuses('storage_full', storage.appendUpload(named('u'), mib, bodyOf(bytes.subarray(mib), 9000), bytes.length))
    assert.equal((await stat(join(dir, 'uploads', 'u'))).size, mib)
    await rm(join(dir, '..', 'ballast'))
    assert.equal(await storage.appendUpload(named('u'), mib, bodyOf(bytes.subarray(mib), 9000), bytes.length), bytes.length)
    await storage.finishUpload(named('u'), 'k')
    assert.ok(bytes.equals(await readRange(storage, 'k', 0, bytes.length)))
  }))

function* endless(piece: Piece): Iterable<Piece> {
  for (;;) yield piece
}
