/** Sends photos as browsers do, by tus-js-client, and remembers what the service acknowledged. */
import { createHash } from 'node:crypto'
import { Upload, type UploadOptions } from 'tus-js-client'
import { photoBytes } from '../pictures.ts'
import type { Person } from './people.ts'
import type { Installation } from './service.ts'

export interface Photo {
  name: string
  bytes: Buffer
  sha256: string
}

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

let picture: Promise<Buffer> | undefined

/** Photos whose bytes nobody else has, `size` bytes each. What follows a JPEG's end belongs to the file and is kept like it. */
export async function photos(count: number, size: number, first = 1): Promise<Photo[]> {
  picture ??= photoBytes(7, { width: 320, height: 200 })
  const jpeg = await picture
  return Array.from({ length: count }, (_, i) => {
    const bytes = Buffer.alloc(Math.max(size, jpeg.length + 8))
    jpeg.copy(bytes)
    // a row of numbers that differs in every photo and repeats nowhere in it
    let state = ((first + i) * 0x9e3779b1) >>> 0
    for (let at = jpeg.length; at + 4 <= bytes.length; at += 4) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      bytes.writeUInt32LE(state, at)
    }
    return { name: `IMG_${String(first + i).padStart(5, '0')}.jpg`, bytes, sha256: sha256(bytes) }
  })
}

/** One upload by tus; resolves with the address of the upload when the service has said that it is complete. */
export function sendPhoto(
  { url }: Installation,
  person: Person,
  gallery: string,
  photo: Photo,
  options: Partial<UploadOptions> = {},
): Promise<string> {
  return new Promise((done, failed) => {
    const upload = new Upload(photo.bytes, {
      endpoint: `${url}/api/uploads`,
      headers: person.headers(),
      metadata: { gallery, filename: photo.name, sha256: photo.sha256 },
      // a service that is being restarted answers again after a while
      retryDelays: Array<number>(2400).fill(500),
      onShouldRetry: (error) => {
        const status = error.originalResponse?.getStatus() ?? 0
        return status === 0 || status === 409 || status === 423 || status >= 500
      },
      ...options,
      onSuccess: () => done(upload.url!),
      onError: failed,
    })
    upload.start()
  })
}

/** Sends all of them, `sideBySide` at a time. */
export async function sendPhotos(
  installation: Installation,
  person: Person,
  gallery: string,
  sent: Photo[],
  { sideBySide = 4, options }: { sideBySide?: number; options?: (photo: Photo) => Partial<UploadOptions> } = {},
): Promise<void> {
  const waiting = [...sent]
  const work = async () => {
    for (let photo = waiting.shift(); photo; photo = waiting.shift())
      await sendPhoto(installation, person, gallery, photo, options?.(photo))
  }
  await Promise.all(Array.from({ length: sideBySide }, work))
}
