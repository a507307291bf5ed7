/**
 * Faults between us and the S3 server. One proxy works on bytes (cut, end, fall silent, flip a bit), one on requests (answer an
 * error, lose the answer, keep a request back). Signatures survive both: the Host header passes through.
 */
import { once } from 'node:events'
import http from 'node:http'
import net from 'node:net'
import { Transform } from 'node:stream'

export interface Toxic {
  /** 'up': towards the server */
  dir: 'up' | 'down'
  /** so many bytes pass first */
  after: number
  /** reset, early end, silence, or one bit of the next byte turned over */
  action: 'reset' | 'end' | 'stall' | 'flip'
  /** on how many connections */
  times: number
}

export interface Rule {
  match: (request: http.IncomingMessage) => boolean
  times: number
  /** the proxy answers this itself, with the S3 error `code` */
  status?: number
  code?: string
  /** the server gets the request, we never get its answer */
  loseAnswer?: boolean
  /** one bit of this byte of the answer's body is turned over */
  flipAt?: number
  /** the server gets the request when this resolves, whoever still waits for it */
  keptBack?: Promise<void>
  /** hears how the server answered */
  answered?: (status: number) => void
}

export interface Proxy {
  endpoint: string
  close(): Promise<void>
}

const address = (server: net.Server): string => `http://127.0.0.1:${(server.address() as net.AddressInfo).port}`

/** Acts on the connections that are opened while `toxics` holds something. */
export async function byteProxy(target: string): Promise<Proxy & { toxics: Toxic[]; cutAll(): void }> {
  const { hostname: host, port } = new URL(target)
  const toxics: Toxic[] = []
  const live = new Set<net.Socket>()
  const keep = (socket: net.Socket) => {
    live.add(socket)
    socket.on('close', () => live.delete(socket)).on('error', () => {})
  }
  const server = net.createServer((client) => {
    const upstream = net.connect(Number(port), host)
    keep(client)
    keep(upstream)
    const mine = toxics.filter((toxic) => toxic.times-- > 0)
    client.on('close', () => upstream.destroy())
    upstream.on('close', () => client.destroy())
    const of = (dir: string) => mine.filter((toxic) => toxic.dir === dir)
    pass(client, upstream, of('up'))
    pass(upstream, client, of('down'))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const cutAll = () => {
    for (const socket of live) socket.resetAndDestroy()
  }
  return {
    endpoint: address(server),
    toxics,
    cutAll,
    async close() {
      cutAll()
      server.close()
      await once(server, 'close')
    },
  }
}

function pass(from: net.Socket, to: net.Socket, toxics: Toxic[]): void {
  let passed = 0
  const [toxic] = toxics
  from.on('end', () => to.end())
  from.on('drain', () => to.resume())
  to.on('drain', () => from.resume())
  from.on('data', (chunk: Buffer) => {
    const left = toxic ? toxic.after - passed : Number.POSITIVE_INFINITY
    passed += chunk.length
    if (left >= chunk.length || left < 0) {
      if (!to.write(chunk)) from.pause()
      return
    }
    if (toxic!.action === 'flip') {
      const turned = Buffer.from(chunk)
      turned[left]! ^= 1
      to.write(turned)
      return
    }
    from.removeAllListeners('data').pause()
    const act = () => {
      if (toxic!.action === 'reset') to.resetAndDestroy()
      if (toxic!.action === 'end') to.end()
    }
    to.write(chunk.subarray(0, left), act)
  })
}

function turned(at: number): Transform {
  let passed = 0
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const copy = Buffer.from(chunk)
      if (at >= passed && at < passed + copy.length) copy[at - passed]! ^= 1
      passed += copy.length
      done(null, copy)
    },
  })
}

/** Applies the first rule that matches and is not used up. */
export async function requestProxy(target: string): Promise<Proxy & { rules: Rule[]; seen: { method: string; url: string }[] }> {
  const { hostname: host, port } = new URL(target)
  const rules: Rule[] = []
  const seen: { method: string; url: string }[] = []
  const agent = new http.Agent({ keepAlive: true })
  const server = http.createServer((request, response) => {
    // whoever asked has gone
    answer(request, response).catch(() => response.destroy())
  })

  async function answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const rule = rules.find((rule) => rule.times > 0 && rule.match(request))
    if (rule) rule.times--
    seen.push({ method: request.method!, url: request.url! })
    request.on('error', () => {})
    const body: Buffer[] = []
    for await (const chunk of request) body.push(chunk)
    if (rule?.status) {
      const text = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${rule.code}</Code><Message>a fault of this test</Message></Error>`
      response.writeHead(rule.status, { 'content-type': 'application/xml', 'content-length': text.length }).end(text)
      return
    }
    await rule?.keptBack
    const headers = request.rawHeaders as unknown as http.OutgoingHttpHeaders
    const forward = http.request({ host, port, method: request.method!, path: request.url!, headers, agent, setHost: false })
    forward.on('error', () => response.destroy())
    forward.on('response', (from) => {
      from.on('error', () => response.destroy())
      rule?.answered?.(from.statusCode!)
      if (rule?.loseAnswer) from.resume().on('end', () => request.socket.resetAndDestroy())
      else if (rule?.flipAt === undefined) from.pipe(response.writeHead(from.statusCode!, from.rawHeaders))
      else from.pipe(turned(rule.flipAt)).pipe(response.writeHead(from.statusCode!, from.rawHeaders))
    })
    forward.end(Buffer.concat(body))
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    endpoint: address(server),
    rules,
    seen,
    async close() {
      agent.destroy()
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
