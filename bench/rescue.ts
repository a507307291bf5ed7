/** Rescues tracks from a provider on this machine (nginx), beside aria2c with 8 connections and sha256sum. */
import { linkSync, mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { mp3 } from '../test/media.ts'
import { type Contender, inTurn, type Place } from './measure.ts'
import { figure, printRuns, printTable, target, targetOn } from './report.ts'
import { startNginx } from './serve.ts'

export interface RescueOptions extends Place {
  runs: number
  tracks: number
  /** of each track, thousands of bytes */
  trackKb: number
}

const frameSize = 417
const songs = 20
// of the service: bin/keepsake.js
const heap = ['--max-semi-space-size=2', '--semi-space-growth-factor=1']

/** Writes as much as all tracks have, twice a run and one after the other: 10,000 of 6 MB want 60 GB of room, of 600 kB 6 GB. */
export async function benchRescue({ scratch, runs, tracks, trackKb, tries }: RescueOptions): Promise<void> {
  const frames = Math.round((trackKb * 1000) / frameSize)
  const root = path.join(scratch, 'provider')
  mkdirSync(root)
  for (let n = 0; n < songs; n++) writeFileSync(path.join(root, `song-${n}`), mp3({ frames, seed: n + 1 }))
  for (let n = 0; n < tracks; n++) linkSync(path.join(root, `song-${n % songs}`), path.join(root, `${n}.mp3`))
  const provider = await startNginx(scratch, root)
  try {
    const few = Math.max(8, Math.round(tracks / 4))
    // the first process of ours compiles its modules, 25 MiB more than those that find them in the cache (79 and 104, measured without a track)
    await inTurn([ours(scratch, provider.url, 8)], 1, { scratch, tries: 1 })
    const found = await inTurn([ours(scratch, provider.url, tracks), theirs(scratch, provider.url, tracks)], runs, { scratch, tries })
    const less = await inTurn([ours(scratch, provider.url, few)], 1, { scratch, tries })
    const size = (tracks * frames * frameSize) / 1e9
    printRuns(
      `Rescue: ${tracks} tracks of ${figure(trackKb / 1000)} MB, ${figure(size)} GB, 8 at once; ours checks the frames, syncs and reads back`,
      found,
    )
    const peer = found.get('aria2c -j8, then sha256sum')!
    // resident memory when each tenth of the tracks was here
    const tenths = found.get('Keepsake')!.map(({ stdout }) => (JSON.parse(stdout) as { memory: number[] }).memory)
    printTable(
      'Rescue: resident memory of Keepsake, MiB',
      ['run', ...tenths[0]!.map((_, n) => `${(n + 1) * 10} %`)],
      tenths.map((run, n) => [String(n + 1), ...run.map(String)]),
    )
    // throughput at least 0.7 of theirs
    targetOn('rescue / aria2c + sha256sum, time', 1.43, found, 'aria2c -j8, then sha256sum')
    const [many] = found.get('Keepsake')!
    const [some] = less.get('Keepsake')!
    target({
      what: `rescue, peak of ${tracks} / ${few} tracks`,
      limit: 1.2,
      value: many!.peak / some!.peak,
      note: `${many!.peak.toFixed(0)} MiB, ${peer.length} runs`,
    })
  } finally {
    provider.child.kill()
  }
}

function ours(scratch: string, url: string, tracks: number): Contender {
  const output = path.join(scratch, 'rescued')
  const script = path.join(import.meta.dirname, 'rescue-ours.ts')
  return { name: 'Keepsake', command: [process.execPath, ...heap, script, output, url, String(tracks)], output }
}

function theirs(scratch: string, url: string, tracks: number): Contender {
  const output = path.join(scratch, 'fetched')
  const list = path.join(scratch, 'list.txt')
  writeFileSync(list, Array.from({ length: tracks }, (_, n) => `${url}/${n}.mp3\n`).join(''))
  const fetch = `aria2c -q -j8 -d '${output}' -i '${list}'`
  return { name: 'aria2c -j8, then sha256sum', command: ['sh', '-c', `${fetch} && cd '${output}' && sha256sum * > ../sums`], output }
}
