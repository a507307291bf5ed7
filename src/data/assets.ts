/** Questions to the table assets. */
import { sql } from 'kysely'
import { type Asset, mainRoles } from '../domain/asset.ts'
import type { Choice } from '../domain/selection.ts'
import type { Database, Tx } from '../ports/database/port.ts'

const columns = [
  'assets.id',
  'assets.galleryId',
  'assets.itemId',
  'assets.role',
  'assets.originalName',
  'assets.mime',
  'assets.size',
  'assets.crc32',
  'assets.sha256',
  'assets.state',
  'assets.storageKey',
  'assets.storageOffset',
  'assets.width',
  'assets.height',
  'assets.capturedAt',
  'assets.modifiedAt',
  'assets.renderState',
] as const

/** What its item says of a rescued track. */
const tags = ['items.title', 'items.artist', 'items.provider'] as const

function withTags({ title, artist, provider, ...asset }: Asset & { title: string; artist: string | null; provider: string | null }): Asset {
  return asset.role === 'original' ? asset : { ...asset, track: { title, artist, provider } }
}

/** The keys that hold these assets alone: one that lies inside an archive is no reason to discard that archive. */
export const ownKeys = (assets: Pick<Asset, 'storageKey' | 'storageOffset'>[]): string[] =>
  assets.filter(({ storageOffset }) => storageOffset === 0).map(({ storageKey }) => storageKey)

/**
 * Every living asset of the gallery (stored or missing) in the order of its items: what a plan is made of. `shown`: only those of
 * items that guests see.
 */
export async function listStored(db: Database | Tx, galleryId: string, shown = false): Promise<Asset[]> {
  return db
    .selectFrom('assets')
    .innerJoin('items', 'items.id', 'assets.itemId')
    .select(columns)
    .select(tags)
    .where('assets.galleryId', '=', galleryId)
    .where('assets.state', '!=', 'deleted')
    .$if(shown, (q) => q.where('items.hidden', '=', false))
    .orderBy('items.position')
    .orderBy('items.id')
    .orderBy('assets.id')
    .execute()
    .then((rows) => rows.map(withTags))
}

/** The assets of the gallery that are noted as missing. */
export async function listLost(db: Database | Tx, galleryId: string): Promise<Asset[]> {
  return db.selectFrom('assets').select(columns).where('galleryId', '=', galleryId).where('state', '=', 'missing').orderBy('id').execute()
}

/**
 * The living assets of these items, or of all (`shown`: of those among them that guests see), each with its preview when its bytes
 * are known (`marked`: the one that bears a watermark); in the order of the items.
 */
export async function listChosen(
  db: Database | Tx,
  galleryId: string,
  items: string[] | 'all',
  { shown = false, marked = false }: { shown?: boolean; marked?: boolean } = {},
): Promise<Choice[]> {
  const kind = marked ? 'marked_preview' : 'preview'
  const rows = await db
    .selectFrom('assets')
    .innerJoin('items', 'items.id', 'assets.itemId')
    .leftJoin('derivatives as d', (j) =>
      j.onRef('d.assetId', '=', 'assets.id').on('d.kind', '=', kind).on('d.crc32', 'is not', null).on('d.sha256', 'is not', null),
    )
    .select(columns)
    .select(tags)
    .select(['d.storageKey as previewKey', 'd.size as previewSize', 'd.crc32 as previewCrc32', 'd.sha256 as previewSha256', 'd.mark'])
    .where('assets.galleryId', '=', galleryId)
    .where('assets.state', '!=', 'deleted')
    .$if(shown, (q) => q.where('items.hidden', '=', false))
    .$if(items !== 'all', (q) => q.where(sql<boolean>`items.id = any(${items}::uuid[])`))
    .orderBy('items.position')
    .orderBy('items.id')
    .orderBy('assets.id')
    .execute()
  return rows.map(({ previewKey, previewSize, previewCrc32, previewSha256, mark, ...asset }) => ({
    asset: withTags(asset),
    preview: previewKey ? { storageKey: previewKey, mark, size: previewSize!, crc32: previewCrc32!, sha256: previewSha256! } : null,
  }))
}

