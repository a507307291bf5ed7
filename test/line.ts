/** A line to a server that can go away and come back: refused at once, or silent as behind a broken network. */
import { once } from 'node:events'
import net from 'node:net'

export interface Line {
  port: number
  /** `refused`: open connections are reset and new ones refused. `silent`: nothing passes any more, and nobody is told. */
  goAway(how: 'refused' | 'silent'): Promise<void>
  /** What was silent goes on, as after a partition; new connections pass. */
  comeBack(): Promise<void>
  close(): Promise<void>
}

export async function lineTo(target: net.NetConnectOpts): Promise<Line> {
  const pairs = new Set<[net.Socket, net.Socket]>()
  const held = new Set<net.Socket>()
  let silent = false
  const server = net.createServer((client) => {
    client.on('error', () => {})
    if (silent) {
      held.add(client.on('close', () => held.delete(client)))
      return
    }
    const upstream = net.connect(target).on('error', () => {})
    const pair: [net.Socket, net.Socket] = [client, upstream]
    pairs.add(pair)
    pass(client, upstream)
    pass(upstream, client)
    for (const [one, other] of [pair, [upstream, client] as const])
      one.on('close', () => {
        // silence hides an end, too
        if (silent) return
        pairs.delete(pair)
        other.destroy()
      })
  })
  const pass = (from: net.Socket, to: net.Socket) => {
    from.on('data', (bytes) => to.write(bytes) || from.pause())
    to.on('drain', () => silent || from.resume())
  }
  const listen = async (port: number) => {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
  }
  const resetAll = () => {
    for (const client of held) client.resetAndDestroy()
    for (const [client, upstream] of pairs) {
      client.resetAndDestroy()
      upstream.destroy()
    }
  }
  await listen(0)
  const { port } = server.address() as net.AddressInfo
  return {
    port,
    async goAway(how) {
      if (how === 'refused') {
        server.close()
        resetAll()
        await once(server, 'close')
        return
      }
      silent = true
      for (const socket of [...pairs].flat()) socket.pause()
    },
    async comeBack() {
      if (!server.listening) return listen(port)
      silent = false
      for (const socket of held) socket.resetAndDestroy()
      for (const [one, other] of pairs) {
        if (one.destroyed || other.destroyed) {
          one.destroy()
          other.destroy()
        }
        one.resume()
        other.resume()
      }
    },
    async close() {
      if (!server.listening) return
      server.close()
      resetAll()
      await once(server, 'close')
    },
  }
}
