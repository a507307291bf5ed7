/** Questions to the tables rescues, remote_media and rescue_rounds that change something: a track comes in, is claimed, saved, put off. */
import { type Insertable, type Selectable, sql } from 'kysely'
import type { MediaRole, RoundOutcome } from '../domain/rescue.ts'
import type { Database, RemoteMediaTable, RescueRoundsTable, RescuesTable, Tx } from '../ports/database/port.ts'

export type Rescue = Selectable<RescuesTable>
export type RemoteMedia = Selectable<RemoteMediaTable>

/** A track as those who fetch it need it. */
export type Held = Rescue & { title: string; artist: string | null; galleryId: string; media: RemoteMedia[] }

/** The collection of this owner, if there is one. */
export async function findCollection(db: Database | Tx, ownerId: string): Promise<{ id: string } | undefined> {
  return db.selectFrom('galleries').select('id').where('ownerId', '=', ownerId).where('kind', '=', 'collection').executeTakeFirst()
}

/** The owner's tracks with these references, tombstones included, locked. */
export async function lockKnown(tx: Tx, ownerId: string, refs: { provider: string; providerRef: string }[]): Promise<Rescue[]> {
  const rows = await sql<{ itemId: string }>`
    select item_id from rescues join unnest(${refs.map((r) => r.provider)}::text[], ${refs.map((r) => r.providerRef)}::text[]) as t (provider, ref)
      on rescues.provider = t.provider and rescues.provider_ref = t.ref where owner_id = ${ownerId}`.execute(tx)
  const ids = rows.rows.map((row) => row.itemId)
  if (!ids.length) return []
  return tx.selectFrom('rescues').selectAll().where('itemId', 'in', ids).orderBy('itemId').forUpdate().execute()
}

/** Adds tracks: item, rescue and media of each. */
export async function insertRescues(
  tx: Tx,
  tracks: {
    item: { id: string; galleryId: string; title: string; artist: string | null; provider: string; position: number; createdAt: Date }
    rescue: Insertable<RescuesTable>
    media: Insertable<RemoteMediaTable>[]
  }[],
): Promise<void> {
  // a statement takes 65,535 parameters
  for (let i = 0; i < tracks.length; i += 500) {
    const some = tracks.slice(i, i + 500)
    await tx
      .insertInto('items')
      .values(some.map(({ item }) => ({ ...item, kind: 'track' as const })))
      .execute()
    await tx
      .insertInto('rescues')
      .values(some.map(({ rescue }) => rescue))
      .execute()
    await tx
      .insertInto('remoteMedia')
      .values(some.flatMap(({ media }) => media))
      .execute()
  }
}

/** What is left to be fetched of a known track gets these addresses; answers how many are new. What is stored stays. */
export async function offerMedia(tx: Tx, itemId: string, media: { role: MediaRole; url: string }[]): Promise<number> {
  let changed = 0
  for (const { role, url } of media) {
    const { numAffectedRows } = await sql`
      insert into remote_media (item_id, role, url, state) values (${itemId}, ${role}, ${url}, 'waiting')
      on conflict (item_id, role) do update set url = excluded.url, state = 'waiting', error_code = null, error_detail = null
      where remote_media.state <> 'stored' and remote_media.url <> excluded.url`.execute(tx)
    changed += Number(numAffectedRows ?? 0)
  }
  return changed
}

export type RescueChange = Partial<Omit<Rescue, 'itemId' | 'ownerId' | 'fence'>>

export async function changeRescue(tx: Tx | Database, itemId: string, change: RescueChange): Promise<void> {
  await tx.updateTable('rescues').set(change).where('itemId', '=', itemId).execute()
}

export interface Claim {
  now: Date
  /** when the holder counts as dead */
  until: Date
  /** null: of everybody */
  ownerId: string | null
  /** providers that have asked for a break */
  paused: string[]
  /** owners who have their share of lines already */
  busy?: string[]
  /** this one alone, whenever it is due */
  itemId?: string
}