/** The asset with this id, deleted ones left out. */
export async function findAsset(db: Database | Tx, id: string): Promise<Asset | undefined> {
  return db.selectFrom('assets').select(columns).where('id', '=', id).where('state', '!=', 'deleted').executeTakeFirst()
}

/** The living asset that stands for an item of this gallery. */
export async function findItemAsset(db: Database | Tx, galleryId: string, itemId: string): Promise<Asset | undefined> {
  return db
    .selectFrom('assets')
    .select(columns)
    .where('galleryId', '=', galleryId)
    .where('itemId', '=', itemId)
    .where('role', 'in', mainRoles)
    .where('state', '!=', 'deleted')
    .executeTakeFirst()
}

/** The first living asset of the gallery whose file had this name; of several with one name the first in the gallery's order. */
export async function findNamed(db: Database | Tx, galleryId: string, name: string): Promise<Asset | undefined> {
  return db
    .selectFrom('assets')
    .innerJoin('items', 'items.id', 'assets.itemId')
    .select(columns)
    .where('assets.galleryId', '=', galleryId)
    .where('assets.originalName', '=', name)
    .where('assets.state', '!=', 'deleted')
    .orderBy('items.position')
    .orderBy('items.id')
    .limit(1)
    .executeTakeFirst()
}

/** The asset with this id, deleted ones left out, locked until the transaction ends. */
export async function lockAsset(tx: Tx, id: string): Promise<Asset | undefined> {
  return tx.selectFrom('assets').select(columns).where('id', '=', id).where('state', '!=', 'deleted').forUpdate().executeTakeFirst()
}

/** The stored asset of the gallery that holds these very bytes. */
export async function findSame(db: Database | Tx, galleryId: string, sha256: Buffer, size: number): Promise<Asset | undefined> {
  return db
    .selectFrom('assets')
    .select(columns)
    .where('galleryId', '=', galleryId)
    .where('sha256', '=', sha256)
    .where('size', '=', size)
    .where('state', '=', 'stored')
    .orderBy('id')
    .limit(1)
    .executeTakeFirst()
}

/** The asset with these very bytes whose file was lost, locked: it can be healed. */
export async function lockLost(tx: Tx, galleryId: string, sha256: Buffer, size: number): Promise<Asset | undefined> {
  return tx
    .selectFrom('assets')
    .select(columns)
    .where('galleryId', '=', galleryId)
    .where('sha256', '=', sha256)
    .where('size', '=', size)
    .where('state', '=', 'missing')
    .orderBy('id')
    .limit(1)
    .forUpdate()
    .executeTakeFirst()
}

/** Is there a stored asset of this size? If not, a file of this size is none the gallery has, and need not be read to know. */
export async function hasSize(db: Database | Tx, galleryId: string, size: number): Promise<boolean> {
  const found = await db
    .selectFrom('assets')
    .select('id')
    .where('galleryId', '=', galleryId)
    .where('size', '=', size)
    .where('state', '=', 'stored')
    .limit(1)
    .executeTakeFirst()
  return found !== undefined
}

/** Adds an asset whose bytes are stored already. */
export async function insertAsset(tx: Tx, asset: Omit<Asset, 'track' | 'stands'> & { createdAt: Date }): Promise<void> {
  await tx.insertInto('assets').values(asset).execute()
}

/** The same for many: so many rows a statement that no parameter is too many. */
export async function insertAssets(tx: Tx, assets: (Omit<Asset, 'track' | 'stands'> & { createdAt: Date })[]): Promise<void> {
  for (let at = 0; at < assets.length; at += 1000) {
    const rows = assets.slice(at, at + 1000)
    await tx.insertInto('assets').values(rows).execute()
  }
}

/** Notes that the bytes of these assets are not in the storage, or not what was uploaded. Answers how many were stored until now. */
export async function markMissing(tx: Database | Tx, ids: string[]): Promise<number> {
  if (!ids.length) return 0
  const done = await tx
    .updateTable('assets')
    .set({ state: 'missing' })
    .where('id', 'in', ids)
    .where('state', '=', 'stored')
    .executeTakeFirst()
  return Number(done.numUpdatedRows)
}

