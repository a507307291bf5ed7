/** The Probe port by ffprobe, a process for each file: bytes come by its standard input, and no protocol but that is allowed to it. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { seconds } from '../../base/clock.ts'
import type { Source } from '../storage/port.ts'
import type { Probe } from './port.ts'

export interface FfprobeOptions {
  /** the program's file */
  file: string
  /** for one file, milliseconds */
  timeLimitMs?: number
}

const usualLimit = seconds(20)
// KiB of address space, seconds of processor: what a hostile file may cost at most
const limits = 'ulimit -v 1500000 2>/dev/null; ulimit -t 20 2>/dev/null; exec "$0" "$@"'
// what our own check may take; ffmpeg's names
const formats = 'mp3,aac,mov,mp4,m4a,3gp,3g2,mj2,wav,w64,flac,ogg,matroska,webm'
const question = [
  ...['-v', 'error', '-protocol_whitelist', 'pipe', '-format_whitelist', formats],
  ...['-show_entries', 'stream=codec_type', '-of', 'csv=p=0', '-i', 'pipe:0'],
]
const mostSaid = 64 * 1024

export function ffprobe({ file, timeLimitMs = usualLimit }: FfprobeOptions): Probe {
  return {
    async version() {
      const run = start(file, ['-version'], timeLimitMs)
      run.child.stdin.end()
      const { code, out } = await run.ended
      const said = code === 0 ? /^(ffprobe) version (\S+)/.exec(out) : null
      return said && `${said[1]} ${said[2]}`
    },
    async reads(source, wanted, signal) {
      const run = start(file, question, timeLimitMs, signal)
      try {
        await feed(source, run.child)
      } catch (error) {
        run.child.kill('SIGKILL')
        throw error
      } finally {
        await source.close()
      }
      const { code, out, err } = await run.ended
      signal.throwIfAborted()
      if (code === 0) return out.split('\n').some((line) => line.split(',')[0] === wanted)
      // 1: it says no; anything else is its own trouble
      return code === 1 && !/cannot allocate memory/i.test(err) ? false : null
    },
  }
}

interface Ended {
  /** null: it was killed, or never ran */
  code: number | null
  out: string
  err: string
}

function start(file: string, args: string[], timeLimitMs: number, signal?: AbortSignal) {
  // no inherited environment: secrets do not belong where hostile bytes are read
  const options = { env: {}, timeout: timeLimitMs, killSignal: 'SIGKILL' as const, ...(signal ? { signal } : {}) }
  const child = spawn('/bin/sh', ['-c', limits, file, ...args], options)
  const said = { out: '', err: '' }
  // it ended, or has seen enough
  child.stdin.on('error', () => {})
  child.stdout.on('data', (bytes: Buffer) => {
    if (said.out.length < mostSaid) said.out += bytes.toString('latin1')
  })
  child.stderr.on('data', (bytes: Buffer) => {
    if (said.err.length < mostSaid) said.err += bytes.toString('latin1')
  })
  const ended = new Promise<Ended>((resolve) => {
    child.once('error', () => resolve({ code: null, ...said }))
    child.once('close', (code) => resolve({ code, ...said }))
    // killed: whoever it may have started and holds its output is not waited for
    child.once('exit', (code) => {
      if (code !== null) return
      child.stdout.destroy()
      child.stderr.destroy()
      resolve({ code, ...said })
    })
  })
  return { child, ended }
}

/** Until it has enough, has ended, or has all. */
async function feed(source: Source, child: ChildProcessWithoutNullStreams): Promise<void> {
  const { stdin } = child
  const gone = new Promise((resolve) => child.once('exit', resolve) && stdin.once('close', resolve))
  while (child.exitCode === null && child.signalCode === null && stdin.writable) {
    const buffer = Buffer.allocUnsafeSlow(256 * 1024)
    const n = await source.read(buffer)
    if (n === 0) break
    if (!stdin.write(buffer.subarray(0, n))) await Promise.race([gone, new Promise((resolve) => stdin.once('drain', resolve))])
  }
  stdin.end()
}
