/** A queue that speaks the JSON protocol of Amazon SQS on loopback: what is not deleted comes again when its time is over. */
import { createHash, randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

interface Message {
  body: string
  receipt: string
  /** performance.now() from which it may be received */
  visibleAt: number
  received: number
}

export interface FakeSqs {
  endpoint: string
  queueUrl: string
  send(body: unknown): void
  /** messages that nobody has deleted */
  left(): Message[]
  close(): Promise<void>
}

type Input = {
  ReceiptHandle?: string
  VisibilityTimeout?: number
  MaxNumberOfMessages?: number
  Entries?: { Id: string; ReceiptHandle: string }[]
}

export async function startSqs(): Promise<FakeSqs> {
  const messages: Message[] = []
  const remove = (receipt: string) => {
    const at = messages.findIndex((message) => message.receipt === receipt)
    if (at >= 0) messages.splice(at, 1)
  }
  const answers: Record<string, (input: Input) => unknown> = {
    ReceiveMessage({ MaxNumberOfMessages = 1, VisibilityTimeout = 30 }) {
      const now = performance.now()
      const some = messages.filter(({ visibleAt }) => visibleAt <= now).slice(0, MaxNumberOfMessages)
      for (const message of some) {
        message.receipt = randomUUID()
        message.visibleAt = now + VisibilityTimeout * 1000
        message.received++
      }
      const Messages = some.map(({ body, receipt }) => ({
        MessageId: randomUUID(),
        ReceiptHandle: receipt,
        Body: body,
        MD5OfBody: createHash('md5').update(body).digest('hex'),
      }))
      return Messages.length ? { Messages } : {}
    },
    DeleteMessage({ ReceiptHandle = '' }) {
      remove(ReceiptHandle)
      return {}
    },
    DeleteMessageBatch({ Entries = [] }) {
      for (const { ReceiptHandle } of Entries) remove(ReceiptHandle)
      return { Successful: Entries.map(({ Id }) => ({ Id })), Failed: [] }
    },
    ChangeMessageVisibility({ ReceiptHandle, VisibilityTimeout = 0 }) {
      const message = messages.find(({ receipt }) => receipt === ReceiptHandle)
      if (message) message.visibleAt = performance.now() + VisibilityTimeout * 1000
      return {}
    },
  }
  const server = createServer(async (request, response) => {
    let text = ''
    for await (const chunk of request) text += chunk
    const action = String(request.headers['x-amz-target']).replace('AmazonSQS.', '')
    const found = answers[action]?.(JSON.parse(text) as Input)
    // a long poll without messages must not come back at once
    if (action === 'ReceiveMessage' && !Object.keys(found as object).length) await new Promise((resolve) => setTimeout(resolve, 50))
    response.writeHead(found ? 200 : 400, { 'content-type': 'application/x-amz-json-1.0' })
    response.end(JSON.stringify(found ?? { __type: 'UnknownOperationException', message: action }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    endpoint,
    queueUrl: `${endpoint}/000000000000/events`,
    send: (body) =>
      void messages.push({ body: typeof body === 'string' ? body : JSON.stringify(body), receipt: '', visibleAt: 0, received: 0 }),
    left: () => messages,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
