/** keepsake archive: verify a ZIP or TAR file offline, list the versions of a gallery, send the newest one to somebody again. */
import { type FileHandle, open } from 'node:fs/promises'
import { AppError } from '../base/errors.ts'
import { listVersions, newestOf } from '../data/archives.ts'
import { findGallery } from '../data/galleries.ts'
import { viewArchive } from '../features/archives/status.ts'
import { resendArchive } from '../features/delivery/again.ts'
import { checkTar, looksLikeTar } from '../tar/check.ts'
import { checkStream, type StreamCheck } from '../zip/check.ts'
import { ownLimits } from '../zip/limits.ts'
import { inspectDirectory } from '../zip/read.ts'
import type { ZipSource } from '../zip/source.ts'
import { bytesText, type Output, UsageError } from './output.ts'
import { withWorld } from './world.ts'

export async function archiveCommand([verb, what, who, ...more]: string[], out: Output): Promise<number> {
  if (what && !who && verb === 'verify') return verifyFile(what, out)
  if (what && !who && verb === 'list') return list(what, out)
  if (what && who && !more.length && verb === 'resend') return resend(what, who, out)
  throw new UsageError('archive verify <file.zip or file.tar> | list <gallery slug> | resend <gallery slug> <email>')
}

/** Structure, every CRC-32, and every SHA-256 against the archive's own list; needs nothing but the file. */
async function verifyFile(file: string, out: Output): Promise<number> {
  const handle = await open(file).catch((cause: unknown) => {
    throw new AppError('folder_unreadable', { file }, { cause })
  })
  try {
    const source = await fileSource(handle)
    const found = await check(source)
    const sound = !found.bad.length && !found.missing.length
    out.result({ sound, ...found })
    for (const { entry, reason } of found.bad) out.say(`bad      ${entry ?? file}: ${reason}`)
    for (const entry of found.missing) out.say(`missing  ${entry}`)
    for (const entry of found.extra) out.say(`extra    ${entry}: not in the list of checksums`)
    const proof = found.proof === 'sha256' ? 'its SHA-256' : 'its CRC-32 (the file has no list of SHA-256)'
    out.say(
      `${found.good.length} entries proven by ${proof}; ${sound ? 'the archive is sound' : 'the archive is damaged'} (${bytesText(source.size)})`,
    )
    return sound ? 0 : 1
  } finally {
    await handle.close()
  }
}

async function check(source: ZipSource): Promise<StreamCheck> {
  if (looksLikeTar(await source.read(0, 512))) return checkTar(source)
  return checkStream(source, await inspectDirectory(source, { ...ownLimits, gapless: false }))
}

/** A file as the readers of ZIPs ask for it. */
export async function fileSource(handle: FileHandle): Promise<ZipSource> {
  const { size } = await handle.stat()
  return {
    size,
    async read(from, to) {
      const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(to - from), 0, to - from, from)
      return buffer.subarray(0, bytesRead)
    },
  }
}

async function list(slug: string, out: Output): Promise<number> {
  return withWorld(async ({ deps }) => {
    const gallery = await findGallery(deps.db, slug)
    if (!gallery) throw new AppError('not_found', { gallery: slug })
    const versions = await Promise.all((await listVersions(deps.db, gallery.id)).map((a) => viewArchive(deps.db, a)))
    out.result(versions)
    for (const v of versions)
      out.say(
        `version ${v.version}  ${v.status}${v.superseded ? ', superseded' : ''}  ${v.image_count} photos, ${bytesText(v.file_size_bytes)}  ${v.checksum ?? ''}`,
      )
    return 0
  })
}

/** The newest ready version to one address, with a new link; the service sends the letter. */
async function resend(slug: string, email: string, out: Output): Promise<number> {
  return withWorld(async ({ deps }) => {
    const gallery = await findGallery(deps.db, slug)
    if (!gallery) throw new AppError('not_found', { gallery: slug })
    const { ready } = newestOf(await listVersions(deps.db, gallery.id))
    if (!ready) throw new AppError('archive_not_ready', { gallery: slug })
    const letter = await resendArchive(deps, ready.id, email)
    out.result({ letter, archive: ready.id, version: ready.version })
    out.say(`Version ${ready.version} goes to ${email} with a new link: the service sends the letter`)
    return 0
  })
}
