/** Sends a stored object: where people can reach the store itself they get it there, else it passes through us. */
import type { FastifyReply } from 'fastify'
import type { Storage } from '../ports/storage/port.ts'
import { disposition, type Sending, type Sent, sendRange } from './send.ts'

export interface Handing extends Omit<Sending, 'open'> {
  /** called before the first byte is read or the store named, and not at all when none is sent */
  begins?: (() => Promise<void>) | undefined
}

/** So long an address at the store can be begun with: who withdraws a link waits no longer. */
const seconds = 15 * 60

/**
 * As `sendRange`, or 302 to an address at the store, made for this request alone. Programs keep Range when they follow it. HEAD is
 * answered by us. The store has a tag of its own for the same bytes: who began there goes on there, who began with us (If-Range
 * with our tag) goes on with us, and any other tag gets the whole from us, because not every store heeds If-Range (Ceph 18).
 */
export async function sendStored(
  storage: Pick<Storage, 'open' | 'presign'>,
  reply: FastifyReply,
  key: string,
  { begins, ...sending }: Handing,
): Promise<Sent> {
  const { method, headers } = reply.request
  const tag = headers['if-range'] as string | undefined
  const as = { disposition: disposition(sending.fileName), mime: sending.mime, seconds, tag }
  // what is shown in a page comes from us: its policy allows no other host
  const mayLeave = method === 'GET' && headers['if-none-match'] === undefined && sending.fileName !== undefined
  const url = mayLeave ? await storage.presign(key, as) : null
  if (!url) {
    const open = async (from: number, to: number) => {
      await begins?.()
      return storage.open(key, from, to)
    }
    return sendRange(reply, { ...sending, open })
  }
  await begins?.()
  // neither kept, nor told to anybody
  reply.header('cache-control', 'no-store').header('referrer-policy', 'no-referrer').redirect(url, 302)
  return { status: 302, from: 0, to: 0, bytes: 0, complete: false }
}
