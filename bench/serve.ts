/** Serves one gallery over loopback: live and stored by Keepsake, stored by @fastify/static and by nginx; curl reads. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once as event } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import path from 'node:path'
import { type Options, ours } from './build.ts'
import { largeGallery } from './gallery.ts'
import { capture, look, machine, median } from './measure.ts'
import { figure, printTable, target } from './report.ts'

interface Server {
  name: string
  url: string
  /** the process that does the work */
  pid: number
  child: ChildProcess
}

interface Reading {
  mbs: number
  /** milliseconds to the first byte */
  first: number
  /** of the server, seconds a GB */
  cpu: number
  others: number
}

export async function benchServe({ scratch, runs, photos }: Options): Promise<void> {
  const gallery = await largeGallery(path.join(scratch, 'served'), photos)
  const { command, output } = ours(gallery)
  const built = await capture(command)
  if (built.code !== 0) throw new Error(built.stderr)
  const servers: Server[] = []
  try {
    for (const [name, way] of [
      ['Keepsake, live', 'live'],
      ['Keepsake, ready file', 'stored'],
      ['@fastify/static, ready file', 'static'],
    ] as const)
      servers.push(await startNode(name, [way, gallery.store, gallery.plan, path.basename(output!)]))
    servers.push(await startNginx(scratch, path.dirname(output!)))
    const found = new Map<string, Reading[]>(servers.map(({ name }) => [name, []]))
    for (let round = -1; round < runs; round++)
      for (const server of servers) {
        const reading = await read(server, path.basename(output!))
        // the first round warms everybody
        if (round >= 0) found.get(server.name)!.push(reading)
      }
    print(gallery.bytes, servers, found)
  } finally {
    for (const { child } of servers) child.kill('SIGTERM')
  }
}

async function startNode(name: string, args: string[]): Promise<Server> {
  const child = spawn(process.execPath, [path.join(import.meta.dirname, 'servers.ts'), ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = (await event(child.stdout!, 'data')) as [Buffer]
  return { name, url: String(line).trim(), pid: child.pid!, child }
}

/** With one worker, as it has one of the two cores; sendfile as everybody sets it. */
export async function startNginx(scratch: string, root: string): Promise<Server> {
  const dir = path.join(scratch, 'nginx')
  mkdirSync(dir, { recursive: true })
  const port = await freePort()
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${dir}/${name};`).join(' ')
  const user = process.getuid?.() === 0 ? 'user root;' : ''
  const config = `${user} daemon off; master_process off; worker_processes 1; pid ${dir}/pid; error_log ${dir}/error.log;
    events {} http { access_log off; sendfile on; tcp_nopush on; ${temporary}
    server { listen 127.0.0.1:${port}; root ${root}; } }`
  writeFileSync(path.join(dir, 'nginx.conf'), config)
  const child = spawn('nginx', ['-p', dir, '-e', `${dir}/error.log`, '-c', path.join(dir, 'nginx.conf')], {
    stdio: 'inherit',
    env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` },
  })
  await event(child, 'spawn')
  return { name: 'nginx, ready file', url: `http://127.0.0.1:${port}`, pid: child.pid!, child }
}

async function read({ name, url, pid }: Server, file: string): Promise<Reading> {
  const before = look(pid).cpu
  const all = machine()
  const began = performance.now()
  const format = '%{http_code} %{size_download} %{time_starttransfer} %{time_total}'
  const { stdout } = await capture(['curl', '-s', '--retry-connrefused', '--retry', '5', '-o', '/dev/null', '-w', format, `${url}/${file}`])
  const wall = (performance.now() - began) / 1000
  const [code, bytes, first, total] = stdout.split(' ').map(Number)
  if (code !== 200 || !bytes) throw new Error(`${name} answered ${code} and ${bytes} bytes`)
  const cpu = look(pid).cpu - before
  // curl's own share is about one processor
  const others = Math.max(0, (machine() - all - cpu) / wall - 1)
  return { mbs: bytes / 1e6 / total!, first: first! * 1000, cpu: cpu / (bytes / 1e9), others }
}

function print(bytes: number, servers: Server[], found: Map<string, Reading[]>): void {
  const [live, ...rest] = [...found.values()]
  const times = (other: Reading[]) => median(live!.map((reading, i) => reading.mbs / other[i]!.mbs))
  const cpus = (other: Reading[]) => median(other.map(({ cpu }, i) => cpu / live![i]!.cpu))
  const rows = servers.map(({ name, pid }) => {
    const readings = found.get(name)!
    const of = (key: keyof Reading) => median(readings.map((r) => r[key]))
    return [
      name,
      of('mbs').toFixed(0),
      figure(times(readings)),
      figure(of('cpu')),
      figure(of('first')),
      look(pid).peak.toFixed(0),
      of('others').toFixed(1),
    ]
  })
  const head = ['', 'MB/s', 'live / it', 'server CPU s/GB', 'first byte ms', 'peak MiB', 'others busy']
  printTable(`Serve: ${figure(bytes / 1e9)} GB over loopback to curl`, head, rows)
  const limits = [
    ['our ready file', 0.9],
    ['@fastify/static', 3],
    ['nginx', 0.6],
  ] as const
  limits.forEach(([what, limit], i) => {
    target({
      what: `live ZIP / ${what}, MB/s`,
      limit,
      value: times(rest[i]!),
      atLeast: true,
      note: `CPU of it / ours ${figure(cpus(rest[i]!))}`,
    })
  })
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}
