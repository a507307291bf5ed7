/**
 * Once a minute, beside the reconciler: what has come into danger, or is lost, since its owner was last told. One letter and one
 * notification for all tracks that reached a stage (domain/rescue.ts, stagesOf); each stage of a track is told once, and each stage at
 * most once in a day that begins at six (UTC): what comes to it later waits for the next one, beside the digest. Only a track of which
 * nothing has been told and that would be gone by then is told of within a quarter of an hour: a provider that keeps files for an hour.
 */
import { days, hours, minutes } from '../../base/clock.ts'
import { newId } from '../../base/id.ts'
import { insertLetter, isWritten } from '../../data/letters.ts'
import { tell } from '../../data/notifications.ts'
import { type Endangered, listEndangered, listTrackDigests, noteTold } from '../../data/tracks.ts'
import { findUser } from '../../data/users.ts'
import { isMailbox } from '../../domain/mailbox.ts'
import { type Stage, stages, stagesOf } from '../../domain/rescue.ts'
import type { Tx } from '../../ports/database/port.ts'
import type { Deps } from '../../ports/deps.ts'

type Needs = Pick<Deps, 'db' | 'queue' | 'clock'>
type Kind = 'tracks_at_risk' | 'tracks_lost' | 'tracks_digest'

const page = 5000
const named = 10
const pause = minutes(15)
const morning = hours(6)
// to do something about it
const enough = hours(6)

export async function tellOwners(deps: Needs): Promise<void> {
  const now = deps.clock.now()
  const news: { row: Endangered; stages: number }[] = []
  // to the last of them: what one owner was told of stands in the list until it is saved or lost, and must not hide the others
  for (let last: Endangered | undefined; ; ) {
    const rows: Endangered[] = await listEndangered(deps.db, now, page, last)
    for (const row of rows) {
      const stages = stagesOf(row, now).length
      if (stages > row.told) news.push({ row, stages })
    }
    last = rows.at(-1)
    if (rows.length < page) break
  }
  for (const [ownerId, all] of Map.groupBy(news, ({ row }) => row.ownerId))
    for (const [reached, these] of Map.groupBy(all, (one) => one.stages))
      await deps.db.transaction().execute((tx) => tellOne(deps, tx, ownerId, stages[reached - 1]!, these))
}

async function tellOne(deps: Needs, tx: Tx, ownerId: string, stage: Stage, news: { row: Endangered; stages: number }[]): Promise<void> {
  const now = deps.clock.now()
  const kind = stage === 'lost' ? 'tracks_lost' : 'tracks_at_risk'
  const dedupeKey = await freeKey(tx, `${kind} ${ownerId} ${stage} ${dayOf(now)}`, stage, news, now)
  if (dedupeKey === null) return
  const told = new Set(
    await noteTold(
      tx,
      news.map(({ row, stages }) => ({ itemId: row.itemId, told: stages })),
    ),
  )
  const rows = news.map(({ row }) => row).filter(({ itemId }) => told.has(itemId))
  if (!rows.length) return
  const tracks = rows.slice(0, named).map(({ itemId, title, provider, expiresAt, errorCode }) => ({
    id: itemId,
    title,
    provider,
    ends: expiresAt.toISOString(),
    error: errorCode,
  }))
  const facts = { count: rows.length, tracks }
  const { galleryId, locale } = rows[0]!
  await tell(tx, { id: galleryId, ownerId }, kind, now, facts)
  await write(deps, tx, { kind, ownerId, galleryId, locale, dedupeKey, facts })
}

/** Under which key a letter of today may be written; null: today's is, and nothing that cannot wait has come since. */
async function freeKey(tx: Tx, today: string, stage: Stage, news: { row: Endangered }[], now: Date): Promise<string | null> {
  if (!(await isWritten(tx, today))) return today
  const next = Date.parse(`${dayOf(now)}T00:00:00Z`) + days(1) + morning
  const cannotWait = stage !== 'lost' && news.some(({ row }) => row.told === 0 && row.expiresAt.getTime() < next + enough)
  const now15 = `${today} ${Math.floor(now.getTime() / pause)}`
  return cannotWait && !(await isWritten(tx, now15)) ? now15 : null
}

/** The day that began at six. */
const dayOf = (now: Date): string => new Date(now.getTime() - morning).toISOString().slice(0, 10)

interface Draft {
  kind: Kind
  ownerId: string
  galleryId: string
  locale: Endangered['locale']
  dedupeKey: string
  facts: object
}

async function write(deps: Needs, tx: Tx, { ownerId, facts, ...letter }: Draft): Promise<void> {
  const owner = await findUser(tx, ownerId)
  // the owner that the command line makes has no mailbox until somebody signs up
  if (!owner || !isMailbox(owner.email)) return
  const now = deps.clock.now()
  const id = newId(now)
  const about = { archiveId: null, linkId: null, recipient: owner.email, createdAt: now, facts: JSON.stringify(facts) }
  await insertLetter(tx, { ...letter, ...about, id })
  await deps.queue.send(tx, { name: 'delivery.send', payload: { letterId: id } })
}

/** One letter a day after six (UTC) to whoever has tracks that fail or were lost since the morning before. */
export async function digestTracks(deps: Needs): Promise<void> {
  const now = deps.clock.now()
  const day = dayOf(now)
  const until = new Date(Date.parse(`${day}T00:00:00Z`) + morning)
  for (const { ownerId, galleryId, locale, ...facts } of await listTrackDigests(deps.db, new Date(until.getTime() - days(1)), until))
    await deps.db.transaction().execute(async (tx) => {
      const dedupeKey = `tracks_digest ${ownerId} ${day}`
      if (await isWritten(tx, dedupeKey)) return
      await write(deps, tx, { kind: 'tracks_digest', ownerId, galleryId, locale, dedupeKey, facts })
    })
}
