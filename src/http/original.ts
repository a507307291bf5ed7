/** Sends an original as it was uploaded: to be saved under its name, or in place for a player. */
import type { FastifyReply } from 'fastify'
import { AppError } from '../base/errors.ts'
import type { Asset } from '../domain/asset.ts'
import type { Deps } from '../ports/deps.ts'
import type { Storage } from '../ports/storage/port.ts'
import { sendStored } from './handover.ts'
import type { Sent } from './send.ts'

export interface How {
  /** for a player, in the page; else it is saved */
  inPlace?: boolean
  cacheControl?: string
  /** called before the first byte is read, and not at all when none is sent */
  begins?: () => Promise<void>
}

/** The bytes under an address never change, so a browser may keep them for good. */
export const forGood = 'private, max-age=31536000, immutable, no-transform'

/** Throws original_missing when the storage has lost it. */
export async function sendOriginal(deps: Pick<Deps, 'storage'>, reply: FastifyReply, asset: Asset, how: How = {}): Promise<Sent> {
  if (asset.state !== 'stored') throw new AppError('original_missing')
  const { storageKey, storageOffset } = asset
  // the store itself can hand over whole objects only
  const storage: Pick<Storage, 'open' | 'presign'> = storageOffset
    ? { open: (key, from, to) => deps.storage.open(key, storageOffset + from, storageOffset + to), presign: async () => null }
    : deps.storage
  return sendStored(storage, reply, storageKey, {
    size: asset.size,
    etag: asset.sha256.toString('hex'),
    mime: asset.mime,
    fileName: how.inPlace ? undefined : asset.originalName || 'file',
    cacheControl: how.cacheControl,
    begins: how.begins,
  })
}
