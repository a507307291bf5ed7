/** kill -9 at any moment leaves the whole object or none, and every acknowledged byte of an upload. */

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { systemClock } from '../../base/clock.ts'
import { diskStorage } from './disk.ts'
import { bytesFor, sizes } from './disk-victim.ts'
import type { Storage } from './port.ts'
import { named, readRange } from './samples.ts'

const kills = 30
const atOnce = 5

interface Said {
  begun: string[]
  done: Set<string>
  /** acknowledged offsets of uploads */
  at: Map<string, number>
}

test(`${kills} kills at random moments leave nothing half`, async () => {
  const dir = await mkdtemp(join(tmpdir(), 'keepsake-kill-'))
  try {
    const storage = diskStorage({ dir, clock: systemClock })
    await storage.identify('victim')
    let checked = 0
    const runs = Array.from({ length: kills }, (_, run) => ({ run: String(run), lines: 1 + Math.floor(Math.random() * 14) }))
    // Several at a time on one store, as after a restart that came too early.
    while (runs.length > 0) {
      const all = await Promise.all(runs.splice(0, atOnce).map(({ run, lines }) => killed(dir, run, lines)))
      for (const said of all) await check(said)
    }
    async function check(said: Said): Promise<void> {
      for (const key of said.begun) checked += await whole(storage, key, said.done.has(key))
      for (const [upload, offset] of said.at) await atLeast(storage, dir, upload, offset, said)
    }
    assert.ok(checked > kills, `only ${checked} objects were written`)
    await storage.sweep(new Date(8e12))
    assert.deepEqual(await readdir(join(dir, 'tmp')), [])
  } finally {
    await rm(dir, { recursive: true })
  }
})

/** Lets the victim say some lines, then kills it a moment later, wherever it is. */
function killed(dir: string, run: string, lines: number): Promise<Said> {
  const said: Said = { begun: [], done: new Set(), at: new Map() }
  const victim = spawn(process.execPath, [new URL('./disk-victim.ts', import.meta.url).pathname, dir, run], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let heard = 0
  const output = createInterface({ input: victim.stdout })
  output.on('line', (line) => {
    const [what, name, offset] = line.split(' ') as [string, string, string?]
    if (what === 'begin') said.begun.push(name)
    if (what === 'done') said.done.add(name)
    if (what === 'at') said.at.set(name, Number(offset))
    if (++heard === lines) setTimeout(() => victim.kill('SIGKILL'), Math.random() * 8)
  })
  return new Promise((resolve) => output.on('close', () => resolve(said)))
}

/** 1 when the object is there and whole. */
async function whole(storage: Storage, key: string, acknowledged: boolean): Promise<number> {
  const size = await storage.size(key)
  if (size === null) {
    assert.ok(!acknowledged, `${key} was acknowledged and is gone`)
    return 0
  }
  const expected = bytesFor(key, sizes[key.split('/')[0] as keyof typeof sizes])
  assert.ok(expected.equals(await readRange(storage, key, 0, size)), `${key} is not whole`)
  return 1
}

/** The upload holds what was acknowledged; or its object does. */
async function atLeast(storage: Storage, dir: string, upload: string, offset: number, said: Said): Promise<void> {
  const key = `upload/${upload.replace('-', '/')}`
  if (said.done.has(key) || (await storage.size(key)) !== null) return
  const path = join(dir, 'uploads', upload)
  assert.ok((await stat(path)).size >= offset, `${upload} lost acknowledged bytes`)
  await storage.finishUpload(named(upload), key)
}
