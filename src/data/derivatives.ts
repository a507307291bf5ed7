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
