/** Cursors of pages: opaque to callers; to us the last row's moment and id, or (of lists that are sorted by choice) its key and id. */
import { z } from 'zod'
import { AppError } from '../base/errors.ts'
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

/** Of pages in an order that the caller picks: the last row's value in that order, and its id. */
export interface SortCursor {
  sort: string
  value: string
  id: string
}

/** Parses to text that `readSortCursor` understands. */
export const sortCursorText = z
  .string()
  .max(4000)
  .refine((text) => parseSort(text) !== undefined, 'is not a cursor of ours')

export const writeSortCursor = ({ sort, value, id }: SortCursor): string =>
  Buffer.from(JSON.stringify([sort, value, id])).toString('base64url')
/** Of a text that `sortCursorText` let through. */
export const readSortCursor = (text: string): SortCursor => parseSort(text)!

function parseSort(text: string): SortCursor | undefined {
  try {
    const [sort, value, id] = JSON.parse(Buffer.from(text, 'base64url').toString()) as unknown[]
    if (typeof sort !== 'string' || typeof value !== 'string' || typeof id !== 'string' || !isUuid(id)) return undefined
    // what names a moment must be one: the database would refuse it
    return sort === 'title' || !Number.isNaN(Date.parse(value)) ? { sort, value, id } : undefined
  } catch {
    return undefined
  }
}

/** Of a list in an order of the asker's choice. Parses to the key of the last row as text, and its id. */
export const markCursor = z
  .string()
  .max(600)
  .transform((text, context) => {
    const [mark, id] = safely(text)
    if (typeof mark === 'string' && typeof id === 'string' && isUuid(id)) return { mark, id }
    context.addIssue({ code: 'custom', message: 'is not a cursor of ours' })
    return z.NEVER
  })

/** Refuses a cursor that was made for another order: the database could not read its key as one of this. */
export function checkMark(cursor: { mark: string } | undefined, kind: 'text' | 'moment' | 'number'): void {
  const shapes = { text: /^/, moment: /^(\d{4}-\d\d-\d\d[\d :.+-]*|infinity)$/, number: /^\d{1,18}$/ }
  if (cursor && !shapes[kind].test(cursor.mark))
    throw new AppError('bad_request', { errors: [{ path: 'querystring/cursor', message: 'belongs to another order' }] })
}

export const writeMark = (mark: string, id: string): string => Buffer.from(JSON.stringify([mark, id])).toString('base64url')

function safely(text: string): unknown[] {
  try {
    const found: unknown = JSON.parse(Buffer.from(text, 'base64url').toString())
    return Array.isArray(found) ? found : []
  } catch {
    return []
  }
}
