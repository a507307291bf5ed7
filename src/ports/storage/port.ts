/**
 * Storage: immutable objects under opaque keys, and uploads that grow until they become one.
 *
 * Contract, held by suite.ts for every adapter:
 * - A key is written once. `put`, `assemble` and `finishUpload` refuse a key that exists (`key_exists`), so a late
 *   writer can never change what others read. Keys are relative paths of `[A-Za-z0-9._-]` segments;
 *   none lies below another (`a` and `a/b`).
 * - When a write returns, the bytes and their name are on stable storage (file and folder synced). A write that fails or
 *   is killed leaves no object, at most a temporary file that `sweep` removes.
 * - A read gives exactly the bytes asked for or fails: never fewer without an error (`source_changed`), a missing object
 *   is `source_changed` with reason `missing`.
 * - `delete` of a missing key is no error.
 * - A full disk is `storage_full`, an unreachable one `storage_unreachable`; both may be retried.
 * - The store carries a marker with the installation's id. Without it (a missing mount, an empty bucket) every write and
 *   delete refuses with `storage_unreachable`; with another installation's id with `storage_foreign`.
 */

/** What stands in one stretch of an assembled object: literal bytes, or a range of a stored object. */
export type Piece =
  | { kind: 'bytes'; bytes: Uint8Array }
  | {
      kind: 'copy'
      key: string
      /** range of the source object, bytes; `to` is exclusive */
      from: number
      to: number
      /** CRC-32 of that range: a difference fails the assembly with `source_changed` {key, reason: 'crc'} */
      crc32: number
    }

export interface Stored {
  /** bytes */
  size: number
  /** SHA-256 of all bytes, lower-case hex */
  sha256: string
}

/** What `digest` found: one CRC-32 and SHA-256 for each stretch, and the SHA-256 of the whole. */
export interface Digests extends Stored {
  crc32: Uint32Array
  /** 32 bytes a stretch, one after the other */
  sha256s: Uint8Array
}

/** An open range of an object, read from its beginning to its end. */
export interface Source {
  /** Fills `into` from its beginning with the next bytes; answers how many (0 only at the end of the range). */
  read(into: Uint8Array): Promise<number>
  close(): Promise<void>
}

export interface LongWork {
  /** called about once a second with the bytes done so far */
  progress?: (bytes: number) => void
  /** aborting ends the work with the signal's reason and leaves no object */
  signal?: AbortSignal
}

export interface Storage {
  /** Stores small content under a new key. */
  put(key: string, bytes: Uint8Array): Promise<Stored>
  /** Bytes of the object, or null when there is none. */
  size(key: string): Promise<number | null>
  /** Opens the range [from, to) of an object of at least `to` bytes. */
  open(key: string, from: number, to: number): Promise<Source>
  delete(key: string): Promise<void>
  /** Every object whose key begins with `prefix`, in no particular order. */
  list(prefix: string): AsyncIterable<{ key: string; size: number }>

  /** Makes one new object out of pieces in their order, checking each copied range; never holds more than a few MiB. */
  assemble(key: string, pieces: Iterable<Piece>, work?: LongWork): Promise<Stored>
  /** Reads an object back once and digests the stretches that end at `cuts` (ascending, the last one its size). */
  digest(key: string, cuts: Float64Array, work?: LongWork): Promise<Digests>

  /** Begins an upload that grows under `upload` (a fresh id). Called twice it is the same upload. */
  beginUpload(upload: string): Promise<void>
  /**
   * Appends `body` at `offset` (everything after it from an earlier, unacknowledged try is cut off) and syncs it.
   * Answers the new offset: what is durable when the body ends or breaks off; a broken body is no error here.
   * More than `limit` bytes in all is `upload_too_large`: the upload is then again `offset` long. So it is after a
   * `storage_full`. An `offset` past the end is `upload_offset` {offset: the end}; a second call while one runs is
   * `upload_busy`; an upload that was not begun is `upload_unknown`.
   */
  appendUpload(upload: string, offset: number, body: AsyncIterable<Uint8Array>, limit: number): Promise<number>
  /** Opens what the upload holds so far. */
  openUpload(upload: string, from: number, to: number): Promise<Source>
  /** Turns the upload into the object `key`, synced. Called again after it succeeded it succeeds. */
  finishUpload(upload: string, key: string): Promise<void>
  /** Forgets an upload that was not finished. */
  dropUpload(upload: string): Promise<void>

  /** Removes temporary files that no living writer owns and that are older than `before`. Answers how many. */
  sweep(before: Date): Promise<number>
  /** Free bytes, or null where the store does not say. */
  free(): Promise<number | null>
  /**
   * Sets the marker on a new, empty store, or checks it: see the contract. With `known` (this installation has had a
   * store before) a missing marker is an outage: else a mount missing at start would look like a new store.
   */
  identify(installation: string, known?: boolean): Promise<void>
  /** Reads the marker again: resolves while the store is there and ours. */
  ready(): Promise<void>
}
