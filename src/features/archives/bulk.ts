/** Bulk runs: each gallery by itself, so that one that cannot be stops no other, and each has a verdict of its own. */
import type { BulkResult } from '../../../sdk/src/wire.ts'
import { AppError, asKnown } from '../../base/errors.ts'
import type { Deps } from '../../ports/deps.ts'
import { type RestoreWish, restore } from './restore.ts'
import { type Asker, retire } from './retire.ts'

/** One of a bulk run: as it was asked for, and which gallery that is; null when it is none of theirs. */
export interface Asked {
  id: string
  galleryId: string | null
}

/** Throws nothing: what cannot be archived is told in its result. */
export async function retireMany(deps: Parameters<typeof retire>[0], asked: Asked[], by: Asker): Promise<BulkResult<'archiving'>[]> {
  return eachByItself(deps, asked, 'archiving', async (galleryId) => (await retire(deps, galleryId, by)).id)
}

/** All of them with the same new end. Throws nothing: what cannot come back is told in its result. */
export async function restoreMany(
  deps: Parameters<typeof restore>[0],
  asked: Asked[],
  wish: Pick<RestoreWish, 'expiresAt' | 'by'>,
): Promise<BulkResult<'restored'>[]> {
  return eachByItself(deps, asked, 'restored', async (galleryId) => (await restore(deps, galleryId, wish)).archive.id)
}

/** One that is none of theirs answers like one that does not exist. `step` answers the archive that the gallery becomes, or comes from. */
async function eachByItself<S extends string>(
  { log }: Pick<Deps, 'log'>,
  asked: Asked[],
  done: S,
  step: (galleryId: string) => Promise<string>,
): Promise<BulkResult<S>[]> {
  const results: BulkResult<S>[] = []
  for (const { id, galleryId } of asked) {
    try {
      if (!galleryId) throw new AppError('not_found')
      results.push({ id, status: done, archive_id: await step(galleryId), error: null })
    } catch (error) {
      const known = asKnown(error)
      if (known.code === 'internal') log.error({ gallery: galleryId, error: String(error) }, '[Archive] one of a bulk run failed')
      results.push({ id, status: 'failed', archive_id: null, error: { code: known.code, detail: known.message } })
    }
  }
  return results
}
