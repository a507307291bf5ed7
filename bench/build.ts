/** Builds one gallery with everybody, 100 photos and 20,000 tiny ones; and 10 GB beside 1 GB for memory. */
import path from 'node:path'
import { type Gallery, largeGallery, tinyGallery } from './gallery.ts'
import { type Contender, inTurn, once, type Place } from './measure.ts'
import { figure, printRuns, printTable, target, targetOn } from './report.ts'

export interface Options extends Place {
  runs: number
  photos: number
  tiny: number
}

const script = (name: string) => [process.execPath, path.join(import.meta.dirname, name)]

export async function benchBuild(options: Options): Promise<void> {
  const { scratch, runs, photos, tiny } = options
  const large = await largeGallery(path.join(scratch, 'large'), photos)
  const found = await inTurn(everybody(large, runs), runs, options)
  printRuns(`Build: ${photos} JPEGs of 3 to 12 MB, ${figure(large.bytes / 1e9)} GB, each with SHA-256`, found)
  targetOn('build photos / bsdtar + openssl', 0.5, found, 'bsdtar, then openssl')
  targetOn('build photos / zip -0 + sha256sum', 0.15, found, 'zip -0, then sha256sum')
  targetOn('build photos / archiver', 0.3, found, 'archiver')

  // compressing what does not compress takes so long that a few photos tell
  const few = Math.min(photos, 14)
  const subset = await largeGallery(path.join(scratch, 'few'), few)
  const level9 = peer(subset, 'archiver level 9', 'archiver9')
  const sub = await inTurn([ours(subset), { ...level9, runs: 2 }], Math.min(runs, 3), options)
  printRuns(`Build: ${few} of such photos, packed by archiver at level 9`, sub)

  const many = await tinyGallery(path.join(scratch, 'tiny'), tiny)
  const small = await inTurn(everybody(many, Math.min(runs, 3)), runs, options)
  printRuns(`Build: ${tiny} photos of 1.5 kB, each with SHA-256`, small)
  targetOn('build tiny / archiver', 0.05, small, 'archiver')
  targetOn('build tiny / zip -0 + openssl', 1, small, 'zip -0, then openssl')
}

/** The same photos until they are 1 GB and 10 GB: peak memory must not follow. */
export async function benchMemory({ scratch, photos }: Options): Promise<void> {
  const gallery = await largeGallery(path.join(scratch, 'repeated'), photos)
  const peaks: number[] = []
  const rows: string[][] = []
  for (const size of [1e9, 10e9]) {
    const times = Math.max(1, Math.round(size / gallery.bytes))
    const run = await once(ours(gallery, times), scratch)
    const { bytes } = JSON.parse(run.stdout)
    peaks.push(run.peak)
    rows.push([`${figure(bytes / 1e9)} GB`, String(times * gallery.count), run.peak.toFixed(0), figure(run.wall), figure(run.cpu)])
  }
  printTable('Memory of a build', ['', 'photos', 'peak MiB', 'wall s', 'CPU s'], rows)
  target({ what: 'peak memory, 10 GB / 1 GB', limit: 1.2, value: peaks[1]! / peaks[0]! })
  target({ what: 'peak memory of a 10 GB build', limit: 250, value: peaks[1]!, unit: 'MiB' })
}

function everybody(gallery: Gallery, slowRuns: number): Contender[] {
  const { photos } = gallery
  const output = path.join(path.dirname(photos), 'peer.zip')
  const sh = (name: string, command: string, hash: string): Contender => ({
    name: `${name}, then ${hash.split(' ')[0]}`,
    command: ['sh', '-c', `${command} && ${hash} '${output}'`],
    cwd: path.dirname(photos),
    output,
  })
  const openssl = 'openssl dgst -sha256'
  return [
    ours(gallery),
    sh('bsdtar', `bsdtar --format zip --options zip:compression=store -cf '${output}' photos`, openssl),
    sh('7zz -mx0', `7zz a -tzip -mx0 -bso0 -bsp0 '${output}' photos`, openssl),
    sh('zip -0', `zip -0 -q -X -r '${output}' photos`, openssl),
    sh('zip -0', `zip -0 -q -X -r '${output}' photos`, 'sha256sum'),
    { ...peer(gallery, 'archiver', 'archiver'), runs: slowRuns },
    { ...peer(gallery, 'yazl', 'yazl'), runs: slowRuns },
  ]
}

/** Keepsake through its storage port: SHA-256, CRC-32 of every entry, synced. */
export function ours({ store, plan }: Gallery, times = 1): Contender {
  const key = 'built.zip'
  return {
    name: 'Keepsake',
    command: [...script('ours.ts'), 'build', store, plan, key, String(times)],
    output: path.join(store, 'objects', key),
  }
}

function peer({ photos }: Gallery, name: string, verb: string): Contender {
  const output = path.join(path.dirname(photos), 'peer.zip')
  return { name, command: [...script('peers.ts'), verb, photos, output], output }
}
