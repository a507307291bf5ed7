/** Makes a helper: an object of a copied range and a few bytes behind it, itself to be copied and deleted. */

import type { CopySource } from './s3-multipart.ts'
import type { Place } from './s3-place.ts'

/** Where helpers lie, each attempt in a folder of its own. */
export const helpersPrefix = 'helpers/'

export async function makeHelper(
  { multipart, living }: Place,
  path: string,
  source: CopySource,
  tail: Uint8Array,
  signal: AbortSignal,
): Promise<void> {
  const id = await multipart.begin(path, {})
  living.add(id)
  try {
    const parts = await Promise.allSettled([multipart.copyPart(path, id, 1, source, signal), multipart.part(path, id, 2, tail, signal)])
    const etags = parts.map((part) => {
      if (part.status === 'rejected') throw part.reason
      return part.value
    })
    // 'unknown': the answer to our first try was lost. Whether it is there, the copy of it will tell.
    await multipart.join(path, id, etags, {})
  } catch (error) {
    await multipart.abort(path, id).catch(() => {})
    throw error
  } finally {
    living.delete(id)
  }
}
