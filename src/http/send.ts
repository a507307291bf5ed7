/** Sends stored bytes over HTTP: headers first, then two buffers in turn, one being read while the other is written. */
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import type { FastifyReply } from 'fastify'
import { AppError } from '../base/errors.ts'
import type { Source } from '../ports/storage/port.ts'
import { askedRange } from './range.ts'

export interface Sending {
  /** bytes of the whole */
  size: number
  /** names the bytes: the same tag never stands for other ones; without quotes */
  etag: string
  mime: string
  /** name under which it is saved; without it the browser shows it in place */
  fileName?: string
  /** opens `[from, to)` of the bytes */
  open: (from: number, to: number) => Promise<Source> | Source
  /** the headers go out before `open` is called: the first byte is fast, but a failed `open` can only break the line off */
  flushFirst?: boolean
  /** called whenever the connection took bytes */
  taken?: () => void
  cacheControl?: string
}

/** What went over the line. */
export interface Sent {
  /** 302: the store hands the bytes over, and what it does we do not see */
  status: 200 | 206 | 302 | 304
  from: number
  to: number
  /** bytes handed to the connection */
  bytes: number
  /** everything asked for was handed over */
  complete: boolean
}

// Large enough that system calls cost little, small enough that a hundred downloads stay under 100 MiB.
export const chunk = 512 * 1024
// A reader that takes nothing for so long is gone; browsers resume by themselves.
const stallMs = 5 * 60_000

/**
 * Answers GET or HEAD with the bytes, or the one range asked for (200, 206, 304; 416 as an error).
 * Resolves when the last byte is handed over or the client is gone. A source that fails or ends early breaks the
 * connection: bytes are never made up.
 */
export async function sendRange(reply: FastifyReply, sending: Sending): Promise<Sent> {
  const { size } = sending
  const { method, headers } = reply.request
  const etag = `"${sending.etag}"`
  const head = (status: number) => reply.hijack().raw.writeHead(status, reply.getHeaders() as OutgoingHttpHeaders)
  reply.headers(headersOf(sending, etag))
  if (matches(headers['if-none-match'], etag)) {
    head(304).end()
    return { status: 304, from: 0, to: 0, bytes: 0, complete: true }
  }
  const asked = askedRange({ method, range: headers.range, ifRange: headers['if-range'] as string | undefined, etag, size })
  if (asked.kind === 'unsatisfiable') {
    reply.header('content-range', `bytes */${size}`)
    throw new AppError('range_invalid', { size })
  }
  const { from, to } = asked.kind === 'part' ? asked : { from: 0, to: size }
  const sent: Sent = { status: asked.kind === 'part' ? 206 : 200, from, to, bytes: 0, complete: false }
  reply.header('content-length', String(to - from))
  if (sent.status === 206) reply.header('content-range', `bytes ${from}-${to - 1}/${size}`)
  if (method === 'HEAD' || from === to) {
    head(sent.status).end()
    return { ...sent, complete: true }
  }
  if (sending.flushFirst) head(sent.status).flushHeaders()
  // until the headers are out, an error of the source is an ordinary answer
  let source: Source | undefined
  try {
    source = await sending.open(from, to)
    const first = await fill(source, Math.min(chunk, to - from))
    if (!sending.flushFirst) head(sent.status)
    await pump(reply.raw, source, first, sent, sending.taken)
  } catch (error) {
    if (!reply.raw.headersSent) throw error
    reply.log.error({ err: error, request_id: reply.request.id }, 'sending broke off')
    reply.raw.destroy()
  } finally {
    await source?.close()
  }
  return sent
}

/** Writes `first`, then what the source still has, and counts in `sent` what the connection took. */
async function pump(out: ServerResponse, source: Source, first: Buffer, sent: Sent, taken?: () => void): Promise<void> {
  const write = writer(out)
  const total = sent.to - sent.from
  const buffers = [first]
  let flying = first
  let accepted = write(first)
  for (let read = first.length, k = 1; read < total && !out.destroyed; k ^= 1) {
    const next = await fill(source, Math.min(chunk, total - read), buffers[k])
    buffers[k] ??= next
    if (!(await accepted)) return
    sent.bytes += flying.length
    taken?.()
    read += next.length
    flying = next
    accepted = write(next)
  }
  if (!(await accepted)) return
  sent.bytes += flying.length
  taken?.()
  sent.complete = true
  out.end()
}

/** Answers a function that hands bytes over: true when the system took them, so their buffer is free; false when the client is gone. */
function writer(out: ServerResponse): (bytes: Buffer) => Promise<boolean> {
  let waiting: ((taken: boolean) => void) | undefined
  out.on('close', () => waiting?.(false))
  out.setTimeout(stallMs, () => out.destroy())
  return (bytes) =>
    new Promise((done) => {
      waiting = done
      if (out.destroyed) done(false)
      else out.write(bytes, (error) => done(!error))
    })
}

/** The next `length` bytes of the source, in `buffer` when one is given. */
async function fill(source: Source, length: number, buffer: Buffer = Buffer.allocUnsafeSlow(length)): Promise<Buffer> {
  let filled = 0
  while (filled < length) {
    const n = await source.read(buffer.subarray(filled, length))
    if (n === 0) throw new AppError('source_changed', { reason: 'short' })
    filled += n
  }
  return buffer.subarray(0, length)
}
function headersOf({ mime, fileName, cacheControl }: Sending, etag: string): Record<string, string> {
  return {
    'content-type': mime,
    etag,
    'accept-ranges': 'bytes',
    'cache-control': cacheControl ?? 'private, no-transform',
    'x-content-type-options': 'nosniff',
    'content-disposition': disposition(fileName),
    // what people uploaded never runs as a page of ours
    'content-security-policy': fileName === undefined ? "default-src 'none'; sandbox" : "default-src 'none'",
  }
}

/** Content-Disposition by RFC 6266: a plain name for old readers and the true one in UTF-8. */
export function disposition(fileName: string | undefined): string {
  if (fileName === undefined) return 'inline'
  const name = fileName.toWellFormed().replace(/[\u0000-\u001f\u007f-\u009f]/g, '')
  const ascii = name.replace(/[^\u0020-\u007e]/g, '_').replace(/["\\%/]/g, '_')
  const utf8 = encodeURIComponent(name).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
  return `attachment; filename="${ascii}"${ascii === name ? '' : `; filename*=UTF-8''${utf8}`}`
}

/** If-None-Match compares weakly (RFC 9110, 13.1.2). */
function matches(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false
  return header.split(',').some((tag) => tag.trim() === '*' || tag.trim().replace(/^W\//, '') === etag)
}
