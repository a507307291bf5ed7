/** Questions to the table archives. Every change names the state and the fence it expects. */
import { sql } from 'kysely'
import { AppError } from '../base/errors.ts'
import { type Archive, archiveKey } from '../domain/archive.ts'
import type { Database, Tx } from '../ports/database/port.ts'

const open = ['queued', 'processing', 'verifying'] as const

export async function findArchive(db: Database | Tx, id: string): Promise<Archive | undefined> {
  return db.selectFrom('archives').selectAll().where('id', '=', id).executeTakeFirst()
}

/** The archive at work for this gallery and recipe, if any; locked, so that no worker claims it until the transaction ends. */
export async function lockOpen(tx: Tx, galleryId: string, recipeHash: string): Promise<Archive | undefined> {
  return tx
    .selectFrom('archives')
    .selectAll()
    .where('galleryId', '=', galleryId)
    .where('recipeHash', '=', recipeHash)
    .where('status', 'in', open)
    .forUpdate()
    .executeTakeFirst()
}

/** The ready archive that holds exactly this content. */
export async function findCurrent(
  db: Database | Tx,
  galleryId: string,
  imagesHash: string,
  recipeHash: string,
): Promise<Archive | undefined> {
  return db
    .selectFrom('archives')
    .selectAll()
    .where('galleryId', '=', galleryId)
    .where('imagesHash', '=', imagesHash)
    .where('recipeHash', '=', recipeHash)
    .where('status', '=', 'ready')
    .where('supersededBy', 'is', null)
    .executeTakeFirst()
}

/** All versions of a gallery, newest first. */
export async function listVersions(db: Database | Tx, galleryId: string): Promise<Archive[]> {
  return db.selectFrom('archives').selectAll().where('galleryId', '=', galleryId).orderBy('version', 'desc').execute()
}

export async function nextVersion(tx: Tx, galleryId: string): Promise<number> {
  const row = await tx
    .selectFrom('archives')
    .select((eb) => eb.fn.max('version').as('version'))
    .where('galleryId', '=', galleryId)
    .executeTakeFirst()
  return (row?.version ?? 0) + 1
}

export async function insertArchive(tx: Tx, archive: Archive): Promise<void> {
  await tx
    .insertInto('archives')
    .values({ ...archive, recipe: JSON.stringify(archive.recipe) })
    .execute()
}

/**
 * Claims an archive for building: raises the fence, so that whoever held it before can write nothing more, and gives the
 * attempt a key of its own. Answers undefined when there is nothing to build, else also the key of the attempt before.
 */
export async function claimForBuild(tx: Tx, id: string, now: Date): Promise<{ archive: Archive; oldKey: string | null } | undefined> {
  const before = await tx
    .selectFrom('archives')
    .selectAll()
    .where('id', '=', id)
    .where('status', 'in', ['queued', 'processing'])
    .forUpdate()
    .executeTakeFirst()
  if (!before) return undefined
  const fence = before.fence + 1
  const archive = await tx
    .updateTable('archives')
    .set({
      status: 'processing',
      fence,
      attempts: before.attempts + 1,
      storageKey: archiveKey(before.galleryId, before.version, fence),
      checksum: null,
      movedBytes: null,
      storeRequests: null,
      processedBytes: 0,
      processedPhotos: 0,
      etaSeconds: null,
      progressAt: now,
      startedAt: now,
    })
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow()
  return { archive, oldKey: before.storageKey }
}

/** Claims a built archive for verification; undefined when there is nothing to verify. */
export async function claimForVerify(db: Database, id: string, now: Date): Promise<Archive | undefined> {
  return db
    .updateTable('archives')
    .set((eb) => ({ fence: eb('fence', '+', 1), processedBytes: 0, etaSeconds: null, progressAt: now }))
    .where('id', '=', id)
    .where('status', '=', 'verifying')
    .returningAll()
    .executeTakeFirst()
}

type Held = Pick<Archive, 'id' | 'fence' | 'status'>

/** Changes an archive that the caller holds; `attempt_stale` when somebody else has claimed it meanwhile. Not
 * final: the one who took it over may be a worker that stalled before its claim and holds no job any more; then ours goes on. */
export async function changeHeld(db: Database | Tx, held: Held, change: Partial<Archive>): Promise<void> {
  const { recipe, ...rest } = change
  const done = await db
    .updateTable('archives')
    .set(recipe ? { ...rest, recipe: JSON.stringify(recipe) } : rest)
    .where('id', '=', held.id)
    .where('fence', '=', held.fence)
    .where('status', '=', held.status)
    .executeTakeFirst()
  if (Number(done.numUpdatedRows) !== 1) throw new AppError('attempt_stale', { archive: held.id })
}

