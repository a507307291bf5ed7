/** Questions to the table derivatives: small pictures made from an asset, disposable. */
import type { Database, DerivativesTable, Tx } from '../ports/database/port.ts'

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

/** Previews whose CRC-32 and SHA-256 nobody has taken yet. */
export async function listUnproven(db: Database, limit: number): Promise<DerivativesTable[]> {
  return db.selectFrom('derivatives').selectAll().where('kind', '=', 'preview').where('crc32', 'is', null).limit(limit).execute()
}

export async function setProof(db: Database, storageKey: string, proof: { crc32: number; sha256: Buffer }): Promise<void> {
  await db.updateTable('derivatives').set(proof).where('storageKey', '=', storageKey).execute()
}
