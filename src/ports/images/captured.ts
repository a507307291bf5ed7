/** When the camera says a JPEG was taken, read from its first bytes: known before anything is planned or drawn. */
import exif from 'exif-reader'

/** ISO 8601 without zone, or undefined when these bytes do not tell. */
export function capturedAt(head: Uint8Array): string | undefined {
  const bytes = Buffer.from(head.buffer, head.byteOffset, head.byteLength)
  try {
    const block = exifBlock(bytes)
    // DateTimeOriginal has no zone: exif-reader puts it into a Date as if it were UTC, so it comes out of one the same way
    return block && exif(block).Photo?.DateTimeOriginal?.toISOString().slice(0, 19)
  } catch {
    // metadata that cannot be read is metadata we do not have
    return undefined
  }
}

/** Exif 3.0, 4.7.2: the APP1 segment that begins with `Exif\0\0`, somewhere before the picture. */
function exifBlock(bytes: Buffer): Buffer | undefined {
  if (bytes.readUInt16BE(0) !== 0xffd8) return undefined
  for (let at = 2; bytes[at] === 0xff && bytes[at + 1]! >= 0xe0; at += 2 + bytes.readUInt16BE(at + 2)) {
    const segment = bytes.subarray(at + 4, at + 2 + bytes.readUInt16BE(at + 2))
    if (bytes[at + 1] === 0xe1 && segment.toString('latin1', 0, 6) === 'Exif\0\0') return segment
  }
  return undefined
}
