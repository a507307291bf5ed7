/**
 * Settles what a bucket should do by itself: CORS, lifecycle, events. Every rule of ours has an id `keepsake-…`; the others are read
 * first and written back as they were, and what cannot be read is not touched. Doing it again changes nothing.
 */

import { createHash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type * as Sdk from '@aws-sdk/client-s3'
import { AppError } from '../../base/errors.ts'
import { asker, type S3Options } from './s3-client.ts'
import { answerOf } from './s3-errors.ts'
import { makeTopic } from './s3-topic.ts'

export interface SetupOptions {
  /** where the pages are: the origin that may read from the bucket */
  publicUrl: string
  /** arn:aws:sqs:… that is to hear of changes; undefined: nobody */
  queueArn: string | undefined
  /** where a store without queues is to tell of changes by HTTP, with the secret in its query; undefined: nowhere */
  eventsUrl: string | undefined
  /** whether photos of others move to Amazon's class; a store without that class may take the rule and then fail at it */
  tiering: boolean
  dryRun: boolean
}

export interface SetupStep {
  part: 'cors' | 'lifecycle' | 'tiering' | 'events'
  /** planned: a dry run would have done it; refused: the store does not want it, `said` tells why */
  outcome: 'done' | 'planned' | 'unchanged' | 'refused' | 'left out'
  said: string
}

const prefix = 'keepsake-'
const photosOfOthers = 'albums/'
/** What a store answers where nothing is set yet. */
const nothingYet = new Set(['NoSuchCORSConfiguration', 'NoSuchLifecycleConfiguration', 'NoSuchCORSConfigurationError'])

export async function setUpBucket(options: S3Options, wish: SetupOptions): Promise<SetupStep[]> {
  const ask = asker(options)
  const Bucket = options.bucket

  /** One part: what is there, what it should be, and whether that is anything new. */
  async function settle<T extends object>(
    part: SetupStep['part'],
    said: string,
    work: {
      read: () => Promise<T[]>
      /** told what is there */
      ours: T[] | ((found: T[]) => Promise<T[]>)
      write: (rules: T[]) => Promise<unknown>
      keep?: (rule: T) => boolean
    },
  ): Promise<SetupStep> {
    try {
      const found = await work.read()
      const keep = work.keep ?? ((rule: T) => !(ids(rule)[0] ?? '').startsWith(prefix))
      const ours = typeof work.ours === 'function' ? await work.ours(found) : work.ours
      const wanted = [...found.filter(keep), ...ours]
      if (same(found, wanted)) return { part, outcome: 'unchanged', said }
      if (wish.dryRun) return { part, outcome: 'planned', said }
      await work.write(wanted)
      // Ceph 18 answers 200 to events for a queue it does not know, and keeps nothing of it
      const kept = new Set((await work.read()).flatMap(ids))
      if (ours.flatMap(ids).every((id) => kept.has(id))) return { part, outcome: 'done', said }
      return { part, outcome: 'refused', said: `${said}: it said yes and kept nothing` }
    } catch (error) {
      const cause = error instanceof AppError ? (error.cause ?? error) : error
      const { name, status } = answerOf(cause)
      // a store that cannot be reached is no store that refuses
      if (status === undefined) throw error
      return { part, outcome: 'refused', said: `${said}: ${status} ${name}` }
    }
  }

  const readCors = () =>
    orNone(async () => {
      const found = await ask({}, (sdk, client, more) => client.send(new sdk.GetBucketCorsCommand({ Bucket }), more), { expected: [404] })
      return found.CORSRules ?? []
    })
  const cors: Sdk.CORSRule = {
    ID: `${prefix}web`,
    AllowedOrigins: [new URL(wish.publicUrl).origin],
    AllowedMethods: ['GET', 'HEAD'],
    AllowedHeaders: ['*'],
    ExposeHeaders: ['ETag', 'Content-Length', 'Content-Range', 'Accept-Ranges', 'Content-Disposition'],
    MaxAgeSeconds: 3600,
  }
  const readLifecycle = () =>
    orNone(async () => {
      const request = { Bucket }
      const found = await ask({}, (sdk, client, more) => client.send(new sdk.GetBucketLifecycleConfigurationCommand(request), more), {
        expected: [404],
      })
      return found.Rules ?? []
    })
  const writeLifecycle = (Rules: Sdk.LifecycleRule[]) =>
    ask({}, (sdk, client, more) =>
      client.send(new sdk.PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules } }), more),
    )
  const abort: Sdk.LifecycleRule = {
    ID: `${prefix}abort`,
    Status: 'Enabled',
    Filter: { Prefix: '' },
    AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 },
  }
  const tier: Sdk.LifecycleRule = {
    ID: `${prefix}tier`,
    Status: 'Enabled',
    Filter: { Prefix: photosOfOthers },
    Transitions: [{ Days: 0, StorageClass: 'INTELLIGENT_TIERING' }],
  }
  const not = (id: string) => (rule: Sdk.LifecycleRule) => rule.ID !== id

  return [
    await settle('cors', `pages of ${new URL(wish.publicUrl).origin} may read`, {
      read: readCors,
      ours: [cors],
      write: (CORSRules) =>
        ask({}, (sdk, client, more) => client.send(new sdk.PutBucketCorsCommand({ Bucket, CORSConfiguration: { CORSRules } }), more)),
    }),
    await settle('lifecycle', 'uploads in parts that nobody ended go after 7 days', {
      read: readLifecycle,
      ours: [abort],
      write: writeLifecycle,
      keep: not(abort.ID!),
    }),
    // by itself: a store without that class refuses it, and keeps the rule before
    wish.tiering
      ? await settle('tiering', `photos below ${photosOfOthers} move to INTELLIGENT_TIERING, ZIPs do not`, {
          read: readLifecycle,
          ours: [tier],
          write: writeLifecycle,
          keep: not(tier.ID!),
        })
      : { part: 'tiering', outcome: 'left out', said: 'INTELLIGENT_TIERING is a class of Amazon: --tiering asks for it elsewhere' },
    await settleEvents(),
  ]

  async function settleEvents(): Promise<SetupStep> {
    const { queueArn, eventsUrl } = wish
    if (queueArn) return settle('events', `changes below ${photosOfOthers} are told to ${queueArn}`, toQueue(queueArn))
    // Amazon tells topics of another service, which only its owner can make
    if (eventsUrl && options.endpoint) {
      const { origin, pathname } = new URL(eventsUrl)
      return settle('events', `changes below ${photosOfOthers} are told to ${origin}${pathname}`, byHttp(eventsUrl))
    }
    return {
      part: 'events',
      outcome: 'left out',
      said: 'no queue: set SQS_QUEUE_URL, or S3_EVENTS_SECRET and send events to /api/ingest/s3-events',
    }
  }

  /** The whole configuration is one thing, of queues, topics and functions; one of its lists is read, and written back with the others. */
  function events<L extends 'QueueConfigurations' | 'TopicConfigurations'>(list: L) {
    type Told = NonNullable<Sdk.NotificationConfiguration[L]>[number]
    let others: Sdk.NotificationConfiguration = {}
    return {
      read: async (): Promise<Told[]> => {
        const request = { Bucket }
        const found = await ask({}, (sdk, client, more) => client.send(new sdk.GetBucketNotificationConfigurationCommand(request), more))
        const { $metadata: _, [list]: told = [], ...rest } = found
        others = rest
        return told as Told[]
      },
      keep: ({ Id }: Told) => !Id?.startsWith(event.Id),
      write: (told: Told[]) => {
        const NotificationConfiguration = { ...others, [list]: told }
        return ask({}, (sdk, client, more) =>
          client.send(new sdk.PutBucketNotificationConfigurationCommand({ Bucket, NotificationConfiguration }), more),
        )
      },
    }
  }

  function toQueue(QueueArn: string) {
    return { ...events('QueueConfigurations'), ours: [{ ...event, QueueArn }] }
  }

  /** By a topic of ours. The store keeps its address beside the bucket's rule, unseen: so the rule's id says which address it was made for. */
  function byHttp(url: string) {
    const Id = `${event.Id}-${createHash('sha256').update(url).digest('hex').slice(0, 8)}`
    const notifications = events('TopicConfigurations')
    let before = false
    return {
      ...notifications,
      async ours(found: Sdk.TopicConfiguration[]): Promise<Sdk.TopicConfiguration[]> {
        before = !found.every(notifications.keep)
        const known = found.find((one) => one.Id === Id)
        if (known) return [known]
        const name = `${prefix}${Bucket}`
        return [{ ...event, Id, TopicArn: wish.dryRun ? name : await makeTopic(ask, options, name, url) }]
      },
      async write(told: Sdk.TopicConfiguration[]): Promise<void> {
        // Ceph adds to what is there: the rule for the address before would go on. Ceph 16 takes no empty list, so there it is refused.
        if (before) await notifications.write(told.filter(notifications.keep))
        await notifications.write(told)
      },
    }
  }
}

