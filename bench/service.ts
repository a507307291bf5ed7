/** The real service as a child process, its command line beside it, and its API. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once as event } from 'node:events'
import { writeFileSync } from 'node:fs'
import http from 'node:http'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { capture, look } from './measure.ts'
import { freePort } from './serve.ts'

const main = path.join(import.meta.dirname, '../bin/keepsake.js')

export interface Service {
  pid: number
  url: string
  stop(): Promise<void>
}

/** Starts `keepsake serve` and waits until it answers. */
export async function startService(data: string, role: 'all' | 'web'): Promise<Service> {
  const port = await freePort()
  const env = { ...process.env, ...environment(data), PORT: String(port) }
  const child: ChildProcess = spawn(process.execPath, [main, 'serve', '--role', role], { env, stdio: ['ignore', 'ignore', 'inherit'] })
  const url = `http://127.0.0.1:${port}`
  const ended = event(child, 'exit')
  for (let n = 0; ; n++) {
    if (child.exitCode !== null || n > 600) throw new Error(`the service did not start (${child.exitCode})`)
    if ((await fetch(`${url}/readyz`).catch(() => null))?.ok) break
    await sleep(100)
  }
  return {
    pid: child.pid!,
    url,
    async stop() {
      child.kill('SIGTERM')
      await ended
    },
  }
}

/** One command, its JSON answer. */
export async function cli<T>(data: string, ...args: string[]): Promise<T> {
  const env = Object.entries(environment(data)).map(([name, value]) => `${name}=${value}`)
  const { code, stdout, stderr } = await capture(['env', ...env, process.execPath, main, ...args, '--json'])
  if (code !== 0) throw new Error(`keepsake ${args.join(' ')} ended with ${code}: ${stdout}${stderr}`)
  return JSON.parse(stdout) as T
}

/** Fills a gallery without the time of an import: see seed.ts. */
export async function seed(
  data: string,
  slug: string,
  folder: string,
  previews: 'wait' | 'none',
  most = Number.POSITIVE_INFINITY,
): Promise<void> {
  const script = path.join(import.meta.dirname, 'seed.ts')
  const { code, stderr } = await capture(['env', `KEEPSAKE_DATA=${data}`, process.execPath, script, slug, folder, previews, String(most)])
  if (code !== 0) throw new Error(stderr)
}

/** Tells so many clients of a gallery's archive: see announce.ts. */
export async function announceTo(data: string, slug: string, clients: number): Promise<{ first: number; ms: number; letters: number }> {
  const script = path.join(import.meta.dirname, 'announce.ts')
  const env = Object.entries(environment(data)).map(([name, value]) => `${name}=${value}`)
  const { code, stdout, stderr } = await capture(['env', ...env, process.execPath, script, slug, String(clients)])
  if (code !== 0) throw new Error(stderr)
  return JSON.parse(stdout) as { first: number; ms: number; letters: number }
}

const environment = (data: string) => ({ KEEPSAKE_DATA: data, LOG_LEVEL: 'error' })

/** Asks the API as the owner of the key. */
export async function ask<T>(service: Service, key: string, method: string, route: string, body?: object): Promise<T> {
  const answer = await fetch(service.url + route, {
    method,
    headers: { authorization: `Bearer ${key}`, ...(body ? { 'content-type': 'application/json' } : {}) },
    body: body && JSON.stringify(body),
  })
  if (!answer.ok) throw new Error(`${method} ${route}: ${answer.status} ${await answer.text()}`)
  return (await answer.json()) as T
}

/** Milliseconds until the first byte of the answer and until the first byte of its body, on a fresh connection. */
export function firstByte(url: string, range?: string): Promise<{ status: number; head: number; body: number }> {
  return new Promise((resolve, reject) => {
    const began = performance.now()
    const request = http.get(url, { agent: false, headers: range ? { range } : {} }, (answer) => {
      const head = performance.now() - began
      answer.once('error', reject)
      answer.once('data', () => {
        resolve({ status: answer.statusCode!, head, body: performance.now() - began })
        answer.removeAllListeners('error').on('error', () => {})
        request.destroy()
      })
    })
    request.once('error', reject)
  })
}

/** Forgets the peak so far; `look` then tells the one since (proc(5), clear_refs). */
export const forgetPeak = ({ pid }: Service): void => writeFileSync(`/proc/${pid}/clear_refs`, '5')
export const peakOf = ({ pid }: Service): number => look(pid).peak
