/** Questions about originals that lie inside an archive: how they get there, what of their old keys is left, how they come out again. */
import { sql } from 'kysely'
import type { Asset } from '../domain/asset.ts'
import { isForeign } from '../domain/foreign.ts'
import type { Database, Tx } from '../ports/database/port.ts'

/** Notes that the archive was read back just now and every entry had the SHA-256 of its upload. */
export async function insertProof(tx: Tx, proof: { id: string; archiveId: string; checksum: string; verifiedAt: Date }): Promise<void> {
  await tx.insertInto('archiveProofs').values(proof).execute()
}

/** When the archive was proven last. */
export async function findProof(db: Database | Tx, archiveId: string): Promise<{ id: string; verifiedAt: Date } | undefined> {
  return db
    .selectFrom('archiveProofs')
    .select(['id', 'verifiedAt'])
    .where('archiveId', '=', archiveId)
    .orderBy('verifiedAt', 'desc')
    .limit(1)
    .executeTakeFirst()
}

/** When the archive was proven, the newest first. */
export async function listProofs(db: Database, archiveId: string, limit: number): Promise<{ verifiedAt: Date; checksum: string }[]> {
  return db
    .selectFrom('archiveProofs')
    .select(['verifiedAt', 'checksum'])
    .where('archiveId', '=', archiveId)
    .orderBy('verifiedAt', 'desc')
    .limit(limit)
    .execute()
}

/** An asset's place: the key and offset it was planned from, and where its bytes stand in the archive. */
export interface Placed {
  assetId: string
  storageKey: string
  storageOffset: number
  offset: number
}

/**
 * Lets stored assets lie inside the archive, each from exactly the place it was planned from; answers how many. Their keys of
 * before wait for their end with the proof, from `notBefore` on.
 */
export async function moveInside(
  tx: Tx,
  archive: { galleryId: string; storageKey: string },
  placed: Placed[],
  purge: { proofId: string; notBefore: Date },
): Promise<number> {
  const moved = await sql`
    update assets set storage_key = ${archive.storageKey}, storage_offset = t.new
    from unnest(${placed.map((p) => p.assetId)}::uuid[], ${placed.map((p) => p.storageKey)}::text[], ${placed.map((p) => p.storageOffset)}::bigint[],
      ${placed.map((p) => p.offset)}::bigint[]) as t (id, key, old, new)
    where assets.id = t.id and gallery_id = ${archive.galleryId} and state = 'stored' and storage_key = t.key and storage_offset = t.old`.execute(
    tx,
  )
  // what never was ours to delete is not deleted; what lies inside an older archive is that archive's
  const own = placed.filter(({ storageKey, storageOffset }) => storageOffset === 0 && !isForeign(storageKey))
  const waiting = own.map(({ storageKey, assetId }) => ({ key: storageKey, assetId }))
  await insertPurges(tx, archive.galleryId, waiting, purge)
  // keys that still wait from the time before a restore are proven by this archive now
  await tx.updateTable('purges').set(purge).where('galleryId', '=', archive.galleryId).where('proofId', '!=', purge.proofId).execute()
  return Number(moved.numAffectedRows ?? 0)
}

/** Archived galleries with keys whose time is over; those of one that came back are wanted again, or taken by its hydration. */
export async function listPurgeable(db: Database, now: Date, limit: number): Promise<string[]> {
  const { rows } = await sql<{ galleryId: string }>`
    select distinct gallery_id from (
      select gallery_id from purges join galleries on galleries.id = gallery_id and galleries.state = 'archived'
      where not_before <= ${now} order by not_before limit ${limit}) as due`.execute(db)
  return rows.map((row) => row.galleryId)
}

/** Takes up to `limit` keys of this gallery whose time is over off the list, and answers them. */
export async function takePurges(tx: Tx, galleryId: string, now: Date, limit: number): Promise<string[]> {
  const { rows } = await sql<{ key: string }>`
    delete from purges where key in (
      select key from purges where gallery_id = ${galleryId} and not_before <= ${now} order by key limit ${limit}) returning key`.execute(
    tx,
  )
  return rows.map((row) => row.key)
}

/** Takes the waiting keys off the list whose asset was deleted since, or lies under another key of its own; answers them. */
export async function takeUnneeded(tx: Tx, galleryId: string): Promise<string[]> {
  const { rows } = await sql<{ key: string }>`
    delete from purges using assets where purges.gallery_id = ${galleryId} and assets.id = purges.asset_id
      and (assets.state = 'deleted' or storage_offset = 0) returning purges.key`.execute(tx)
  return rows.map((row) => row.key)
}

/** Takes every waiting key of this gallery off the list, whatever its time, and answers them. */
export async function takeAllPurges(tx: Tx, galleryId: string): Promise<string[]> {
  const rows = await tx.deleteFrom('purges').where('galleryId', '=', galleryId).returning('key').execute()
  return rows.map((row) => row.key)
}

/** Rests the waiting keys of a gallery on a newer proof. */
export async function renewPurges(tx: Tx, galleryId: string, proofId: string): Promise<void> {
  await tx.updateTable('purges').set({ proofId }).where('galleryId', '=', galleryId).execute()
}

