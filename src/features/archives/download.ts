/** Sends the ZIP of an archive: the stored file when it is ready, else the same bytes live from the originals. */
import type { FastifyReply } from 'fastify'
import { AppError } from '../../base/errors.ts'
import { findArchive } from '../../data/archives.ts'
import { type Archive, downloadName, mimeOf } from '../../domain/archive.ts'
import { sendStored } from '../../http/handover.ts'
import { sendRange } from '../../http/send.ts'
import type { Database } from '../../ports/database/port.ts'
import type { Deps } from '../../ports/deps.ts'
import type { Notes, Reader } from './note.ts'
import type { PlanCache } from './sealed.ts'
import { openLive } from './source.ts'

/** What all downloads of one server share. */
export interface Sending {
  plans: PlanCache
  notes: Notes
}

/** The archive, if its bytes can be given; throws link_unknown, link_expired, archive_failed. */
export async function findSendable(db: Database, id: string): Promise<Archive> {
  const archive = await findArchive(db, id)
  if (!archive || archive.status === 'deleted') throw new AppError('link_unknown')
  if (archive.status === 'expired' || archive.status === 'cancelling' || archive.status === 'cancelled') throw new AppError('link_expired')
  // a stored file that was lost is no reason to refuse: the originals give the same bytes
  if (archive.status === 'failed' && archive.errorCode !== 'archive_mismatch') throw new AppError('archive_failed')
  return archive
}

/** `begins` is called before the first byte is read, and not at all when none is sent. */
export async function sendArchive(
  deps: Pick<Deps, 'db' | 'storage'>,
  { plans, notes }: Sending,
  reply: FastifyReply,
  archiveId: string,
  reader: Reader,
  begins?: () => Promise<void>,
): Promise<void> {
  const archive = await findSendable(deps.db, archiveId)
  const stored = archive.status === 'ready' && (await deps.storage.size(archive.storageKey!)) === archive.fileSizeBytes
  // a proxy that takes everything at once would say that it was received (nginx and its kin read this)
  reply.header('x-accel-buffering', 'no')
  const noting = notes.begin(reply, archive, reader)
  const sending = {
    size: archive.fileSizeBytes,
    etag: archive.planHash,
    mime: mimeOf(archive),
    fileName: downloadName(archive),
    // size and ETag stand in the row, so the answer begins before 20,000 entries are loaded
    flushFirst: true,
    taken: noting.taken,
    begins,
  }
  const live = async (from: number, to: number) => openLive(deps.storage, await plans.get(archive), from, to)
  const sent = stored
    ? await sendStored(deps.storage, reply, archive.storageKey!, sending)
    : await sendRange(reply, {
        ...sending,
        open: async (from, to) => {
          await begins?.()
          return live(from, to)
        },
      })
  noting.ended(sent)
}
