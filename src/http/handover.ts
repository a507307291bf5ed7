/** Sends a stored object: where people can reach the store itself they get it there, else it passes through us. */
import type { FastifyReply } from 'fastify'
import type { Storage } from '../ports/storage/port.ts'
import { disposition, type Sending, type Sent, sendRange } from './send.ts'

/** So long an address at the store can be begun with: who withdraws a link waits no longer. */
const seconds = 15 * 60

/**
 * As `sendRange`, or 302 to an address at the store, made for this request alone. Programs keep Range when they follow it. HEAD is
 * answered by us, and so is who goes on with what we began ourselves (If-Range with our tag): the store names the same bytes
 * differently and would begin anew.
 */
export async function sendStored(
  storage: Pick<Storage, 'open' | 'presign'>,
  reply: FastifyReply,
  key: string,
  sending: Omit<Sending, 'open'> & { fileName: string },
): Promise<Sent> {
  const { method, headers } = reply.request
  const ours = headers['if-none-match'] !== undefined || headers['if-range'] === `"${sending.etag}"`
  const as = { disposition: disposition(sending.fileName), mime: sending.mime, seconds }
  const url = method === 'GET' && !ours ? await storage.presign(key, as) : null
  if (!url) return sendRange(reply, { ...sending, open: (from, to) => storage.open(key, from, to) })
  // neither kept, nor told to anybody
  reply.header('cache-control', 'no-store').header('referrer-policy', 'no-referrer').redirect(url, 302)
  return { status: 302, from: 0, to: 0, bytes: 0, complete: false }
}
