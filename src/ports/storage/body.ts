/** The body of an upload, as it comes from a network. */

/** Its chunks until its end, or until it breaks off. */
export async function* untilBroken(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* body
  } catch {
    // A broken connection is no fault of the store: what came until then counts.
  }
}
