/** The whole way through the real service: from "publish" to a verified archive, and how fast a download opens. */
import { rmSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { makePhotos } from '../test/pictures.ts'
import type { Options } from './build.ts'
import { tinyPhotos } from './gallery.ts'
import { look } from './measure.ts'
import { figure, printLoad, printTable, target } from './report.ts'
import { ask, cli, firstByte, forgetPeak, peakOf, type Service, seed, startService } from './service.ts'

interface Status {
  status: string
  archive: { id: string; status: string; file_size_bytes: number; error_message: string | null } | null
}

const step = (words: string) => process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${words}\n`)

export async function benchProduct({ scratch, tiny, large }: Options & { large: number }): Promise<void> {
  const data = path.join(scratch, 'data')
  const { key } = await cli<{ key: string }>(data, 'key', 'create')
  // without a worker at first: nothing shall begin before it is measured
  let service = await startService(data, 'web')
  try {
    for (const slug of ['tiny', 'one-gb', 'large']) await ask(service, key, 'POST', '/api/galleries', { title: slug, slug })
    step(`${tiny} tiny photos and ${large} of 8 MB`)
    const photos = { tiny: path.join(scratch, 'in-tiny'), large: path.join(scratch, 'in-large') }
    await tinyPhotos(photos.tiny, tiny)
    await makePhotos(photos.large, { count: large, minBytes: 8e6, width: 1600, height: 1067 })
    step('into galleries')
    await seed(data, 'tiny', photos.tiny, 'none')
    await seed(data, 'one-gb', photos.large, 'none', 125)
    await seed(data, 'large', photos.large, 'wait')
    for (const folder of Object.values(photos)) rmSync(folder, { recursive: true })
    await service.stop()

    service = await startService(data, 'all')
    printLoad('when the service publishes')
    const way: string[][] = []
    const peaks: number[] = []
    const seconds: number[] = []
    for (const slug of ['one-gb', 'large', 'tiny']) {
      step(`publish of ${slug}`)
      forgetPeak(service)
      const before = look(service.pid).cpu
      const took = await published(service, key, slug)
      seconds.push(took.seconds)
      peaks.push(peakOf(service))
      way.push([slug, figure(took.gb), figure(took.seconds), figure(look(service.pid).cpu - before), peaks.at(-1)!.toFixed(0)])
    }
    printTable(
      'Product: publish to verified, previews being made meanwhile',
      ['gallery', 'GB', 's', 'CPU s of the service', 'peak MiB of the service'],
      way,
    )
    target({ what: `publish to verified, ${large} photos of 8 MB`, limit: 60, value: seconds[1]!, unit: 's' })
    target({ what: `publish to verified, ${tiny} tiny photos`, limit: 60, value: seconds[2]!, unit: 's' })
    target({ what: `service peak, ${figure(large * 0.008)} GB / 1 GB`, limit: 1.2, value: peaks[1]! / peaks[0]! })
    target({ what: `service peak while it builds ${figure(large * 0.008)} GB`, limit: 250, value: peaks[1]!, unit: 'MiB' })

    const opening = await openings(service, key, 'stored')
    await service.stop()
    // without a worker what is asked for is not built, and a download is live for as long as we look
    service = await startService(data, 'web')
    for (const slug of ['large', 'tiny']) await ask(service, key, 'POST', `/api/galleries/${slug}/archive`, { force: true })
    await service.stop()
    service = await startService(data, 'web')
    opening.push(...(await openings(service, key, 'live')))
    const head = ['download', 'link asked for, ms', 'first byte, first time', 'second time', 'of a range', 'first byte of the ZIP, first time', 'second time', 'of a range'] // biome-ignore format: a row of words
    printTable('Product: opening a download', head, opening.map((o) => [o.name, ...o.ms.map((ms) => figure(ms))])) // biome-ignore format: one thought
    for (const { name, ms } of opening)
      target({
        what: `first byte, ${name}`,
        limit: 100,
        value: Math.max(ms[1]!, ms[2]!, ms[3]!),
        unit: 'ms',
        note: `of the ZIP itself ${figure(ms[4]!)}`,
      })
  } finally {
    await service.stop()
  }
}

/** From the request to the moment the API says "ready", which it says of verified archives only. */
async function published(service: Service, key: string, slug: string): Promise<{ seconds: number; gb: number }> {
  const began = performance.now()
  await ask(service, key, 'POST', `/api/galleries/${slug}/publish`)
  for (;;) {
    const { archive } = await ask<Status>(service, key, 'GET', `/api/galleries/${slug}/archive`)
    if (archive?.status === 'ready') return { seconds: (performance.now() - began) / 1000, gb: archive.file_size_bytes / 1e9 }
    if (archive?.status === 'failed') throw new Error(`${slug}: ${archive.error_message}`)
    await sleep(250)
  }
}

/** Link, then the download twice, then a range from its middle. */
async function openings(service: Service, key: string, kind: string): Promise<{ name: string; ms: number[] }[]> {
  const found: { name: string; ms: number[] }[] = []
  for (const slug of ['large', 'tiny']) {
    const began = performance.now()
    const answer = await ask<{ download_url: string; status: string }>(service, key, 'GET', `/api/galleries/${slug}/download`)
    const asked = performance.now() - began
    if ((answer.status === 'ready') !== (kind === 'stored')) throw new Error(`${slug} is ${answer.status}, not ${kind}`)
    const url = service.url + new URL(answer.download_url).pathname
    const first = await firstByte(url)
    const second = await firstByte(url)
    const range = await firstByte(url, 'bytes=1000000-1999999')
    if (range.status !== 206) throw new Error(`${slug}: a range was answered with ${range.status}`)
    const all = [first, second, range]
    found.push({ name: `${slug}, ${kind}`, ms: [asked, ...all.map((one) => one.head), ...all.map((one) => one.body)] })
  }
  return found
}