/**
 * Takes the most urgent track that is due: first what can still be saved, by its end, then what has passed it (each of those only
 * once: whoever fails then is lost). Two askers never get the same one, and none waits for another.
 */
export async function claimRescue(tx: Tx, claim: Claim): Promise<Held | undefined> {
  if (claim.itemId !== undefined) return claimOne(tx, claim)
  return (await claimOne(tx, claim, 'living')) ?? (await claimOne(tx, claim, 'ended'))
}

async function claimOne(
  tx: Tx,
  { now, until, ownerId, paused, busy = [], itemId }: Claim,
  which?: 'living' | 'ended',
): Promise<Held | undefined> {
  const found = await tx
    .selectFrom('rescues')
    .select(['itemId', 'state'])
    .where('state', '!=', 'deleted')
    .$if(itemId !== undefined, (q) =>
      // held by nobody who lives; what is all here has nothing to fetch
      q
        .where('itemId', '=', itemId!)
        .where((eb) =>
          eb.or([eb('state', 'not in', ['rescuing', 'rescued']), eb.and([eb('state', '=', 'rescuing'), eb('dueAt', '<=', now)])]),
        ),
    )
    .$if(itemId === undefined, (q) => q.where('dueAt', '<=', now))
    .$if(ownerId !== null, (q) => q.where('ownerId', '=', ownerId!))
    .$if(busy.length > 0, (q) => q.where('ownerId', 'not in', busy))
    .$if(paused.length > 0, (q) => q.where('provider', 'not in', paused))
    .$if(which === 'living', (q) => q.where('expiresAt', '>', now))
    .$if(which === 'ended', (q) => q.where('expiresAt', '<=', now))
    .orderBy('expiresAt')
    .orderBy('itemId')
    .limit(1)
    .forUpdate()
    .skipLocked()
    .executeTakeFirst()
  if (!found) return undefined
  // its holder before has died
  if (found.state === 'rescuing') await endRounds(tx, found.itemId, now)
  const rescue = await tx
    .updateTable('rescues')
    .set((eb) => ({ state: 'rescuing', fence: eb('fence', '+', 1), dueAt: until }))
    .where('itemId', '=', found.itemId)
    .returningAll()
    .executeTakeFirstOrThrow()
  const item = await tx
    .selectFrom('items')
    .select(['title', 'artist', 'galleryId'])
    .where('id', '=', found.itemId)
    .executeTakeFirstOrThrow()
  const media = await tx.selectFrom('remoteMedia').selectAll().where('itemId', '=', found.itemId).orderBy('role').execute()
  return { ...rescue, ...item, media }
}

/** A living track, whoever owns it. */
export async function findRescue(db: Database | Tx, itemId: string): Promise<Rescue | undefined> {
  return db.selectFrom('rescues').selectAll().where('itemId', '=', itemId).where('state', '!=', 'deleted').executeTakeFirst()
}

/** Its holder lives. False when it has lost it: the track was deleted, or somebody took it for dead. */
export async function renewRescue(db: Database, { itemId, fence }: Pick<Rescue, 'itemId' | 'fence'>, until: Date): Promise<boolean> {
  const done = await held(db.updateTable('rescues').set({ dueAt: until }), itemId, fence).executeTakeFirst()
  return done.numUpdatedRows > 0n
}

/** Locks the track for its holder until the transaction ends, as it stands now; undefined when it is somebody else's by now, or deleted. */
export async function lockHeld(tx: Tx, { itemId, fence }: Pick<Rescue, 'itemId' | 'fence'>): Promise<Rescue | undefined> {
  return held(tx.selectFrom('rescues').selectAll(), itemId, fence).forUpdate().executeTakeFirst()
}

