/**
 * Photos that lie in our bucket already, put there by somebody else: `albums/{slug}/photos/{file}`. Theirs to change and to
 * delete, ours only to read.
 */
import { AppError } from '../base/errors.ts'

/**
 * The storage key of somebody else's object: its path in the bucket, and the ETag it had. So a key means certain bytes here, too:
 * an object that was replaced is another key, and the old one is not there any more. Keys of our own never hold a `#`.
 */
export const foreignKey = (path: string, etag: string): string => `${path}#${encodeURIComponent(etag)}`

export const isForeign = (key: string): boolean => key.includes('#')

/** Undoes `foreignKey`. */
export function readForeign(key: string): { path: string; etag: string } {
  const at = key.lastIndexOf('#')
  return { path: key.slice(0, at), etag: decodeURIComponent(key.slice(at + 1)) }
}

/** The album of `albums/{id}/photos/{file}`, also of a file in a folder below; null of every other key. */
export const albumOf = (path: string): string | null => /^albums\/([^/]+)\/photos\/.*[^/]$/s.exec(path)?.[1] ?? null

/** Where the photos of an album lie. */
export const albumPrefix = (slug: string): string => `albums/${slug}/photos/`

// what tools and operating systems leave behind, what marks a folder, and ZIPs: one that is made of photos must never ask for itself
const clutter = /(?:^|\/)(?:\.[^/]*|[^/]*\.ds_store|thumbs\.db|desktop\.ini|__macosx\/.*|[^/]*\.zip|)$/i

/** Every prefix below which this path lies: `a/b/c.jpg` gives `a/` and `a/b/`. */
export const foldersOf = (path: string): string[] => [...path.matchAll(/\//g)].map(({ index }) => path.slice(0, index + 1))

/** Can this key be a photo, by its name alone? */
export const mayBePhoto = (path: string): boolean => !clutter.test(path)

/** How many of these objects may be photos, and their bytes (BLD-04). */
export async function countPhotos(objects: AsyncIterable<{ path: string; size: number }>): Promise<{ photos: number; bytes: number }> {
  const count = { photos: 0, bytes: 0 }
  for await (const { path, size } of objects) {
    if (!mayBePhoto(path)) continue
    count.photos += 1
    count.bytes += size
  }
  return count
}

// where Keepsake itself writes in the bucket
const ours = ['objects/', 'uploads/', 'helpers/', 'galleries/']

/** The prefix, ending in a slash; `prefix_invalid` for one that is empty or touches what is ours. */
export function checkForeignPrefix(text: string): string {
  const prefix = text.endsWith('/') ? text : `${text}/`
  const wrong = prefix.length > 500 || prefix.startsWith('/') || prefix.includes('//') || !prefix.isWellFormed()
  if (wrong || /[\u0000-\u001f\u007f]/.test(prefix) || ours.some((own) => prefix.startsWith(own))) {
    throw new AppError('prefix_invalid', { prefix: text })
  }
  return prefix
}
