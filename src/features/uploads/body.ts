/** The body of an upload request: all that came before a cut counts, drips are cut, and what nobody wants flows away. */
import type { IncomingMessage } from 'node:http'
import { PassThrough } from 'node:stream'
import { seconds } from '../../base/clock.ts'

/** At least so many bytes in each window, or the connection is cut. */
export interface Pace {
  windowMs: number
  leastBytes: number
}

// slower than the slowest telephone line
const slowest: Pace = { windowMs: seconds(30), leastBytes: 8 * 1024 }
// a sender that was answered early ends its body in this time, or the connection ends
const lingerMs = seconds(2)

/** The bytes as they come. A connection that breaks ends them without an error, so that none of those that came are lost. */
export function bodyOf(request: IncomingMessage): PassThrough {
  const body = new PassThrough({ highWaterMark: 256 * 1024 })
  request.on('error', () => {})
  request.once('close', () => body.end())
  return request.pipe(body)
}

/** Watches a body until it is complete or the connection ends. */
export function keepPace(request: IncomingMessage, { windowMs, leastBytes } = slowest): void {
  const { socket } = request
  let seen = socket.bytesRead
  const timer = setInterval(() => {
    if (request.complete) return clearInterval(timer)
    // paused: it is us who do not take more at the moment
    if (socket.bytesRead - seen < leastBytes && !request.isPaused()) request.destroy()
    seen = socket.bytesRead
  }, windowMs)
  timer.unref()
  request.once('close', () => clearInterval(timer))
}

/** Lets the rest of a body that was answered early flow away: the sender reads its answer, and the connection can be used again. */
export function endUnread(request: IncomingMessage): void {
  if (request.complete || request.destroyed) return
  request.unpipe()
  request.resume()
  const timer = setTimeout(() => request.complete || request.destroy(), lingerMs)
  request.once('end', () => clearTimeout(timer))
}
