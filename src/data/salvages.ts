/** Questions to the table salvages: what was asked last for a gallery, and how far it is. Every change names the fence it expects. */
import { AppError } from '../base/errors.ts'
import type { Salvage } from '../domain/salvage.ts'
import type { Database, Tx } from '../ports/database/port.ts'

export type SalvageWish = Pick<Salvage, 'galleryId' | 'archiveId' | 'expiresAt' | 'dryRun' | 'askedBy' | 'askedAt'>

const open = ['queued', 'processing'] as const

export async function findSalvage(db: Database | Tx, galleryId: string): Promise<Salvage | undefined> {
  return db.selectFrom('salvages').selectAll().where('galleryId', '=', galleryId).executeTakeFirst()
}

/** Takes the place of what was asked before; who works on that can note nothing more. The gallery is locked. */
export async function askAnew(tx: Tx, wish: SalvageWish): Promise<void> {
  const idle = { startedAt: null, readBytes: 0, allBytes: null, etaSeconds: null, errorCode: null, found: null }
  const fresh = { ...wish, ...idle, status: 'queued' as const }
  await tx
    .insertInto('salvages')
    .values({ ...fresh, fence: 0 })
    .onConflict((row) => row.column('galleryId').doUpdateSet((eb) => ({ ...fresh, fence: eb('salvages.fence', '+', 1) })))
    .execute()
}

/** Claims it: who held it before can note nothing more. Undefined when nothing is asked for. */
export async function claimSalvage(db: Database, galleryId: string, now: Date): Promise<Salvage | undefined> {
  return db
    .updateTable('salvages')
    .set((eb) => ({ status: 'processing', fence: eb('fence', '+', 1), startedAt: now, readBytes: 0, allBytes: null, etaSeconds: null }))
    .where('galleryId', '=', galleryId)
    .where('status', 'in', open)
    .returningAll()
    .executeTakeFirst()
}

/** Throws `attempt_stale` when it was asked anew, or claimed by another, or its gallery was deleted for good. */
export async function changeSalvage(
  db: Database | Tx,
  held: Pick<Salvage, 'galleryId' | 'fence'>,
  { found, ...change }: Partial<Pick<Salvage, 'status' | 'readBytes' | 'allBytes' | 'etaSeconds' | 'errorCode' | 'found'>>,
): Promise<void> {
  const done = await db
    .updateTable('salvages')
    .set(found ? { ...change, found: JSON.stringify(found) } : change)
    .where('galleryId', '=', held.galleryId)
    .where('fence', '=', held.fence)
    .where('status', '=', 'processing')
    .executeTakeFirst()
  if (done.numUpdatedRows !== 1n) throw new AppError('attempt_stale', { salvage: held.galleryId })
}

/** Galleries that are to be salvaged and are not yet. */
export async function listSalvaging(db: Database, limit: number): Promise<string[]> {
  const rows = await db.selectFrom('salvages').select('galleryId').where('status', 'in', open).orderBy('galleryId').limit(limit).execute()
  return rows.map((row) => row.galleryId)
}

/** The gallery is archived anew, or gone for good: what was found then says nothing of it any more. */
export async function forgetSalvage(tx: Tx, galleryId: string): Promise<void> {
  await tx.deleteFrom('salvages').where('galleryId', '=', galleryId).execute()
}