/** Where the bytes of an asset were found. */
export type Place = Pick<Asset, 'id' | 'storageKey' | 'storageOffset'>

/** The keys that wait for their end, each as the place of its asset. */
export async function listPurges(db: Database | Tx, galleryId: string): Promise<Place[]> {
  const rows = await db.selectFrom('purges').select(['assetId', 'key']).where('galleryId', '=', galleryId).execute()
  return rows.map(({ assetId, key }) => ({ id: assetId, storageKey: key, storageOffset: 0 }))
}

/** Notes keys that hold originals beside an archive that holds them too: their bytes are wanted back first, and else go in time. */
export async function insertPurges(
  tx: Tx,
  galleryId: string,
  old: { key: string; assetId: string }[],
  purge: { proofId: string; notBefore: Date },
): Promise<void> {
  await sql`
    insert into purges (key, asset_id, gallery_id, proof_id, not_before)
    select t.key, t.id, ${galleryId}::uuid, ${purge.proofId}::uuid, ${purge.notBefore}
    from unnest(${old.map(({ key }) => key)}::text[], ${old.map(({ assetId }) => assetId)}::uuid[]) as t (key, id)`.execute(tx)
}

/**
 * Lets living assets of the gallery lie at these places, each in an archive or under a key that waits for its end and then waits
 * no more. False when one of those keys waits no more already; then the caller goes back.
 */
export async function moveTo(tx: Tx, galleryId: string, places: Place[]): Promise<boolean> {
  await sql`
    update assets set storage_key = t.key, storage_offset = t.at, state = 'stored'
    from unnest(${places.map((p) => p.id)}::uuid[], ${places.map((p) => p.storageKey)}::text[], ${places.map((p) => p.storageOffset)}::bigint[])
      as t (id, key, at)
    where assets.id = t.id and gallery_id = ${galleryId} and state <> 'deleted'`.execute(tx)
  const old = places.filter(({ storageOffset }) => storageOffset === 0).map(({ storageKey }) => storageKey)
  const kept = await sql`delete from purges where gallery_id = ${galleryId} and key = any(${old}::text[])`.execute(tx)
  return Number(kept.numAffectedRows) === old.length
}

/** An asset that lies inside an archive, and the key it had before, while that is kept. */
export type Inside = Pick<
  Asset,
  'id' | 'galleryId' | 'originalName' | 'size' | 'sha256' | 'crc32' | 'mime' | 'storageKey' | 'storageOffset'
> & {
  oldKey: string | null
}

/** Assets of this gallery that lie inside an archive, those after `afterId`, in the order of their ids. */
export async function listInside(db: Database | Tx, galleryId: string, afterId: string | null, limit: number): Promise<Inside[]> {
  return db
    .selectFrom('assets')
    .leftJoin('purges', 'purges.assetId', 'assets.id')
    .select([
      'assets.id',
      'assets.galleryId',
      'assets.originalName',
      'assets.size',
      'assets.sha256',
      'assets.crc32',
      'assets.mime',
      'assets.storageKey',
      'assets.storageOffset',
      'purges.key as oldKey',
    ])
    .where('assets.galleryId', '=', galleryId)
    .where('storageOffset', '>', 0)
    .where('state', '=', 'stored')
    .$if(afterId !== null, (q) => q.where('assets.id', '>', afterId!))
    .orderBy('assets.id')
    .limit(limit)
    .execute()
}

/** How many assets of this gallery lie inside an archive, and of how many; and their bytes. */
export async function countInside(
  db: Database | Tx,
  galleryId: string,
): Promise<{ files: number; bytes: number; allFiles: number; allBytes: number }> {
  return db
    .selectFrom('assets')
    .select([
      sql<number>`count(*) filter (where storage_offset > 0)`.as('files'),
      sql<number>`coalesce(sum(size) filter (where storage_offset > 0), 0)::bigint`.as('bytes'),
      sql<number>`count(*)`.as('allFiles'),
      sql<number>`coalesce(sum(size), 0)::bigint`.as('allBytes'),
    ])
    .where('galleryId', '=', galleryId)
    .where('state', '!=', 'deleted')
    .executeTakeFirstOrThrow()
}

/** The asset lies under a key of its own again; false when it was moved or deleted meanwhile. Its small pictures are to be made anew. */
export async function moveOut(tx: Tx, from: Inside, key: string): Promise<boolean> {
  const done = await tx
    .updateTable('assets')
    .set({ storageKey: key, storageOffset: 0 })
    .where('id', '=', from.id)
    .where('state', '=', 'stored')
    .where('storageKey', '=', from.storageKey)
    .where('storageOffset', '=', from.storageOffset)
    .executeTakeFirst()
  if (done.numUpdatedRows === 0n) return false
  await tx.deleteFrom('purges').where('key', '=', key).execute()
  return true
}

/** Keys that wait for their end although their asset needs them no more: it is under another key of its own. */
export async function dropPurge(tx: Tx, key: string): Promise<void> {
  await tx.deleteFrom('purges').where('key', '=', key).execute()
}