/** The holder lets go, with what came of it. False when it is not theirs any more; then nothing has changed. */
export async function letGo(tx: Tx, { itemId, fence }: Pick<Rescue, 'itemId' | 'fence'>, change: RescueChange): Promise<boolean> {
  const done = await held(tx.updateTable('rescues').set(change), itemId, fence).executeTakeFirst()
  return done.numUpdatedRows > 0n
}

interface Wherever<T> {
  where(column: 'itemId' | 'fence' | 'state', op: '=', value: string | number): T
}
const held = <T extends Wherever<T>>(query: T, itemId: string, fence: number): T =>
  query.where('itemId', '=', itemId).where('fence', '=', fence).where('state', '=', 'rescuing')

export async function noteMedia(tx: Tx, itemId: string, role: MediaRole, change: Partial<RemoteMedia>): Promise<void> {
  await tx.updateTable('remoteMedia').set(change).where('itemId', '=', itemId).where('role', '=', role).execute()
}

/** What was not saved until the end is lost. */
export async function loseMedia(tx: Tx, itemId: string): Promise<void> {
  await tx.updateTable('remoteMedia').set({ state: 'lost' }).where('itemId', '=', itemId).where('state', '=', 'waiting').execute()
}

export async function listMedia(db: Database | Tx, itemIds: string[]): Promise<RemoteMedia[]> {
  if (!itemIds.length) return []
  return db.selectFrom('remoteMedia').selectAll().where('itemId', 'in', itemIds).execute()
}

export async function insertRound(db: Database | Tx, round: Insertable<RescueRoundsTable>): Promise<void> {
  await db.insertInto('rescueRounds').values(round).execute()
}

export async function endRound(
  tx: Tx,
  { itemId, fence }: Pick<Rescue, 'itemId' | 'fence'>,
  end: { endedAt: Date; outcome: RoundOutcome; errorCode: string | null; errorDetail: string | null },
): Promise<void> {
  await tx.updateTable('rescueRounds').set(end).where('itemId', '=', itemId).where('fence', '=', fence).execute()
}

/** Rounds without an end, whose holders are dead or have lost the track. */
export async function endRounds(tx: Tx, itemId: string, now: Date): Promise<void> {
  await tx
    .updateTable('rescueRounds')
    .set({ endedAt: now, outcome: 'broken_off' })
    .where('itemId', '=', itemId)
    .where('endedAt', 'is', null)
    .execute()
}

/** Tracks whose next try lies behind `furthest`, where no try can be, or whose holder lives until then, are due now. */
export async function pullForward(db: Database | Tx, now: Date, furthest: Date): Promise<void> {
  await db
    .updateTable('rescues')
    .set({ dueAt: now })
    .where('dueAt', '>', furthest)
    // as the index has it
    .where(sql<boolean>`(state in ('rescuing', 'retrying', 'partial') or due_at > scheduled_at)`)
    .execute()
}

/** Is anything due? */
export async function isAnyDue(db: Database, now: Date): Promise<boolean> {
  return (await db.selectFrom('rescues').select('itemId').where('dueAt', '<=', now).limit(1).executeTakeFirst()) !== undefined
}

/** Changes the track whoever holds it; their fence is over. */
export async function takeFromHolder(tx: Tx, itemId: string, change: RescueChange): Promise<void> {
  await tx
    .updateTable('rescues')
    .set((eb) => ({ ...change, fence: eb('fence', '+', 1) }))
    .where('itemId', '=', itemId)
    .execute()
}

/** Whoever had this asset, whose file is lost, has another one with the same bytes. */
export async function repointMedia(tx: Tx, lost: string, found: string): Promise<void> {
  await tx.updateTable('remoteMedia').set({ assetId: found }).where('assetId', '=', lost).execute()
}

/** A file that no provider ever had gets its row. */
export async function putMedia(tx: Tx, itemId: string, role: MediaRole): Promise<void> {
  await tx
    .insertInto('remoteMedia')
    .values({ itemId, role, url: '', state: 'waiting' })
    .onConflict((c) => c.columns(['itemId', 'role']).doNothing())
    .execute()
}
