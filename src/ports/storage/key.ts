/** Keys: relative paths of plain segments, so that none can lead out of the store. */

const segments = /^[A-Za-z0-9._-]{1,255}(?:\/[A-Za-z0-9._-]{1,255})*$/
const dots = /(?:^|\/)\.\.?(?:\/|$)/
const longest = 1000

const plain = (text: string): boolean => text.length <= longest && segments.test(text) && !dots.test(text)

/** Can this be a key? Whatever else lies among our objects, somebody has put there by hand, and it is not ours. */
export const isKey = plain

/** The key itself, or a TypeError: keys are computed by us, so a bad one is a fault in the program. */
export function checkKey(key: string): string {
  if (!plain(key)) throw new TypeError(`not a storage key: ${JSON.stringify(key)}`)
  return key
}

/** The id of an upload: one segment. */
export function checkUpload(upload: string): string {
  if (!plain(upload) || upload.includes('/')) throw new TypeError(`not an upload id: ${JSON.stringify(upload)}`)
  return upload
}

/** The beginning of a key; its last segment may be incomplete or empty. */
export function checkPrefix(prefix: string): string {
  // One more letter makes a key of every beginning of a key.
  if (!plain(`${prefix}x`)) throw new TypeError(`not the beginning of a storage key: ${JSON.stringify(prefix)}`)
  return prefix
}

/** A range of bytes as the program asks for it; a senseless one is a fault in the program. */
export function checkRange(from: number, to: number): void {
  if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to) || from < 0 || to < from) throw new RangeError(`not a range: ${from}-${to}`)
}
