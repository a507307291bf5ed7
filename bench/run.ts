/**
 * What `npm run bench` runs: one gallery built, verified and served by Keepsake and by others, side by side.
 * `npm run bench -- --only build|memory|verify|serve|product|requests|lists|s3|retire|rescue|web --runs N --photos N --tiny N --large N --bucket-photos N --videos N --tracks N --track-kb N --tries N --dir D`; see README.md.
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { benchBuild, benchMemory, type Options } from './build.ts'
import { benchLists } from './lists.ts'
import { benchProduct } from './product.ts'
import { printLoad, printMachine, printTargets } from './report.ts'
import { benchRequests } from './requests.ts'
import { benchRescue } from './rescue.ts'
import { benchRetire } from './retire.ts'
import { benchS3 } from './s3.ts'
import { benchServe } from './serve.ts'
import { benchVerify } from './verify.ts'
import { benchWeb } from './web.ts'

const parts = {
  build: benchBuild,
  memory: benchMemory,
  verify: benchVerify,
  serve: benchServe,
  product: benchProduct,
  requests: benchRequests,
  lists: benchLists,
  s3: benchS3,
  retire: benchRetire,
  web: benchWeb,
  rescue: benchRescue,
}
const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    runs: { type: 'string', default: '5' },
    tries: { type: 'string', default: '3' },
    photos: { type: 'string', default: '100' },
    tiny: { type: 'string', default: '20000' },
    large: { type: 'string', default: '1000' },
    // a bucket has a count of its own: what is always sent of the first file is a share of all of them
    'bucket-photos': { type: 'string', default: '300' },
    videos: { type: 'string', default: '20' },
    tracks: { type: 'string', default: '1000' },
    // of each, kB
    'track-kb': { type: 'string', default: '6000' },
    dir: { type: 'string', default: os.tmpdir() },
  },
})
if (values.only && !(values.only in parts)) throw new Error(`--only takes ${Object.keys(parts).join(', ')}`)
if (process.platform !== 'linux') throw new Error('the bench measures with the means of Linux')

const scratch = mkdtempSync(path.join(values.dir, 'keepsake-bench-'))
// the database runs as a user of its own and must reach its folder
chmodSync(scratch, 0o711)
const clear = () => rmSync(scratch, { recursive: true, force: true })
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    clear()
    process.exit(1)
  })
const options: Options & { large: number; bucketPhotos: number; videos: number; tracks: number; trackKb: number } = {
  scratch,
  runs: Number(values.runs),
  tries: Number(values.tries),
  photos: Number(values.photos),
  tiny: Number(values.tiny),
  large: Number(values.large),
  bucketPhotos: Number(values['bucket-photos']),
  videos: Number(values.videos),
  tracks: Number(values.tracks),
  trackKb: Number(values['track-kb']),
}
try {
  printMachine()
  for (const [name, bench] of Object.entries(parts)) {
    if (values.only && values.only !== name) continue
    await bench(options)
    printLoad(`after ${name}`)
  }
  printTargets()
} finally {
  clear()
}
