/**
 * Topics of a store that pushes events over HTTP (Ceph): the few words of Amazon's SNS that it speaks at its own address. Amazon's S3
 * does not, and neither does MinIO, whose webhooks are settled by whoever runs it.
 */
import type { Ask, S3Options } from './s3-client.ts'

/** Makes the topic, or gives the one of that name this address to tell. Answers its ARN. */
export async function makeTopic(ask: Ask, options: S3Options, name: string, endpoint: string): Promise<string> {
  const answer = await call(ask, options, {
    Action: 'CreateTopic',
    Name: name,
    'Attributes.entry.1.key': 'push-endpoint',
    'Attributes.entry.1.value': endpoint,
  })
  const arn = /<TopicArn>([^<]+)<\/TopicArn>/.exec(answer)?.[1]
  if (!arn) throw refusal(answer.slice(0, 200) || 'NoTopic', 501)
  return arn
}

async function call(ask: Ask, { endpoint }: S3Options, fields: Record<string, string>): Promise<string> {
  const body = new URLSearchParams({ ...fields, Version: '2010-03-31' }).toString()
  const url = new URL('/', endpoint)
  return ask(
    { action: fields.Action },
    async (_sdk, client, { abortSignal }) => {
      const signer = await client.config.signer()
      const headers = { host: url.host, 'content-type': 'application/x-www-form-urlencoded' }
      const port = url.port ? { port: Number(url.port) } : {}
      const plain = { method: 'POST', protocol: url.protocol, hostname: url.hostname, ...port, path: '/', query: {}, headers, body }
      const signed = await signer.sign(plain)
      const asked = { method: 'POST', headers: signed.headers, body, signal: abortSignal }
      // fetch says TypeError of a server that is away; why stands in its cause
      const answer = await fetch(url, asked).catch((error) => Promise.reject(error.cause ?? error))
      const text = await answer.text()
      if (!answer.ok) throw refusal(/<Code>([^<]+)<\/Code>/.exec(text)?.[1] ?? 'Refused', answer.status)
      return text
    },
    { expected: [400, 403, 404, 405, 501] },
  )
}

/** As the SDK tells what a store does not want. */
const refusal = (name: string, httpStatusCode: number): Error =>
  Object.assign(new Error(name), { name, $fault: 'client', $metadata: { httpStatusCode } })
