/** Questions to the table archives. Every change names the state and the fence it expects. */
import { sql } from 'kysely'
import { after } from '../base/clock.ts'
import { AppError, isCode } from '../base/errors.ts'
import { type Archive, archiveKey } from '../domain/archive.ts'
import { resumeGrace } from '../domain/link.ts'
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

/** All versions that were delivered or are to be, newest first. */
export async function listVersions(db: Database | Tx, galleryId: string): Promise<Archive[]> {
  return db
    .selectFrom('archives')
    .selectAll()
    .where('galleryId', '=', galleryId)
    .where('purpose', '=', 'delivery')
    .orderBy('version', 'desc')
    .execute()
}

/** The final archives of a gallery, newest first. */
export async function listFinal(db: Database | Tx, galleryId: string): Promise<Archive[]> {
  return db
    .selectFrom('archives')
    .selectAll()
    .where('galleryId', '=', galleryId)
    .where('purpose', '=', 'final')
    .orderBy('version', 'desc')
    .execute()
}

export async function nextVersion(tx: Tx, galleryId: string, purpose: Archive['purpose']): Promise<number> {
  const row = await tx
    .selectFrom('archives')
    .select((eb) => eb.fn.max('version').as('version'))
    .where('galleryId', '=', galleryId)
    .where('purpose', '=', purpose)
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
      storageKey: archiveKey(before, fence),
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

/** One delivery takes the place of another; a selection only that of the same choice. */
const ofItsLine = ({ purpose, recipeHash }: Archive) =>
  sql<boolean>`purpose = ${purpose} and (purpose <> 'selection' or recipe_hash = ${recipeHash})`

/** The ready archive with a higher version than this one, if it was faster. */
export async function findNewer(tx: Tx, than: Archive): Promise<Archive | undefined> {
  return tx
    .selectFrom('archives')
    .selectAll()
    .where('galleryId', '=', than.galleryId)
    .where(ofItsLine(than))
    .where('version', '>', than.version)
    .where('status', '=', 'ready')
    .where('supersededBy', 'is', null)
    .executeTakeFirst()
}

/** Everybody is to be told of this version. */
export async function markAnnounced(tx: Tx, id: string): Promise<void> {
  await tx.updateTable('archives').set({ announce: true }).where('id', '=', id).execute()
}

/** Marks every older ready archive of its line as superseded by this one. */
export async function supersede(tx: Tx, by: Archive, retainedUntil: Date): Promise<void> {
  await tx
    .updateTable('archives')
    .set({ supersededBy: by.id, retainedUntil })
    .where('galleryId', '=', by.galleryId)
    .where(ofItsLine(by))
    .where('status', '=', 'ready')
    .where('supersededBy', 'is', null)
    .where('version', '<', by.version)
    .execute()
}

/** The stored file of a ready archive is gone or damaged: it must not be shown as ready any more. False when it was not. */
export async function markLost(tx: Tx, id: string, now: Date): Promise<boolean> {
  const done = await tx
    .updateTable('archives')
    .set({ status: 'failed', errorCode: 'archive_mismatch', errorMessage: 'The stored file is gone or damaged.', completedAt: now })
    .where('id', '=', id)
    .where('status', '=', 'ready')
    .executeTakeFirst()
  return done.numUpdatedRows > 0n
}

/** Takes the files of final archives that were lost off their rows, unless an original lies in one; answers their keys. */
export async function takeLost(tx: Tx, galleryId: string): Promise<string[]> {
  const { rows } = await sql<{ key: string }>`
    update archives set storage_key = null from (
      select id, storage_key as key from archives a
      where gallery_id = ${galleryId} and purpose = 'final' and status = 'failed' and storage_key is not null
        and not exists (select 1 from assets where assets.storage_key = a.storage_key and assets.state <> 'deleted')
      for update) as lost
    where archives.id = lost.id returning lost.key`.execute(tx)
  return rows.map(({ key }) => key)
}

/** The archives of a gallery that was deleted for good, also those at work; answers the keys of their files. What a guest waits for ends by its own time. */
export async function markGone(tx: Tx, galleryId: string): Promise<string[]> {
  const rows = await tx
    .updateTable('archives')
    .set({ status: 'deleted' })
    .where('galleryId', '=', galleryId)
    .where((eb) => eb.or([eb('status', '=', 'ready'), eb.and([eb('status', 'in', open), eb('purpose', '!=', 'selection')])]))
    .returning('storageKey')
    .execute()
  return rows.flatMap((row) => row.storageKey ?? [])
}

/** Are these archives ready, and so until the transaction ends? */
export async function lockReady(tx: Tx, ids: string[]): Promise<boolean> {
  const rows = await tx.selectFrom('archives').select('id').where('id', 'in', ids).where('status', '=', 'ready').forShare().execute()
  return rows.length === ids.length
}

/** Keeps the file until then at least; false when its time was over before. */
export async function keepUntil(tx: Tx, id: string, until: Date): Promise<boolean> {
  const done = await tx
    .updateTable('archives')
    .set({ retainedUntil: sql<Date>`greatest(retained_until, ${until})` })
    .where('id', '=', id)
    .where('status', 'not in', ['deleted', 'cancelling', 'cancelled', 'expired'])
    .executeTakeFirst()
  return done.numUpdatedRows > 0n
}

/** A ready archive that nobody wants any more need not wait for its time. */
export async function endRetention(tx: Tx, id: string, now: Date): Promise<void> {
  await tx.updateTable('archives').set({ retainedUntil: now }).where('id', '=', id).where('status', '=', 'ready').execute()
}

/** What a gallery became is kept until somebody deletes it; of a deleted one nobody can, so it has its time like any other. */
export async function limitFinal(tx: Tx, galleryId: string, until: Date): Promise<void> {
  await tx
    .updateTable('archives')
    .set({ retainedUntil: until })
    .where('galleryId', '=', galleryId)
    .where('purpose', '=', 'final')
    .where('status', '=', 'ready')
    .where('retainedUntil', 'is', null)
    .execute()
}

/** Archives at work, or in these of its states, that have shown no progress since `before`: their job is lost, or whoever works on them stands still. */
export async function listIdle(
  db: Database,
  before: Date,
  limit: number,
  states: readonly (typeof open)[number][] = open,
): Promise<Archive[]> {
  return db
    .selectFrom('archives')
    .selectAll()
    .where('status', 'in', states)
    .where((eb) => eb(eb.fn.coalesce('progressAt', 'createdAt'), '<', before))
    .orderBy('createdAt')
    .limit(limit)
    .execute()
}

/** Takes a stuck archive from whoever holds it: the fence rises, so nothing they do later counts. False when it has moved meanwhile. */
export async function takeAway(
  tx: Tx,
  held: Held,
  change: Partial<Pick<Archive, 'status' | 'storageKey' | 'errorCode' | 'errorMessage' | 'progressAt'>>,
): Promise<boolean> {
  try {
    await changeHeld(tx, held, { ...change, fence: held.fence + 1, processedBytes: 0, processedPhotos: 0, etaSeconds: null })
    return true
  } catch (error) {
    if (isCode(error, 'attempt_stale')) return false
    throw error
  }
}

/** The archives of these galleries that have a file or are at work. */
export async function listOfGalleries(db: Database | Tx, galleryIds: string[]): Promise<Archive[]> {
  if (!galleryIds.length) return []
  return db
    .selectFrom('archives')
    .selectAll()
    .where('galleryId', 'in', galleryIds)
    .where('status', 'in', ['ready', ...open])
    .orderBy('version', 'desc')
    .execute()
}

/**
 * No original lies inside it, nobody holds a link to it that lives, or with which a transfer may still go on, nobody waits for
 * its other parts, and of every original that was lost since some other copy is left: it may be the last one.
 */
const isUnneeded = (now: Date) => sql<boolean>`not exists (
    select 1 from links where links.archive_id = archives.id and revoked_at is null
      and expires_at > (case when first_used_at is null then ${now}::timestamptz else ${after(now, -resumeGrace)}::timestamptz end))
  and not exists (
    select 1 from export_parts p join exports on exports.id = p.export_id
    where p.archive_id = archives.id and exports.status in ('open', 'ready'))
  and not exists (
    select 1 from archive_entries e join assets on assets.id = e.asset_id
    where e.archive_id = archives.id and e.status = 'ok' and e.preview_key is null and assets.state = 'missing')
  and not exists (select 1 from assets where assets.storage_key = archives.storage_key and assets.state <> 'deleted')`

// as the index (031) has it
const readyUntil = sql<Date | null>`case when status = 'ready' then retained_until end`

/** Ready archives whose time is over and that nobody needs. */
export async function listOutlived(db: Database, now: Date, limit: number): Promise<Archive[]> {
  return db
    .selectFrom('archives')
    .selectAll('archives')
    .where(readyUntil, '<', now)
    .where(isUnneeded(now))
    .orderBy(readyUntil)
    .limit(limit)
    .execute()
}

/** Ends a ready archive whose time is over (a selection is expired, others are deleted); false when it is not ready any more, or needed again since somebody looked. */
export async function markDeleted(tx: Tx, id: string, now: Date): Promise<boolean> {
  // a statement of its own: only the next one sees what was committed while we waited for the row
  await tx.selectFrom('archives').select('id').where('id', '=', id).forUpdate().execute()
  const done = await tx
    .updateTable('archives')
    .set({ status: sql<'deleted' | 'expired'>`case when purpose = 'selection' then 'expired' else 'deleted' end` })
    .where('id', '=', id)
    .where('status', '=', 'ready')
    .where('retainedUntil', '<', now)
    .where(isUnneeded(now))
    .executeTakeFirst()
  return done.numUpdatedRows > 0n
}

/**
 * Ends an archive at work that nobody wants any more. What is being written is `cancelling` until its builder has let go;
 * all else is `cancelled`, and answers the key whose bytes nobody needs.
 */
export async function cancelWork(tx: Tx, id: string, now: Date): Promise<string | null> {
  const before = await tx.selectFrom('archives').select(['status', 'storageKey']).where('id', '=', id).forUpdate().executeTakeFirst()
  if (!before || !open.includes(before.status as (typeof open)[number])) return null
  const status = before.status === 'processing' ? 'cancelling' : 'cancelled'
  await tx.updateTable('archives').set({ status, progressAt: now, completedAt: now, etaSeconds: null }).where('id', '=', id).execute()
  return status === 'cancelled' ? before.storageKey : null
}

/** The version to show: the one at work or failed last, and the newest ready one that nothing supersedes. */
export function newestOf(versions: Archive[]): { newest: Archive | undefined; ready: Archive | undefined; failures: Archive[] } {
  const ready = versions.find((a) => a.status === 'ready' && !a.supersededBy)
  const sinceReady = versions.slice(0, ready ? versions.indexOf(ready) : versions.length)
  return { newest: versions[0], ready, failures: sinceReady.filter((a) => a.status === 'failed') }
}
