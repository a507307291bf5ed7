/** Verifies one built gallery with everybody. */
import path from 'node:path'
import { type Options, ours } from './build.ts'
import { largeGallery } from './gallery.ts'
import { type Contender, capture, inTurn } from './measure.ts'
import { figure, printRuns, targetOn } from './report.ts'

export async function benchVerify(options: Options): Promise<void> {
  const { scratch, runs, photos } = options
  const gallery = await largeGallery(path.join(scratch, 'verified'), photos)
  const { command, output } = ours(gallery)
  const { code, stderr } = await capture(command)
  if (code !== 0) throw new Error(stderr)
  const file = output!
  const sh = (name: string, line: string): Contender => ({ name, command: ['sh', '-c', line] })
  const contenders: Contender[] = [
    { name: 'Keepsake', command: command.map((word) => (word === 'build' ? 'verify' : word)) },
    sh('openssl dgst -sha256', `openssl dgst -sha256 '${file}'`),
    sh('7zz t, then openssl', `7zz t -bso0 -bsp0 '${file}' && openssl dgst -sha256 '${file}'`),
    sh('unzip -t, then sha256sum', `unzip -tqq '${file}' && sha256sum '${file}'`),
  ]
  const found = await inTurn(contenders, runs, options)
  printRuns(`Verify: ${figure(gallery.bytes / 1e9)} GB; ours proves SHA-256 and CRC-32 of every entry, and SHA-256 of the whole`, found)
  targetOn('verify / openssl dgst -sha256', 1.6, found, 'openssl dgst -sha256')
}