/** The bytes of an asset that was noted as missing are there again; false when it was healed or deleted meanwhile. */
export async function setFound(tx: Tx, id: string, storageKey: string): Promise<boolean> {
  const done = await tx
    .updateTable('assets')
    .set({ state: 'stored' })
    .where('id', '=', id)
    .where('storageKey', '=', storageKey)
    .where('state', '=', 'missing')
    .executeTakeFirst()
  return done.numUpdatedRows > 0n
}

/** Takes the asset out of the living ones. False when it was deleted before. */
export async function markDeleted(tx: Tx, id: string): Promise<boolean> {
  const done = await tx
    .updateTable('assets')
    .set({ state: 'deleted' })
    .where('id', '=', id)
    .where('state', '!=', 'deleted')
    .executeTakeFirst()
  return done.numUpdatedRows > 0n
}

/** Takes these assets and their small pictures out of the living ones; answers the keys whose bytes nobody needs any more. */
export async function deleteAssets(tx: Tx, ids: string[]): Promise<string[]> {
  if (!ids.length) return []
  const pictures = await tx.deleteFrom('derivatives').where('assetId', 'in', ids).returning('storageKey').execute()
  const gone = await tx
    .updateTable('assets')
    .set({ state: 'deleted' })
    .where('id', 'in', ids)
    .where('state', '!=', 'deleted')
    .returning(['storageKey', 'storageOffset'])
    .execute()
  return [...ownKeys(gone), ...pictures.map((row) => row.storageKey)]
}

/** The item that had this asset goes; another one has the same bytes. */
export async function handAsset(tx: Tx, id: string, itemId: string): Promise<void> {
  await tx.updateTable('assets').set({ itemId }).where('id', '=', id).execute()
}

/** Takes every asset of a gallery and its small pictures out of the living ones; answers the keys whose bytes nobody needs any more. */
export async function deleteAllOf(tx: Tx, galleryId: string): Promise<string[]> {
  const pictures = await tx
    .deleteFrom('derivatives')
    .where('assetId', 'in', tx.selectFrom('assets').select('id').where('galleryId', '=', galleryId))
    .returning('storageKey')
    .execute()
  const originals = await tx
    .updateTable('assets')
    .set({ state: 'deleted' })
    .where('galleryId', '=', galleryId)
    .where('state', '!=', 'deleted')
    .returning(['storageKey', 'storageOffset'])
    .execute()
  return [...ownKeys(originals), ...pictures.map((row) => row.storageKey)]
}

/** Notes what the decoder saw; the small pictures are there. */
export async function setRendered(tx: Tx, id: string, look: { width: number; height: number }): Promise<void> {
  await tx
    .updateTable('assets')
    .set({ ...look, renderState: 'done' })
    .where('id', '=', id)
    .where('renderState', '=', 'waiting')
    .execute()
}

/** Its small pictures were lost: they are to be made again. */
export async function setUndrawn(tx: Tx, id: string): Promise<void> {
  await tx.updateTable('assets').set({ renderState: 'waiting' }).where('id', '=', id).where('renderState', '=', 'done').execute()
}

/** The same for all of a gallery that have none. */
export async function setAllUndrawn(db: Database | Tx, galleryId: string): Promise<void> {
  await db
    .updateTable('assets')
    .set({ renderState: 'waiting' })
    .where('galleryId', '=', galleryId)
    .where('state', '=', 'stored')
    .where('renderState', '=', 'done')
    .where(({ not, exists, selectFrom }) =>
      not(exists(selectFrom('derivatives').select('assetId').whereRef('derivatives.assetId', '=', 'assets.id'))),
    )
    .execute()
}

/** Notes that this file cannot be shown as a picture; it is kept and packed all the same. */
export async function setRenderFailed(db: Database | Tx, id: string): Promise<void> {
  await db.updateTable('assets').set({ renderState: 'failed' }).where('id', '=', id).where('renderState', '=', 'waiting').execute()
}

/** Assets that have waited for their small pictures since before `before`: their job was lost. */
export async function listUnrendered(db: Database, before: Date, limit: number): Promise<string[]> {
  const rows = await db
    .selectFrom('assets')
    .select('id')
    .where('renderState', '=', 'waiting')
    .where('state', '=', 'stored')
    .where('createdAt', '<', before)
    .orderBy('createdAt')
    .limit(limit)
    .execute()
  return rows.map((r) => r.id)
}
