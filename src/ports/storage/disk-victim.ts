/** The program that disk-kill.test.ts kills: writes without end and prints each step before and after. */

import { createHash } from 'node:crypto'
import { writeSync } from 'node:fs'
import { systemClock } from '../../base/clock.ts'
import { diskStorage } from './disk.ts'
import { bodyOf, copyOf, literal, named } from './samples.ts'

/** Bytes anybody can make again from the name. */
export function bytesFor(name: string, size: number): Buffer {
  const block = createHash('sha512').update(name).digest()
  return Buffer.alloc(size, block)
}

export const sizes = { put: 100_000, assemble: 1_500_000, upload: 400_000 }

/** Synchronously: what was acknowledged must be out before the kill. */
const say = (line: string): number => writeSync(1, `${line}\n`)

async function write(dir: string, run: string): Promise<void> {
  const storage = diskStorage({ dir, clock: systemClock })
  await storage.identify('victim')
  const source = `source/${run}`
  const stuff = bytesFor(source, sizes.assemble)
  await storage.put(source, stuff)
  for (let n = 0; ; n++) {
    const put = `put/${run}/${n}`
    say(`begin ${put}`)
    await storage.put(put, bytesFor(put, sizes.put))
    say(`done ${put}`)

    const assembled = `assemble/${run}/${n}`
    const bytes = bytesFor(assembled, sizes.assemble)
    await storage.put(`piece/${run}/${n}`, bytes.subarray(1000))
    say(`begin ${assembled}`)
    await storage.assemble(assembled, [
      literal(bytes.subarray(0, 1000)),
      copyOf(`piece/${run}/${n}`, bytes.subarray(1000), 0, bytes.length - 1000),
    ])
    say(`done ${assembled}`)

    const upload = `${run}-${n}`
    const body = bytesFor(`upload/${run}/${n}`, sizes.upload)
    await storage.beginUpload(named(upload))
    for (let offset = 0; offset < body.length; ) {
      offset = await storage.appendUpload(named(upload), offset, bodyOf(body.subarray(offset, offset + 130_000), 7000), body.length)
      say(`at ${upload} ${offset}`)
    }
    say(`begin upload/${run}/${n}`)
    await storage.finishUpload(named(upload), `upload/${run}/${n}`)
    say(`done upload/${run}/${n}`)
  }
}

if (process.argv[1] === import.meta.filename) await write(process.argv[2]!, process.argv[3]!)
