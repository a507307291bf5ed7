/** How fast a request for a download is answered while many ask, whether those who ask at once share one build, and a letter to many. */
import http from 'node:http'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Options } from './build.ts'
import { tinyPhotos } from './gallery.ts'
import { look, machine } from './measure.ts'
import { figure, printTable, target } from './report.ts'
import { announceTo, ask, cli, type Service, seed, startService } from './service.ts'

const rate = 200
const seconds = 20
const photos = 1000
const crowd = 100
const clients = 1000

export async function benchRequests({ scratch }: Options): Promise<void> {
  const data = path.join(scratch, 'data-requests')
  const { key } = await cli<{ key: string }>(data, 'key', 'create')
  const folder = path.join(scratch, 'in-requests')
  await tinyPhotos(folder, photos)
  let service = await startService(data, 'web')
  for (const slug of ['asked', 'crowd']) await ask(service, key, 'POST', '/api/galleries', { title: slug, slug })
  for (const slug of ['asked', 'crowd']) await seed(data, slug, folder, 'none')
  await service.stop()
  service = await startService(data, 'all')
  try {
    await ask(service, key, 'POST', '/api/galleries/asked/publish')
    await until(async () => (await ask<{ status: string }>(service, key, 'GET', '/api/galleries/asked/archive')).status === 'ready')
    // the first second of a program is about loading it
    await Promise.all(Array.from({ length: 20 }, () => timed(service, 'asked')))
    await steady(service)
    await atOnce(service, key)
    await tellAll(data)
  } finally {
    await service.stop()
  }
}

async function steady(service: Service): Promise<void> {
  const cpu = look(service.pid).cpu
  const busy = machine()
  const began = performance.now()
  const asked: Promise<number>[] = []
  for (let n = 0; n < rate * seconds; n++) {
    const due = began + (n * 1000) / rate
    const wait = due - performance.now()
    if (wait > 1) await sleep(wait)
    asked.push(timed(service, 'asked').then(() => performance.now() - due))
  }
  const ms = (await Promise.all(asked)).sort((a, b) => a - b)
  const wall = (performance.now() - began) / 1000
  const spent = look(service.pid).cpu - cpu
  const others = Math.max(0, (machine() - busy - spent) / wall)
  const at = (share: number) => ms[Math.min(ms.length - 1, Math.floor(ms.length * share))]!
  printTable(
    `Requests: ${rate} a second for ${seconds} s, of a published gallery`,
    [
      'median ms',
      'p95',
      'p99',
      'largest',
      'CPU ms of the service a request',
      'cores others kept busy, PostgreSQL and the asker among them',
    ],
    [[at(0.5), at(0.95), at(0.99), ms.at(-1)!, (spent * 1000) / ms.length, others].map(figure)],
  )
  target({ what: `a download asked for, p99 at ${rate}/s`, limit: 50, value: at(0.99), unit: 'ms', note: `median ${figure(at(0.5))}` })
}

async function atOnce(service: Service, key: string): Promise<void> {
  await ask(service, key, 'POST', '/api/galleries/crowd/publish')
  const began = performance.now()
  const answers = await Promise.all(Array.from({ length: crowd }, () => timed(service, 'crowd')))
  const ms = performance.now() - began
  const { rows } = await ask<{ rows: { version: number }[] }>(service, key, 'GET', '/api/galleries/crowd/archives')
  const links = new Set(answers.map(({ download_url }) => download_url)).size
  target({
    what: `archives that ${crowd} clients at once make`,
    limit: 1,
    value: rows.length,
    note: `${links} link(s), answered in ${figure(ms)} ms`,
  })
}

/** From the job's begin to its commit: letters, links and jobs of all clients, beside a service that works. */
async function tellAll(data: string): Promise<void> {
  const { first, ms, letters } = await announceTo(data, 'asked', clients)
  const note = `the first of the program ${figure(first)}; ${letters} letters`
  target({ what: `a letter to ${clients} clients, one transaction`, limit: 1000, value: ms, unit: 'ms', note })
}

interface Answer {
  status: string
  download_url: string
}

const agent = new http.Agent({ keepAlive: true, maxSockets: 256 })

/** One guest asks; anything but an answer with a link is a failure. */
function timed(service: Service, slug: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    http
      .get(`${service.url}/api/galleries/${slug}/download`, { agent }, (answer) => {
        let text = ''
        answer.setEncoding('utf8').on('data', (part) => (text += part))
        answer.once('error', reject)
        answer.once('end', () => {
          const body = JSON.parse(text) as Answer
          if (body.download_url) resolve(body)
          else reject(new Error(`${answer.statusCode}: ${text}`))
        })
      })
      .once('error', reject)
  })
}

async function until(look: () => Promise<boolean>): Promise<void> {
  while (!(await look())) await sleep(100)
}
