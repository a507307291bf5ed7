/** What is asked of the configured bucket besides keeping photos: a probe of all it must be able to, and its own settings. */
import { systemClock } from '../base/clock.ts'
import { type Probed, probeBucket } from '../ports/storage/s3-probe.ts'
import { queueArn, type SetupStep, setUpBucket } from '../ports/storage/s3-setup.ts'
import type { Config } from './config.ts'

/** Null where photos are kept on a disk. */
export async function probe({ s3 }: Config): Promise<Probed[] | null> {
  return s3 ? probeBucket({ ...s3, clock: systemClock }) : null
}

/** Null where photos are kept on a disk. Throws `storage_unreachable` when the store does not answer at all. */
export async function setUp(
  { s3, sqs, settings }: Config,
  { dryRun, tiering }: { dryRun: boolean; tiering: boolean },
): Promise<SetupStep[] | null> {
  const arn = sqs && queueArn(sqs.queueUrl, sqs.region)
  const { publicUrl, eventsSecret } = settings
  const eventsUrl = eventsSecret ? `${publicUrl}/api/ingest/s3-events?secret=${encodeURIComponent(eventsSecret)}` : undefined
  const wish = { publicUrl, queueArn: arn, eventsUrl, tiering: tiering || atAmazon(s3?.endpoint), dryRun }
  return s3 ? setUpBucket(s3, wish) : null
}

const atAmazon = (endpoint: string | undefined): boolean =>
  endpoint === undefined || /\.amazonaws\.com(\.cn)?$/.test(new URL(endpoint).hostname)
