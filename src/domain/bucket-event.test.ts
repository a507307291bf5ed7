import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readBucketEvents, spellings } from './bucket-event.ts'

const event = (key: string, bucket = 'ours') => ({
  eventName: 'ObjectCreated:Put',
  s3: { bucket: { name: bucket }, object: { key, size: 3 } },
})
const paths = (...keys: string[]) => readBucketEvents({ Records: keys.map((key) => event(key)) }, 'ours')?.paths

test('keys of events are decoded as forms, as addresses, or taken as they are (X-03f)', () => {
  const table: Record<string, string> = {
    'albums/a/photos/my+photo+%281%29.jpg': 'albums/a/photos/my photo (1).jpg',
    'albums/a/photos/Gr%C3%B6%C3%9Fe.jpg': 'albums/a/photos/Größe.jpg',
    'albums%2Fa%2Fphotos%2Fb.jpg': 'albums/a/photos/b.jpg',
    'albums/a/photos/1%2B1.jpg': 'albums/a/photos/1+1.jpg',
    'albums/a/photos/1+1.jpg': 'albums/a/photos/1+1.jpg',
    'albums/a/photos/100 %.jpg': 'albums/a/photos/100 %.jpg',
    'albums/a/photos/Größe.jpg': 'albums/a/photos/Größe.jpg',
  }
  for (const [key, path] of Object.entries(table)) assert.ok(spellings(key).includes(path), key)
})

test('of Records[] the photos of our bucket count: no ZIP, nothing that Keepsake writes, nobody else’s bucket', () => {
  assert.deepEqual(paths('albums/a/photos/b.jpg', 'albums/a/photos/b.jpg'), ['albums/a/photos/b.jpg'])
  const own = ['galleries/a/archives/1-1.zip', 'objects/galleries/a/archives/1-1.zip', 'objects/galleries/a/assets/b.jpg', 'zips/a.zip']
  assert.deepEqual(paths(...own, 'albums/a/zips/a.zip', 'albums/a/photos/all.ZIP', 'albums/a/photos/.keep', 'albums/a/photos/'), [])
  const foreign = readBucketEvents({ Records: [event('albums/a/photos/b.jpg', 'theirs')] }, 'ours')
  assert.deepEqual(foreign, { records: 1, paths: [], confirm: null })
})

test('SNS wraps it, tests it and asks to be confirmed; what else comes is nothing', () => {
  const Message = JSON.stringify({ Records: [event('albums/a/photos/b+c.jpg')] })
  assert.deepEqual(readBucketEvents({ Type: 'Notification', Message }, 'ours')?.paths.includes('albums/a/photos/b c.jpg'), true)
  assert.deepEqual(readBucketEvents({ Service: 'Amazon S3', Event: 's3:TestEvent', Bucket: 'ours' }, 'ours')?.records, 0)
  assert.equal(readBucketEvents({ Type: 'SubscriptionConfirmation', SubscribeURL: 'https://sns.x/y' }, 'ours')?.confirm, 'https://sns.x/y')
  for (const nothing of [null, 1, 'x', [], {}, { Records: 1 }, { Type: 'Notification', Message: '{' }])
    assert.equal(readBucketEvents(nothing, 'ours'), null)
  for (const odd of [null, 1, {}, { s3: null }, { s3: { object: { key: 1 }, bucket: { name: 'ours' } } }])
    assert.deepEqual(readBucketEvents({ Records: [odd] }, 'ours')?.paths, [])
})
