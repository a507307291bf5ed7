/** Whether the other side has received an answer to its last byte: that our system took it is not yet that. */

import { readFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { minutes } from '../base/clock.ts'

/** Resolves once it is known: true when everything has arrived, false when that cannot be said. */
export type Arrival = (out: ServerResponse) => Promise<boolean>

/**
 * To be called before the answer begins. It has arrived when the other side, after it was sent whole, closes the line in order,
 * asks for something else on it, or leaves it open for `patience` ms, each with every byte acknowledged. A reader that
 * gives up with bytes unread resets the line instead.
 */
export function watchLines(patience = minutes(1)): Arrival {
  const waiting = new WeakMap<Socket, () => void>()
  return (out) => {
    const { socket } = out
    if (!socket || socket.destroyed) return Promise.resolve(false)
    // the next question on this line: the answer before it was read to its end
    waiting.get(socket)?.()
    if (!out.shouldKeepAlive) linger(socket)
    return new Promise((done) => {
      let heard = 0
      let timer: NodeJS.Timeout | undefined
      const settle = (arrived: boolean) => {
        clearTimeout(timer)
        socket.off('end', ended).off('close', closed)
        out.off('finish', sent)
        waiting.delete(socket)
        done(arrived)
      }
      const ended = () => settle(out.writableEnded && unacknowledged(socket) === 0)
      // closed by us: only a question in between says that the answer was read
      const closed = (broken: boolean) => settle(!broken && out.writableFinished && socket.bytesRead > heard)
      const open = () => {
        if (unacknowledged(socket) > 0) timer = setTimeout(open, patience)
        else {
          settle(true)
          if (!out.shouldKeepAlive) socket.destroy()
        }
      }
      // before the server's own listener, which closes our side too
      socket.prependListener('end', ended)
      socket.once('close', closed)
      const sent = () => {
        heard = socket.bytesRead
        timer = setTimeout(open, patience)
        waiting.set(socket, () => settle(true))
      }
      out.once('finish', sent)
    })
  }
}

/** Closes in two steps (RFC 9112, 9.6): we say that we have ended, and listen how the other side ends. Node would not listen. */
function linger(socket: Socket): void {
  socket.destroySoon = () => void socket.end()
}

/**
 * Bytes of this line that the other side's system has not acknowledged. Linux tells (proc(5), /proc/net/tcp: tx_queue);
 * elsewhere 0. Two lines with the same pair of ports are not told apart: then the larger number counts.
 */
function unacknowledged(socket: Socket): number {
  const [local, remote] = [hex(socket.localPort), hex(socket.remotePort)]
  let most = 0
  for (const file of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const [, queue] of contents(file).matchAll(new RegExp(`:${local} [0-9A-F]+:${remote} [0-9A-F]{2} ([0-9A-F]{8}):`, 'g')))
      most = Math.max(most, Number.parseInt(queue!, 16))
  }
  return most
}

const hex = (port: number | undefined) => (port ?? 0).toString(16).toUpperCase().padStart(4, '0')

function contents(file: string): string {
  try {
    return readFileSync(file, 'latin1')
  } catch {
    return ''
  }
}
