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