/** The ready archive with a higher version than this one, if it was faster. */
export async function findNewer(tx: Tx, than: Archive): Promise<Archive | undefined> {
  return tx
    .selectFrom('archives')
    .selectAll()
    .where('galleryId', '=', than.galleryId)
    .where('purpose', '=', than.purpose)
    .where('version', '>', than.version)
    .where('status', '=', 'ready')
    .where('supersededBy', 'is', null)
    .executeTakeFirst()
}

/** Marks every older ready archive of the gallery as superseded by this one. */
export async function supersede(tx: Tx, by: Archive, retainedUntil: Date): Promise<void> {
  await tx
    .updateTable('archives')
    .set({ supersededBy: by.id, retainedUntil })
    .where('galleryId', '=', by.galleryId)
    .where('purpose', '=', by.purpose)
    .where('status', '=', 'ready')
    .where('supersededBy', 'is', null)
    .where('version', '<', by.version)
    .execute()
}

/** The stored file of a ready archive is gone or damaged: it must not be shown as ready any more. */
export async function markLost(tx: Tx, id: string, now: Date): Promise<void> {
  await tx
    .updateTable('archives')
    .set({ status: 'failed', errorCode: 'archive_mismatch', errorMessage: 'The stored file is gone or damaged.', completedAt: now })
    .where('id', '=', id)
    .where('status', '=', 'ready')
    .execute()
}

/** Keeps the file at least until then; false when its time was over before. */
export async function keepUntil(tx: Tx, id: string, until: Date): Promise<boolean> {
  const done = await tx
    .updateTable('archives')
    .set({ retainedUntil: sql<Date>`greatest(retained_until, ${until})` })
    .where('id', '=', id)
    .where('status', '!=', 'deleted')
    .executeTakeFirst()
  return done.numUpdatedRows > 0n
}

/** Archives at work that have shown no progress since `before`: their job may be lost. */
export async function listIdle(db: Database, before: Date, limit: number): Promise<Archive[]> {
  return db
    .selectFrom('archives')
    .selectAll()
    .where('status', 'in', open)
    .where((eb) => eb(eb.fn.coalesce('progressAt', 'createdAt'), '<', before))
    .orderBy('createdAt')
    .limit(limit)
    .execute()
}

/** Nobody holds a living link to it, and of every original that was lost since some other copy is left: it may be the last one. */
const isUnneeded = (now: Date) => sql<boolean>`not exists (
    select 1 from links where links.archive_id = archives.id and revoked_at is null and expires_at > ${now})
  and not exists (
    select 1 from archive_entries e join assets on assets.id = e.asset_id
    where e.archive_id = archives.id and e.status = 'ok' and assets.state = 'missing')`

/** Ready archives whose time is over and that nobody needs. */
export async function listOutlived(db: Database, now: Date, limit: number): Promise<Archive[]> {
  return db
    .selectFrom('archives')
    .selectAll('archives')
    .where('status', '=', 'ready')
    .where('retainedUntil', '<', now)
    .where(isUnneeded(now))
    .orderBy('retainedUntil')
    .limit(limit)
    .execute()
}

/** Ends a ready archive whose time is over; false when it is not ready any more, or needed again since somebody looked. */
export async function markDeleted(tx: Tx, id: string, now: Date): Promise<boolean> {
  // a statement of its own: only the next one sees what was committed while we waited for the row
  await tx.selectFrom('archives').select('id').where('id', '=', id).forUpdate().execute()
  const done = await tx
    .updateTable('archives')
    .set({ status: 'deleted' })
    .where('id', '=', id)
    .where('status', '=', 'ready')
    .where('retainedUntil', '<', now)
    .where(isUnneeded(now))
    .executeTakeFirst()
  return done.numUpdatedRows > 0n
}

/** The version to show: the one at work or failed last, and the newest ready one that nothing supersedes. */
export function newestOf(versions: Archive[]): { newest: Archive | undefined; ready: Archive | undefined; failures: Archive[] } {
  const ready = versions.find((a) => a.status === 'ready' && !a.supersededBy)
  const sinceReady = versions.slice(0, ready ? versions.indexOf(ready) : versions.length)
  return { newest: versions[0], ready, failures: sinceReady.filter((a) => a.status === 'failed') }
}
