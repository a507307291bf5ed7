/** The S3 storage passes the contract on a real server, and keeps what only a bucket can get wrong. */

import { test } from 'node:test'
import { DeleteObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { freshBucket, testServer } from '../../../test/s3/server.ts'
import { systemClock } from '../../base/clock.ts'
import { s3Storage } from './s3.ts'
import type { S3Options } from './s3-client.ts'
import { storageSuite } from './suite.ts'

const server = await testServer()
const clock = systemClock

/** The same bucket as its operator sees it. */
export function behind({ endpoint, region, pathStyle, accessKeyId, secretAccessKey }: S3Options): S3Client {
  return new S3Client({ endpoint: endpoint!, region, forcePathStyle: pathStyle, credentials: { accessKeyId, secretAccessKey } })
}

if (typeof server === 'string') test('the contract on a real S3 server', { skip: server }, () => {})
else {
  storageSuite('s3', async () => {
    const options = await freshBucket(server)
    return {
      storage: s3Storage({ ...options, clock }),
      cleanup: async () => {},
      reopen: () => s3Storage({ ...options, clock }),
      loseMarker: async () => {
        const client = behind(options)
        await client.send(new DeleteObjectCommand({ Bucket: options.bucket, Key: 'marker.json' }))
        client.destroy()
      },
    }
  })
}
