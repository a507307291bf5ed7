/** Cuts senders that only drip: a connection that brings nothing worth its place ends; what came is kept. */
import type { IncomingMessage } from 'node:http'
import { seconds } from '../../base/clock.ts'

/** At least so many bytes in each window, or the connection is cut. */
export interface Pace {
  windowMs: number
  leastBytes: number
}

// slower than the slowest telephone line
const slowest: Pace = { windowMs: seconds(30), leastBytes: 8 * 1024 }
// a sender that was answered early may read the answer before its connection ends
const lingerMs = seconds(2)

/** Watches the body of a request until it is complete or the connection ends. */
export function keepPace(request: IncomingMessage, { windowMs, leastBytes } = slowest): void {
  const { socket } = request
  let seen = socket.bytesRead
  const timer = setInterval(() => {
    if (request.complete) return clearInterval(timer)
    if (socket.bytesRead - seen < leastBytes) request.destroy()
    seen = socket.bytesRead
  }, windowMs)
  timer.unref()
  request.once('close', () => clearInterval(timer))
}

/** Ends the connection of a sender that goes on sending after it was answered. */
export function endUnread(request: IncomingMessage): void {
  if (request.complete) return
  setTimeout(() => request.complete || request.socket.destroy(), lingerMs).unref()
}
