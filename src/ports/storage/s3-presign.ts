/** Signs an address of one object (AWS Signature Version 4, in the query): pure, without the SDK and without a request. */

import { createHash, createHmac } from 'node:crypto'

export interface Signing {
  /** where people reach the server */
  endpoint: string
  region: string
  bucket: string
  accessKeyId: string
  secretAccessKey: string
  pathStyle: boolean
}

export interface Signed {
  /** in the bucket; plain letters, see key.ts */
  path: string
  /** headers that the server is to answer with */
  disposition: string
  mime: string
  seconds: number
  now: Date
}

/** An address that works for GET alone, until `now` + `seconds`. */
export function presignedUrl(signing: Signing, { path, disposition, mime, seconds, now }: Signed): string {
  const { endpoint, region, bucket, accessKeyId, secretAccessKey, pathStyle } = signing
  const url = new URL(endpoint)
  if (!pathStyle) url.host = `${bucket}.${url.host}`
  url.pathname = pathStyle ? `/${bucket}/${path}` : `/${path}`
  const time = now.toISOString().replace(/[-:]|\.\d{3}/g, '')
  const scope = `${time.slice(0, 8)}/${region}/s3/aws4_request`
  const query = Object.entries({
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': `${accessKeyId}/${scope}`,
    'X-Amz-Date': time,
    'X-Amz-Expires': String(seconds),
    'X-Amz-SignedHeaders': 'host',
    'response-content-disposition': disposition,
    'response-content-type': mime,
  })
    .map(([name, value]) => `${name}=${strict(value)}`)
    .sort()
    .join('&')
  const asked = ['GET', url.pathname, query, `host:${url.host}`, '', 'host', 'UNSIGNED-PAYLOAD'].join('\n')
  const toSign = ['AWS4-HMAC-SHA256', time, scope, createHash('sha256').update(asked).digest('hex')].join('\n')
  let key: string | Buffer = `AWS4${secretAccessKey}`
  for (const step of scope.split('/')) key = createHmac('sha256', key).update(step).digest()
  return `${url.origin}${url.pathname}?${query}&X-Amz-Signature=${createHmac('sha256', key).update(toSign).digest('hex')}`
}

/** RFC 3986: encodeURIComponent leaves five signs as they are that the server encodes. */
const strict = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
