/** Cursors of pages ordered by creation: opaque to callers, the last row's moment and id to us. */
import { z } from 'zod'
import { isUuid } from '../base/id.ts'

/** Parses to text that `readCursor` understands; anything else is a bad request. */
export const cursorText = z
  .string()
  .max(100)
  .refine((text) => parse(text) !== undefined, 'is not a cursor of ours')

export interface Cursor {
  createdAt: Date
  id: string
}

export const writeCursor = (row: Cursor): string => Buffer.from(`${row.createdAt.getTime()} ${row.id}`).toString('base64url')
/** Of a text that `cursorText` let through. */
export const readCursor = (text: string): Cursor => parse(text)!

function parse(text: string): Cursor | undefined {
  const [, time, id] = /^(\d{1,15}) (\S+)$/.exec(Buffer.from(text, 'base64url').toString()) ?? []
  return time && id && isUuid(id) ? { createdAt: new Date(Number(time)), id } : undefined
}