const event = {
  Id: `${prefix}events`,
  Events: ['s3:ObjectCreated:*', 's3:ObjectRemoved:*'] as Sdk.Event[],
  Filter: { Key: { FilterRules: [{ Name: 'prefix', Value: photosOfOthers } as Sdk.FilterRule] } },
}

async function orNone<T>(read: () => Promise<T[]>): Promise<T[]> {
  try {
    return await read()
  } catch (error) {
    const { name, status } = answerOf(error instanceof AppError ? error.cause : error)
    if (status === 404 && (nothingYet.has(name ?? '') || name !== 'NoSuchBucket')) return []
    throw error
  }
}

const ids = (rule: object): string[] => Object.entries(rule).flatMap(([name, value]) => (/^id$/i.test(name) ? [String(value)] : []))

/** The same rules in any order; stores add empty fields, spell words differently and sort lists. */
function same(a: object[], b: object[]): boolean {
  const sorted = (rules: object[]) => rules.map(plain).sort((x, y) => JSON.stringify(x).localeCompare(JSON.stringify(y)))
  return isDeepStrictEqual(sorted(a), sorted(b))
}

function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain).sort((x, y) => JSON.stringify(x).localeCompare(JSON.stringify(y)))
  if (typeof value === 'string') return value.toLowerCase()
  if (typeof value !== 'object' || value === null) return value
  const fields = Object.entries(value).map(([name, field]) => [name, plain(field)] as const)
  const empty = (field: unknown) =>
    field === undefined || field === '' || (typeof field === 'object' && field !== null && !Object.keys(field).length)
  return Object.fromEntries(fields.filter(([, field]) => !empty(field)).sort(([x], [y]) => x.localeCompare(y)))
}

/** The ARN of a queue at Amazon, or of one that is spoken to like Amazon's; undefined where the address tells none. */
export function queueArn(queueUrl: string, region: string): string | undefined {
  const [account, name] = new URL(queueUrl).pathname.split('/').filter(Boolean)
  return account && /^\d{12}$/.test(account) && name ? `arn:aws:sqs:${region}:${account}:${name}` : undefined
}
