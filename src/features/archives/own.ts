/** Archives by their id, for those who own the gallery. */
import type { FastifyRequest } from 'fastify'
import { AppError } from '../../base/errors.ts'
import { findArchive } from '../../data/archives.ts'
import type { Archive } from '../../domain/archive.ts'
import type { Guard } from '../../http/guard.ts'
import type { Deps } from '../../ports/deps.ts'

/** An unknown archive and a foreign one answer alike. */
export function archivesOf(deps: Pick<Deps, 'db'>, guard: Guard) {
  return async (request: FastifyRequest, id: string): Promise<Archive> => {
    // who may not know says nothing of what is there
    await guard.acting(request, 'galleries:read')
    const archive = await findArchive(deps.db, id)
    if (!archive) throw new AppError('not_found')
    // of a deleted gallery too: they are kept
    await guard.kept(request, archive.galleryId, 'galleries:read')
    return archive
  }
}
