/** One file out of a stored archive, by its place in the layout: nothing else of the archive is read. */
import { inflateRawSync } from 'node:zlib'
import type { FastifyReply } from 'fastify'
import type { PackedFile, Page } from '../../../sdk/src/wire.ts'
import { AppError } from '../../base/errors.ts'
import { findAsset } from '../../data/assets.ts'
import type { Archive } from '../../domain/archive.ts'
import { sendRange } from '../../http/send.ts'
import type { Deps } from '../../ports/deps.ts'
import { dataAt, loadSealed } from './sealed.ts'
import { bytesSource } from './source.ts'

type Needs = Pick<Deps, 'db' | 'storage'>

/** A page of what lies in a ready archive, in its order. */
export async function listPacked(
  deps: Needs,
  archive: Archive,
  page: { cursor?: string | undefined; limit: number },
): Promise<Page<PackedFile>> {
  const { entries } = await loadSealed(deps.db, ready(archive))
  const from = page.cursor === undefined ? 0 : Number(page.cursor) + 1
  if (!Number.isSafeInteger(from) || from < 0)
    throw new AppError('bad_request', { errors: [{ path: 'querystring/cursor', message: 'is no place in this list' }] })
  const rows = entries.slice(from, from + page.limit).map((entry, i) => ({
    position: from + i,
    path: entry.path,
    size: entry.size,
    sha256: entry.sha256.toString('hex'),
    asset_id: entry.assetId,
    modified_at: entry.mtime.toISOString(),
  }))
  const last = from + rows.length - 1
  return { rows, next: last + 1 < entries.length ? String(last) : null }
}

/** Sends the file at this position of the list, in ranges if wanted. */
export async function sendPacked(deps: Needs, reply: FastifyReply, archive: Archive, position: number): Promise<void> {
  const sealed = await loadSealed(deps.db, ready(archive))
  const entry = sealed.entries[position]
  if (!entry) throw new AppError('not_found')
  const begin = dataAt(sealed, position)
  const text = entry.content && inflateRawSync(entry.content)
  await sendRange(reply, {
    size: entry.size,
    etag: entry.sha256.toString('hex'),
    mime: (entry.assetId && (await findAsset(deps.db, entry.assetId))?.mime) || 'text/plain; charset=utf-8',
    fileName: entry.path.split('/').at(-1)!,
    open: (from, to) => (text ? bytesSource(text.subarray(from, to)) : deps.storage.open(archive.storageKey!, begin + from, begin + to)),
  })
}

function ready(archive: Archive): Archive {
  if (archive.status !== 'ready') throw new AppError('archive_not_ready')
  return archive
}
