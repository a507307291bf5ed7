/** Objects made inside a real S3 server: the same bytes, few of them moved, and nothing left behind, whatever fails. */

import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { after, describe, test } from 'node:test'
import { DeleteObjectCommand, ListMultipartUploadsCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3'
import { type Rule, requestProxy } from '../../../test/s3/faults.ts'
import { behind, freshBucket, testServer } from '../../../test/s3/server.ts'
import { systemClock } from '../../base/clock.ts'
import type { Piece, Storage } from './port.ts'
import { s3Storage } from './s3.ts'
import { assembleOnS3 } from './s3-assemble.ts'
import type { S3Options } from './s3-client.ts'
import { placeIn } from './s3-place.ts'
import { type Choose, planInStore } from './s3-plan.ts'
import { copyOf, literal, refuses } from './samples.ts'

const server = await testServer()
const clock = systemClock
const MB = 1_000_000
/** What small galleries are made by only here: as the large ones, with helpers. */
const helped: Choose = (pieces) => planInStore(pieces, 2)

if (typeof server === 'string') test('objects made inside a real S3 server', { skip: server }, () => {})
else
  describe('objects made inside a real S3 server', () => {
    const closing: (() => Promise<void>)[] = []
    after(async () => {
      for (const close of closing) await close()
    })

    async function store(change: Partial<S3Options> = {}): Promise<{ options: S3Options; storage: Storage }> {
      const options = { ...(await freshBucket(server as { endpoint: string })), ...change }
      const storage = s3Storage({ ...options, clock, choose: helped })
      await storage.identify('instore')
      return { options, storage }
    }

    /** A gallery in the store, and its ZIP-like pieces. */
    async function gallery(storage: Storage, sizes: number[]): Promise<{ pieces: Piece[]; size: number; sha256: string }> {
      const pieces: Piece[] = []
      const sha = createHash('sha256')
      for (const [i, size] of sizes.entries()) {
        const [head, bytes] = [Buffer.from(`header of ${i}`), randomBytes(size)]
        await storage.put(`f/${i}`, bytes)
        pieces.push(literal(head), copyOf(`f/${i}`, bytes, 0, size))
        sha.update(head).update(bytes)
      }
      pieces.push(literal(Buffer.from('directory')))
      sha.update('directory')
      const size = pieces.reduce((sum, piece) => sum + (piece.kind === 'bytes' ? piece.bytes.length : piece.to), 0)
      return { pieces, size, sha256: sha.digest('hex') }
    }

    /** Everything but objects under their keys: unjoined uploads, helpers. */
    async function leftovers(options: S3Options): Promise<string[]> {
      const client = behind(options)
      const open = await client.send(new ListMultipartUploadsCommand({ Bucket: options.bucket }))
      const helpers = await client.send(new ListObjectsV2Command({ Bucket: options.bucket, Prefix: 'helpers/' }))
      client.destroy()
      return [...(open.Uploads ?? []).map(({ Key }) => `upload ${Key}`), ...(helpers.Contents ?? []).map(({ Key }) => Key!)]
    }

    /** The same store over a line of its own, on which `rules` act. */
    async function over(options: S3Options, rules: Rule[]): Promise<Storage> {
      const proxy = await requestProxy((server as { endpoint: string }).endpoint)
      closing.push(() => proxy.close())
      const storage = s3Storage({ ...options, endpoint: proxy.endpoint, clock, choose: helped })
      await storage.identify('instore', true)
      proxy.rules.push(...rules)
      return storage
    }
    const isCopy = ({ headers }: IncomingMessage) => headers['x-amz-copy-source'] !== undefined

    test('with one level, with two, and moved: the bytes are the same, and fewer are moved', async () => {
      const { options, storage } = await store()
      const { pieces, size, sha256 } = await gallery(storage, [8 * MB, 8 * MB, 300_000, 40 * MB, 5 * 1024 * 1024, 6 * MB, 12 * MB])
      const place = placeIn(options, clock)
      await place.marker.identify('instore', true)
      const moved: number[] = []
      for (const levels of [0, 1, 2] as const) {
        const choose = () => (levels === 0 ? null : planInStore(pieces, levels))
        const made = await assembleOnS3(place, `out${levels}`, pieces, {}, choose)
        const found = await storage.digest(`out${levels}`, Float64Array.of(size))
        assert.equal(found.sha256, sha256)
        assert.equal(made.sha256, levels === 0 ? sha256 : null)
        if (levels) assert.equal(made.moved, planInStore(pieces, levels).moved)
        moved.push(made.moved)
      }
      assert.equal(moved[0], size)
      assert.ok(moved[2]! < moved[1]! && moved[1]! < size, `${moved}`)
      assert.ok(moved[2]! < 9 * MB)
      assert.deepEqual(await leftovers(options), [])
    })

    test('twelve photos build twice at the same time under two keys, and no helper stays', async () => {
      const { options, storage } = await store()
      const { pieces, size, sha256 } = await gallery(storage, Array(12).fill(5_300_000))
      const seen: number[] = []
      const both = await Promise.all(['a', 'b'].map((key) => storage.assemble(key, pieces, { progress: (bytes) => seen.push(bytes) })))
      for (const key of ['a', 'b']) assert.equal((await storage.digest(key, Float64Array.of(size))).sha256, sha256)
      for (const { moved } of both) assert.ok(moved < size * 0.1, `${moved} of ${size}`)
      assert.ok(seen.every((bytes) => bytes >= 0 && bytes <= size))
      assert.deepEqual(await leftovers(options), [])
    })

    test('a source that is replaced behind our back while it is copied fails the assembly', async () => {
      const { options, storage } = await store()
      const { pieces } = await gallery(storage, [8 * MB, 8 * MB, 8 * MB])
      const client = behind(options)
      let replaced: Promise<void> | undefined
      const replace = async () => {
        const body = randomBytes(8 * MB)
        for (const i of [1, 2]) await client.send(new PutObjectCommand({ Bucket: options.bucket, Key: `objects/f/${i}`, Body: body }))
      }
      // no copy before its source is another one
      const held: Rule = {
        match: isCopy,
        times: 1000,
        get keptBack() {
          replaced ??= replace()
          return replaced
        },
      }
      const slow = await over(options, [held])
      const ended = await slow.assemble('out', pieces).then(
        () => null,
        (error: unknown) => error,
      )
      client.destroy()
      assert.equal((ended as { code?: string } | null)?.code, 'source_changed', String(ended))
      assert.equal(await storage.size('out'), null)
      assert.deepEqual(await leftovers(options), [])
    })

    test('a source that goes while it is copied is missing, and not an outage', async () => {
      const { options, storage } = await store()
      const { pieces } = await gallery(storage, [8 * MB, 8 * MB, 8 * MB])
      const client = behind(options)
      let gone: Promise<void> | undefined
      const held: Rule = {
        match: isCopy,
        times: 1000,
        get keptBack() {
          gone ??= client.send(new DeleteObjectCommand({ Bucket: options.bucket, Key: 'objects/f/2' })).then(() => {})
          return gone
        },
      }
      const slow = await over(options, [held])
      await refuses('source_changed', slow.assemble('out', pieces), { key: 'f/2', reason: 'missing' })
      client.destroy()
      assert.deepEqual(await leftovers(options), [])
    })

    test('a server that refuses parts of unequal size, or copies with conditions, gets all bytes through us', async () => {
      for (const refusal of ['InvalidPart', 'NotImplemented']) {
        const { options, storage } = await store()
        const { pieces, size, sha256 } = await gallery(storage, [8 * MB, 8 * MB, 8 * MB])
        const joins = ({ method, url }: IncomingMessage) => method === 'POST' && url!.includes('/objects/out') && url!.includes('uploadId=')
        const rule: Rule =
          refusal === 'InvalidPart'
            ? { match: joins, times: 1, status: 400, code: refusal }
            : { match: isCopy, times: 1000, status: 501, code: refusal }
        const many = rule.times
        const strange = await over(options, [rule])
        const made = await strange.assemble('out', pieces)
        assert.deepEqual([made.size, made.sha256, made.moved], [size, sha256, size])
        assert.ok(rule.times < many)
        const before = rule.times
        assert.equal((await strange.assemble('again', pieces)).sha256, sha256)
        assert.equal(rule.times, before, 'it is not asked again')
        assert.deepEqual(await leftovers(options), [])
      }
    })

    test('an abort in the middle, and an outage, leave no object and no helper', async () => {
      const { options, storage } = await store()
      const { pieces } = await gallery(storage, Array(12).fill(6 * MB))
      const control = new AbortController()
      let copies = 0
      let down = false
      const counted = (request: IncomingMessage): boolean => {
        if (isCopy(request) && ++copies === 9 && !down) control.abort(new Error('enough'))
        return down && copies > 20
      }
      const slow = await over(options, [{ match: counted, times: 100_000, status: 403, code: 'AccessDenied' }])
      await assert.rejects(slow.assemble('out', pieces, { signal: control.signal }), /enough/)
      assert.equal(await storage.size('out'), null)
      assert.deepEqual(await leftovers(options), [])
      copies = 0
      down = true
      await refuses('storage_unreachable', slow.assemble('out', pieces))
      // what could not be thrown away in the outage goes by age
      assert.notDeepEqual(await leftovers(options), [])
      assert.equal(await storage.sweep(new Date(0)), 0)
      assert.ok((await storage.sweep(new Date(8e12))) > 0)
      assert.deepEqual(await leftovers(options), [])
      assert.equal(await storage.size('f/0'), 6 * MB)
    })
  })
