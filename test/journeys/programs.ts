/** Other programs that judge what we made: curl, unzip, 7-Zip, libarchive, Python, sha256sum. */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'

export interface Ended {
  code: number | null
  output: string
}

/** Runs a program to its end; its output is both of its streams. */
export async function run(program: string, args: string[], { cwd, signal }: { cwd?: string; signal?: AbortSignal } = {}): Promise<Ended> {
  const child = spawn(program, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: process.env.PATH, LC_ALL: 'C.UTF-8' } })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (part: string) => {
      output += part
    })
  const stop = () => child.kill('SIGKILL')
  signal?.addEventListener('abort', stop, { once: true })
  try {
    const [code] = (await once(child, 'close')) as [number | null]
    return { code, output }
  } finally {
    signal?.removeEventListener('abort', stop)
  }
}

/** Is there such a program? */
export const has = async (program: string): Promise<boolean> => (await run('/bin/sh', ['-c', `command -v ${program}`])).code === 0

const python = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as z:
    bad = z.testzip()
    print('\\n'.join(z.namelist()))
    sys.exit(1 if bad else 0)`

/** What four independent readers say of a ZIP file: their exit codes, all 0 when it is sound. */
export async function judgeZip(file: string): Promise<Record<string, number | null>> {
  const readers: Record<string, string[]> = {
    unzip: ['-tqq', file],
    '7zz': ['t', file],
    bsdtar: ['-tf', file],
    python3: ['-c', python, file],
  }
  const ended = await Promise.all(
    Object.entries(readers).map(async ([program, args]) => [program, (await run(program, args)).code] as const),
  )
  return Object.fromEntries(ended)
}

export const soundForAll = { unzip: 0, '7zz': 0, bsdtar: 0, python3: 0 }

export async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file), hash)
  return hash.digest('hex')
}
