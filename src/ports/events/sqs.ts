/** Events out of a queue of Amazon SQS, or of a server that speaks its protocol. */
import { once } from 'node:events'
import type { Consumer } from 'sqs-consumer'
import type { Log } from '../deps.ts'
import type { Events } from './port.ts'

export interface SqsOptions {
  queueUrl: string
  /** undefined: Amazon's own */
  endpoint: string | undefined
  region: string
  accessKeyId: string
  secretAccessKey: string
  log: Log
  /** seconds one request waits for a message; 20 is the most there is */
  waitSeconds?: number
}

export function sqsEvents(options: SqsOptions): Events {
  const { queueUrl, endpoint, region, accessKeyId, secretAccessKey, log, waitSeconds = 20 } = options
  let consumer: Consumer | undefined
  let close = () => {}
  let stopping = false
  return {
    async listen(handle) {
      // loaded only where there is a queue: it takes half a second
      const [{ SQSClient }, sqs] = await Promise.all([import('@aws-sdk/client-sqs'), import('sqs-consumer')])
      const client = new SQSClient({
        ...(endpoint ? { endpoint } : {}),
        region,
        credentials: { accessKeyId, secretAccessKey },
        // the queue's address names Amazon's host; with an endpoint of our own it is only a name
        useQueueUrlAsEndpoint: endpoint === undefined,
        requestHandler: { connectionTimeout: 5_000, socketTimeout: (waitSeconds + 10) * 1000 },
      })
      close = () => client.destroy()
      consumer = sqs.Consumer.create({
        queueUrl,
        sqs: client,
        batchSize: 10,
        waitTimeSeconds: waitSeconds,
        // longer than the database may take; a message that failed is there again at once
        visibilityTimeout: 60,
        terminateVisibilityTimeout: true,
        authenticationErrorTimeout: 10_000,
        async handleMessage(message) {
          await handle(message.Body ?? '')
          return message
        },
      })
      const trouble = (error: Error) =>
        stopping || log.warn({ error: error.message }, 'the queue of events has trouble; the hourly look goes on')
      consumer.on('error', trouble)
      consumer.on('processing_error', trouble)
      consumer.start()
    },
    async stop() {
      stopping = true
      if (consumer?.status.isRunning) {
        const stopped = once(consumer, 'stopped')
        consumer.stop({ abort: true })
        await stopped
      }
      close()
    },
  }
}
