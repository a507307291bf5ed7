/** S3_STORAGE_CLASS is for originals alone: what is read often, made anew or ends soon stays in the bucket's own class (CLN-07). */

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { HeadObjectCommand } from '@aws-sdk/client-s3'
import { requestProxy } from '../../../test/s3/faults.ts'
import { behind, freshBucket, testServer } from '../../../test/s3/server.ts'
import { systemClock } from '../../base/clock.ts'
import { s3Storage } from './s3.ts'
import { bodyOf, copyOf, literal, named } from './samples.ts'

const server = await testServer()
const MiB = 2 ** 20

test('originals are written in the class that was asked for, everything else in the own one of the bucket; a ZIP says what it is', {
  skip: typeof server === 'string' ? server : false,
}, async (t) => {
  if (typeof server === 'string') return
  const proxy = await requestProxy(server.endpoint)
  t.after(() => proxy.close())
  const asked = new Map<string, string | undefined>()
  const note = ({ method, url, headers }: { method?: string; url?: string; headers: NodeJS.Dict<string | string[]> }) => {
    const { pathname, searchParams } = new URL(url!, 'http://bucket')
    const makes = method === 'PUT' ? !searchParams.has('partNumber') : method === 'POST' && searchParams.has('uploads')
    if (makes) asked.set(pathname.split('/').slice(2).join('/'), headers['x-amz-storage-class'] as string | undefined)
    return false
  }
  proxy.rules.push({ match: note, times: 1 })
  const options = { ...(await freshBucket(server)), endpoint: proxy.endpoint, clock: systemClock }
  // the one class that every server has: that it is named, or not, is what counts
  const storage = s3Storage({ ...options, storageClass: 'STANDARD' })
  await storage.identify('a')
  const film = randomBytes(12 * MiB)
  const send = async (id: string, bytes: Buffer, key: string) => {
    await storage.beginUpload(named(id))
    await storage.appendUpload(named(id), 0, bodyOf(bytes, MiB), bytes.length)
    await storage.finishUpload(named(id), key)
  }
  await send('photo', film.subarray(0, 1000), 'galleries/g/assets/small.jpg')
  await send('film', film, 'galleries/g/assets/film.mp4')
  await storage.put('galleries/g/assets/put.jpg', film.subarray(0, 10))
  await storage.put('galleries/g/derivatives/small.webp', film.subarray(0, 10))
  const pieces = [literal(Buffer.from('head')), copyOf('galleries/g/assets/film.mp4', film, 0, film.length)]
  const about = { mime: 'application/zip', words: { photo_count: '1' } }
  await storage.assemble('galleries/g/archives/1-1.zip', pieces, { about })
  await storage.assemble('galleries/g/exports/1-1.zip', [literal(film)], { about })
  await storage.assemble('galleries/g/exports/2-1.zip', [literal(Buffer.from('small'))], { about })
  const classes = Object.fromEntries([...asked].filter(([path]) => path.startsWith('objects/')))
  assert.deepEqual(classes, {
    'objects/galleries/g/assets/small.jpg': 'STANDARD',
    'objects/galleries/g/assets/film.mp4': 'STANDARD',
    'objects/galleries/g/assets/put.jpg': 'STANDARD',
    'objects/galleries/g/derivatives/small.webp': undefined,
    'objects/galleries/g/archives/1-1.zip': undefined,
    'objects/galleries/g/exports/1-1.zip': undefined,
    'objects/galleries/g/exports/2-1.zip': undefined,
  })
  for (const name of ['archives/1-1', 'exports/1-1', 'exports/2-1']) {
    const Key = `objects/galleries/g/${name}.zip`
    const { ContentType, Metadata } = await behind(options).send(new HeadObjectCommand({ Bucket: options.bucket, Key }))
    assert.deepEqual([ContentType, Metadata?.photo_count], ['application/zip', '1'], name)
  }
  for (const path of asked.keys()) if (!path.startsWith('objects/')) assert.equal(asked.get(path), undefined, path)
  assert.ok([...asked.keys()].some((path) => path.startsWith('uploads/')) && asked.has('marker.json'))
})
