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
 * - An upload has generations, each with bytes of its own. Who takes it over from a holder that may still be alive raises the
 *   generation and calls `takeUpload`: what the old holder writes from then on, through a file it has open or by the old
 *   name, reaches neither the new generation nor the object that comes of it. Holders of one generation follow each other:
 *   the last one has ended before the next begins.
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
      /** CRC-32 of that range: where all of it passes through this process a difference fails the assembly with `source_changed` {key, reason: 'crc'} */
      crc32: number
    }

export interface Stored {
  /** bytes */
  size: number
  /** SHA-256 of all bytes, lower-case hex */
  sha256: string
}

/** What `assemble` made. */
export interface Assembled {
  /** bytes */
  size: number
  /** SHA-256 of all bytes, lower-case hex; null where the store copied some of them itself */
  sha256: string | null
  /** bytes that passed through this process; the others the store copied itself */
  moved: number
  /** requests to the store, tries that the network lost left out; 0 on disk */
  requests: number
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

/** An upload as one of its holders knows it. */
export interface UploadName {
  /** a fresh id */
  id: string
  /** 0 at first; whoever takes over from a holder that has not let go has the next one */
  generation: number
}

/** How the store is to answer at an address that was signed: see `presign`. */
export interface Presigned {
  disposition: string
  mime: string
  seconds: number
  tag?: string | undefined
}

export interface Room {
  /** bytes that may still be stored */
  free: number
  /** bytes of the whole disk */
  total: number
}

export interface LongWork {
  /** called about once a second with the bytes done so far */
  progress?: (bytes: number) => void
  /** aborting ends the work with the signal's reason and leaves no object */
  signal?: AbortSignal
}

export interface Assembling extends LongWork {
  /**
   * What a store that keeps such things says of the object: its Content-Type, and words of ASCII under names in lower case (user
   * metadata of S3). A folder keeps none; nothing of ours reads them.
   */
  about?: { mime: string; words: Record<string, string> }
}

export interface Storage {
  /** Stores small content under a new key. */
  put(key: string, bytes: Uint8Array): Promise<Stored>
  /** Bytes of the object, or null when there is none. */
  size(key: string): Promise<number | null>
  /** Opens the range [from, to) of an object of at least `to` bytes. */
  open(key: string, from: number, to: number): Promise<Source>
  delete(key: string): Promise<void>
  /**
   * An address at which whoever has it gets the object from the store itself, by GET and in ranges, for `seconds` (900 at most), with
   * `disposition` and `mime` as Content-Disposition and Content-Type. Null where people cannot reach the store, and where `tag` is
   * given and is not the entity tag (in its quotes) that the store has for this object. Without `tag` it does not ask whether the
   * object is there. It cannot be withdrawn.
   */
  presign(key: string, as: Presigned): Promise<string | null>
  /** Every object whose key begins with `prefix`, in no particular order. */
  list(prefix: string): AsyncIterable<{ key: string; size: number }>

  /** Objects of other people beside ours; null where there are none to be read (a folder of a disk is ours alone). */
  foreign: Foreign | null

  /**
   * Makes one new object out of pieces in their order; holds the pieces and at most 64 MiB of their bytes. A store that can copy
   * inside itself does so: then a copied range is known to be there, long enough and the same from beginning to end, but its
   * CRC-32 is not checked and `sha256` is null. What was made is proven by `digest` alone, on every store.
   */
  assemble(key: string, pieces: Iterable<Piece>, work?: Assembling): Promise<Assembled>
  /** Reads an object back once and digests the stretches that end at `cuts` (ascending, the last one its size). */
  digest(key: string, cuts: Float64Array, work?: LongWork): Promise<Digests>

  /** Begins an upload that grows under `upload`. Called twice it is the same upload. */
  beginUpload(upload: UploadName): Promise<void>
  /**
   * Makes the first `size` bytes (what was acknowledged) of the highest lower generation that has them a file of this
   * generation's own, then forgets all lower ones. Nothing to take (it is under its key already, or nothing has arrived) is no
   * error; called again it succeeds. `held` is asked while it copies: false ends it with `upload_busy`, and nothing has changed.
   */
  takeUpload(upload: UploadName, size: number, held?: () => Promise<boolean>): Promise<void>
  /**
   * Appends `body` at `offset` (everything after it from an earlier, unacknowledged try is cut off) and syncs it.
   * Answers the new offset: what is durable when the body ends or breaks off; a broken body is no error here.
   * More than `limit` bytes in all is `upload_too_large`: the upload is then again `offset` long. So it is after a
   * `storage_full`. An `offset` past the end is `upload_offset` {offset: the end}; a second call while one runs is
   * `upload_busy`; an upload that was not begun, or was taken over, is `upload_unknown`.
   */
  appendUpload(upload: UploadName, offset: number, body: AsyncIterable<Uint8Array>, limit: number): Promise<number>
  /** Opens what the upload holds so far. */
  openUpload(upload: UploadName, from: number, to: number): Promise<Source>
  /**
   * Turns the upload into the object `key`, synced. Called again after it succeeded it succeeds; so it does where an earlier
   * generation has put the same bytes there. An object with other bytes is `key_exists`. Where it fails it may leave the object,
   * which somebody may have come to count on: whoever does not finish it deletes the key. `held` is asked while a long upload is
   * copied: false ends it with `upload_busy`.
   */
  finishUpload(upload: UploadName, key: string, held?: () => Promise<boolean>): Promise<void>
  /** Forgets an upload that was not finished: this generation and all lower ones, never that of somebody who took it over. */
  dropUpload(upload: UploadName): Promise<void>

  /** Removes temporary files that no living writer owns and that are older than `before`. Answers how many. */
  sweep(before: Date): Promise<number>
  /** How much room there is, or null where the store does not say. */
  room(): Promise<Room | null>
  /**
   * Sets the marker on a new, empty store, or checks it: see the contract. With `known` (this installation has had a
   * store before) a missing marker is an outage: else a mount missing at start would look like a new store.
   */
  identify(installation: string, known?: boolean): Promise<void>
  /** The installation whose marker the store carries; null where it carries none. Asked before `identify`, by whoever has lost the database. */
  marked(): Promise<string | null>
  /** Reads the marker again: resolves while the store is there and ours. */
  ready(): Promise<void>
}

/** An object in our bucket that somebody else put there. */
export interface ForeignObject {
  /** names these very bytes (path and ETag): `size`, `open`, `digest` and the pieces of `assemble` take it, everything else refuses it */
  key: string
  /** in the bucket */
  path: string
  /** bytes */
  size: number
  modifiedAt: Date
}

/**
 * What a bucket holds besides our own objects. We only read it. Its keys mean the bytes they had when they were listed: of an
 * object that was replaced or is gone `size` is null, and a read fails with `source_changed` (`changed` or `missing`).
 */
export interface Foreign {
  /** Everything below `prefix` (a path of the bucket that ends in a slash), by name. */
  list(prefix: string): AsyncIterable<ForeignObject>
}

/** The part of a storage that concerns uploads. */
export type Uploads = Pick<Storage, 'beginUpload' | 'takeUpload' | 'appendUpload' | 'openUpload' | 'finishUpload' | 'dropUpload'>
