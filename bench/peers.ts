/** The packages' side of a build, in a process of its own: `archiver|archiver9|yazl <folder> <output> [most]`, SHA-256 taken as the bytes pass. */
/// <reference path="./peers.d.ts" />
import { createHash } from 'node:crypto'
import { createWriteStream, readdirSync, statSync } from 'node:fs'
import path from 'node:path'
import type { Readable } from 'node:stream'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { ZipArchive } from 'archiver'
import { ZipFile } from 'yazl'
import { watch } from './watch.ts'

const [peer, folder, output, most = 'Infinity'] = process.argv.slice(2) as [string, string, string, string?]
const stop = watch()
const names = readdirSync(folder).sort().slice(0, Number(most))
const hash = createHash('sha256')
const source = peer === 'yazl' ? yazl() : archiver()
await pipeline(source, hashing(), createWriteStream(output, { highWaterMark: 1024 * 1024 }))
stop({ sha256: hash.digest('hex') })

function hashing(): Transform {
  return new Transform({
    highWaterMark: 1024 * 1024,
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk)
      done(null, chunk)
    },
  })
}

/** Sizes and times are handed over, so that it need not look at each file itself. */
function archiver(): Readable {
  const highWaterMark = 1024 * 1024
  const zip = new ZipArchive(peer === 'archiver9' ? { zlib: { level: 9 }, highWaterMark } : { store: true, highWaterMark })
  for (const name of names) {
    const file = path.join(folder, name)
    zip.file(file, { name, stats: statSync(file) })
  }
  void zip.finalize()
  return zip
}

function yazl(): Readable {
  const zip = new ZipFile()
  for (const name of names) zip.addFile(path.join(folder, name), name, { compress: false })
  zip.end()
  return zip.outputStream
}
