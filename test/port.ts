/** A port on loopback that nobody listens on at this moment. */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'

/**
 * Below those that the system gives to whoever connects: a service that is started again later finds its port free, and who
 * knocks there meanwhile is never joined to themselves.
 */
export async function freePort(): Promise<number> {
  const [first, end] = [10_240, Math.max(10_241, Math.min(lowestGiven(), 32_000))]
  for (;;) {
    const port = first + Math.floor(Math.random() * (end - first))
    const server = createServer().listen(port, '127.0.0.1')
    const free = await once(server, 'listening').catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EADDRINUSE') throw error
    })
    if (!free) continue
    server.close()
    await once(server, 'close')
    return port
  }
}

function lowestGiven(): number {
  try {
    return Number.parseInt(readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'latin1'), 10)
  } catch {
    // where there is no such file they begin at 49,152 (IANA)
    return 49_152
  }
}
