/** Questions to the table derivatives: small pictures made from an asset, disposable. */
import { sql } from 'kysely'
import { after, days } from '../base/clock.ts'
import type { Database, DerivativesTable, Tx } from '../ports/database/port.ts'
import type { Deps } from '../ports/deps.ts'
import { setUndrawn } from './assets.ts'
import { lockGalleryOfAnyState } from './galleries.ts'
import { discard } from './garbage.ts'

export async function insertDerivatives(tx: Tx, rows: DerivativesTable[]): Promise<void> {
  await tx.insertInto('derivatives').values(rows).execute()
}

export async function findDerivative(
  db: Database | Tx,
  assetId: string,
  kind: DerivativesTable['kind'],
): Promise<DerivativesTable | undefined> {
  return db.selectFrom('derivatives').selectAll().where('assetId', '=', assetId).where('kind', '=', kind).executeTakeFirst()
}

/** Takes the asset's derivatives out of the database; answers the keys whose bytes nobody needs any more. */
export async function deleteDerivatives(tx: Tx, assetId: string): Promise<string[]> {
  const rows = await tx.deleteFrom('derivatives').where('assetId', '=', assetId).returning('storageKey').execute()
  return rows.map((r) => r.storageKey)
}

/** The same for every asset of a gallery. */
export async function deleteDerivativesOf(tx: Tx, galleryId: string): Promise<string[]> {
  const assets = tx.selectFrom('assets').select('id').where('galleryId', '=', galleryId)
  const rows = await tx.deleteFrom('derivatives').where('assetId', 'in', assets).returning('storageKey').execute()
  return rows.map((r) => r.storageKey)
}

/** Those of an asset that bear a watermark. */
export async function deleteMarked(tx: Tx, assetId: string): Promise<string[]> {
  const rows = await tx
    .deleteFrom('derivatives')
    .where('assetId', '=', assetId)
    .where('mark', 'is not', null)
    .returning('storageKey')
    .execute()
  return rows.map((r) => r.storageKey)
}

/** Those of a whole gallery. */
export async function deleteMarkedOf(tx: Tx, galleryId: string): Promise<string[]> {
  const assets = tx.selectFrom('assets').select('id').where('galleryId', '=', galleryId)
  const rows = await tx
    .deleteFrom('derivatives')
    .where('assetId', 'in', assets)
    .where('mark', 'is not', null)
    .returning('storageKey')
    .execute()
  return rows.map((r) => r.storageKey)
}

/** A preview that does not bear this watermark yet. */
export interface Unmarked {
  assetId: string
  storageKey: string
  size: number
  width: number
  height: number
}

/** Photos of the gallery without a picture that bears this very watermark, those after `last` in the order of their ids. */
export async function listUnmarked(
  db: Database | Tx,
  galleryId: string,
  mark: string,
  last: string | null,
  limit: number,
): Promise<Unmarked[]> {
  return photosOf(db, galleryId, mark, last)
    .select(['photos.id as assetId', 'd.storageKey', 'd.size', 'd.width', 'd.height'])
    .where('m.mark', 'is', null)
    .orderBy('photos.id')
    .limit(limit)
    .execute()
}

/** How many photos of the gallery have a preview, and how many of them bear this very watermark. */
export async function countMarked(db: Database | Tx, galleryId: string, mark: string): Promise<{ photos: number; marked: number }> {
  return photosOf(db, galleryId, mark)
    .select([sql<number>`count(*)::int`.as('photos'), sql<number>`count(m.mark)::int`.as('marked')])
    .executeTakeFirstOrThrow()
}

// Its photos first: joined at once and in the order of their ids, those of everybody would be walked until a page is full.
const photosOf = (db: Database | Tx, galleryId: string, mark: string, last: string | null = null) =>
  db
    .with(
      (cte) => cte('photos').materialized(),
      (all) =>
        all
          .selectFrom('assets')
          .select('id')
          .where('galleryId', '=', galleryId)
          .where('role', '=', 'original')
          .where('state', '!=', 'deleted')
          .$if(last !== null, (q) => q.where('id', '>', last!))
          .orderBy('id'),
    )
    .selectFrom('photos')
    .innerJoin('derivatives as d', (j) => j.onRef('d.assetId', '=', 'photos.id').on('d.kind', '=', 'preview'))
    .leftJoin('derivatives as m', (j) => j.onRef('m.assetId', '=', 'photos.id').on('m.kind', '=', 'marked_preview').on('m.mark', '=', mark))

/** Its small pictures are lost or damaged: they go, and are made again. That is no lost photo. */
export async function drawAgain({ queue, clock }: Pick<Deps, 'queue' | 'clock'>, tx: Tx, assetId: string): Promise<void> {
  await discard(tx, await deleteDerivatives(tx, assetId), 'preview lost', after(clock.now(), days(1)))
  await setUndrawn(tx, assetId)
  await queue.send(tx, { name: 'asset.render', payload: { assetId } })
}

/** The same for who has found one of them lost. Whoever finds it at the same time comes to nothing: by then it is another one, or none. */
export async function drawLost(
  deps: Pick<Deps, 'queue' | 'clock'>,
  tx: Tx,
  galleryId: string,
  { assetId, kind, storageKey }: Pick<DerivativesTable, 'assetId' | 'kind' | 'storageKey'>,
): Promise<void> {
  await lockGalleryOfAnyState(tx, galleryId)
  if ((await findDerivative(tx, assetId, kind))?.storageKey === storageKey) await drawAgain(deps, tx, assetId)
}

/** Previews whose CRC-32 and SHA-256 nobody has taken yet. */
export async function listUnproven(db: Database, limit: number): Promise<DerivativesTable[]> {
  return db.selectFrom('derivatives').selectAll().where('kind', '=', 'preview').where('crc32', 'is', null).limit(limit).execute()
}

export async function setProof(db: Database, storageKey: string, proof: { crc32: number; sha256: Buffer }): Promise<void> {
  await db.updateTable('derivatives').set(proof).where('storageKey', '=', storageKey).execute()
}
