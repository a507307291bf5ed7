/**
 * Walks through a file while its bytes pass. A parser is a generator that asks for what it wants next; what it skips is never
 * held, so a film of any length is checked in the memory of its tables.
 */
import { unreadable } from './unreadable.ts'

export type Ask =
  /** the next n bytes; a file that ends before is cut */
  | { take: number }
  /** the next n bytes, or as many as there are, without going on */
  | { peek: number }
  /** go on by n bytes; a file that ends before is cut */
  | { skip: number }
  /** go on to the next byte of this value: answers it, or nothing at the end */
  | { find: number }
  /** go on to the end: answers the last n bytes */
  | { tail: number }

/** Answered bytes are valid until the next ask. */
export type Steps<T> = Generator<Ask, T, Buffer>

/** Where the walk stands. */
export interface Tape {
  /** bytes gone by */
  readonly at: number
}

export interface Walk<T> {
  pass(bytes: Uint8Array): void
  /** What the parser found; to be called when all bytes have passed. */
  end(): T
}

const nothing = Buffer.alloc(0)
// the tables of a film of a whole day stay below this; who claims more is not believed
const mostHeld = 16 * 1024 * 1024

// a file of pieces of a byte or two is made to keep us busy: a megabyte of them took a second and more
const fewAnswers = 200_000
const leastBytes = 2

export function walk<T>(parser: (tape: Tape) => Steps<T>): Walk<T> {
  const tape = { at: 0 }
  const steps = parser(tape)
  let next = steps.next()
  /** came, and is not used yet */
  let held: Buffer = nothing
  /** of a skip */
  let left = next.done ? 0 : amount(next.value)

  let answers = 0

  const answer = (bytes: Buffer): void => {
    answers++
    if (answers > fewAnswers && answers * leastBytes > tape.at) throw unreadable('damaged')
    next = steps.next(bytes)
    left = next.done ? 0 : amount(next.value)
  }

  function feed(data: Buffer, ended: boolean): Buffer {
    let from = 0
    const go = (n: number): Buffer => {
      from += n
      tape.at += n
      return data.subarray(from - n, from)
    }
    while (!next.done) {
      const ask = next.value
      const there = data.length - from
      if ('skip' in ask) {
        const n = Math.min(left, there)
        go(n)
        left -= n
        if (left > 0) break
        answer(nothing)
      } else if ('find' in ask) {
        const found = data.indexOf(ask.find, from)
        if (found < 0) {
          go(there)
          if (!ended) break
          answer(nothing)
        } else {
          go(found - from)
          answer(data.subarray(from, from + 1))
        }
      } else if ('tail' in ask) {
        if (ended) answer(go(there).subarray(-ask.tail || there))
        else {
          // twice as much as is asked for: it is not moved for every chunk
          if (there > 2 * ask.tail) go(there - ask.tail)
          break
        }
      } else {
        const n = 'take' in ask ? ask.take : ask.peek
        if (there < n && !(ended && 'peek' in ask)) break
        if ('take' in ask) answer(go(n))
        else answer(data.subarray(from, from + n))
      }
    }
    return next.done ? nothing : data.subarray(from)
  }

  return {
    pass(bytes) {
      if (next.done) return
      const fresh = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      const rest = feed(held.length ? Buffer.concat([held, fresh]) : fresh, false)
      // a copy: the chunk is its sender's
      held = rest.length ? Buffer.from(rest) : nothing
    },
    end() {
      feed(held, true)
      if (!next.done) throw unreadable('cut')
      return next.value
    },
  }
}

function amount(ask: Ask): number {
  const held = 'take' in ask ? ask.take : 'peek' in ask ? ask.peek : 'tail' in ask ? ask.tail : 0
  if (held > mostHeld) throw unreadable('damaged')
  return 'skip' in ask ? ask.skip : 0
}
