/** Notes what of an archive was taken by whom, when the answer has ended: proof of delivery. Never in the way of the bytes. */
import type { FastifyReply } from 'fastify'
import { newId } from '../../base/id.ts'
import { changeDownload, countDownload, lockDownload } from '../../data/downloads.ts'
import { emit } from '../../data/events.ts'
import type { Link } from '../../data/links.ts'
import type { Archive } from '../../domain/archive.ts'
import { type Answer, agentFamily, covered, isWhole, lengthOf, nothing, take, underWay } from '../../domain/download.ts'
import { archiveFacts } from '../../domain/event.ts'
import { watchLines } from '../../http/received.ts'
import { chunk, type Sent } from '../../http/send.ts'
import type { Deps } from '../../ports/deps.ts'

type Needs = Pick<Deps, 'db' | 'queue' | 'clock' | 'log' | 'settings'>

/** Who downloads: somebody with a link, or the photographer. */
export type Reader = { link: Link } | { userId: string }

export interface Noting {
  /** the connection took bytes */
  taken(): void
  /** the answer has ended */
  ended(sent: Sent): void
}

export interface Notes {
  begin(reply: FastifyReply, archive: Archive, reader: Reader): Noting
  /** Resolves when everything that has ended is noted. */
  settled(): Promise<unknown>
}

export function makeNotes(deps: Needs): Notes {
  const arrival = watchLines()
  const open = new Set<Promise<void>>()
  return {
    begin(reply, archive, reader) {
      const begun = deps.clock.now().getTime()
      let last = begun
      const arrived = arrival(reply.raw)
      const agent = agentFamily(reply.request.headers['user-agent'])
      return {
        taken() {
          last = deps.clock.now().getTime()
        },
        ended(sent) {
          // HEAD, 304
          if (sent.bytes === 0 && sent.complete) return
          const noting =
            sent.status === 302
              ? noteHandover(deps, archive, reader, agent)
              : arrived.then((whole) => note(deps, archive, reader, agent, sent, { ...marks(sent, whole), begun, last }))
          const noted = noting
            // a download is worth more than its proof
            .catch((error) => deps.log.error({ archive: archive.id, error: String(error) }, 'a download could not be noted'))
            .finally(() => open.delete(noted))
          open.add(noted)
        },
      }
    },
    settled: () => Promise.all(open),
  }
}

/** What the other side has of an answer; the system may have taken a part of the chunk that it did not take whole. */
function marks({ from, to, bytes, complete }: Sent, arrived: boolean): Pick<Answer, 'from' | 'sure' | 'until' | 'to'> {
  if (complete && arrived) return { from, sure: to, until: to, to }
  return { from, sure: from + Math.max(0, bytes - underWay), until: Math.min(to, from + bytes + chunk), to }
}

/** The store gives the file: that it was asked for is known, and nothing of what was taken. */
async function noteHandover(deps: Needs, archive: Archive, reader: Reader, agent: string): Promise<void> {
  const now = deps.clock.now()
  await deps.db.transaction().execute(async (tx) => {
    const of = { galleryId: archive.galleryId, archiveId: archive.id, agent, ...whose(reader) }
    const fresh = { id: newId(now), ...of, planHash: archive.planHash, size: archive.fileSizeBytes, firstAt: now, lastAt: now }
    const { id, received, answers } = await lockDownload(tx, fresh)
    await changeDownload(tx, id, { ...of, received, answers, handedAt: now, lastAt: now })
  })
}

async function note(deps: Needs, archive: Archive, reader: Reader, agent: string, sent: Sent, answer: Answer): Promise<void> {
  const now = deps.clock.now()
  const size = archive.fileSizeBytes
  await deps.db.transaction().execute(async (tx) => {
    const of = { galleryId: archive.galleryId, archiveId: archive.id, agent, ...whose(reader) }
    const row = await lockDownload(tx, {
      id: newId(now),
      ...of,
      planHash: archive.planHash,
      size,
      firstAt: new Date(answer.begun),
      lastAt: now,
    })
    const done = isWhole(covered(row, size), size)
    // what comes after a complete copy belongs to the next one
    const next = take(done ? nothing : row, answer)
    const complete = isWhole(covered(next, size), size)
    // but not a line of it that was still open: programs with several cut what they no longer need
    const late = done && !complete && answer.begun <= row.lastAt.getTime()
    const copy = late ? { received: row.received, answers: row.answers } : next
    await changeDownload(tx, row.id, {
      ...copy,
      ...of,
      receivedBytes: lengthOf(covered(copy, size)),
      bytes: row.bytes + sent.bytes,
      count: row.count + (complete ? 1 : 0),
      completeAt: row.completeAt ?? (complete ? now : null),
      lastAt: late ? row.lastAt : now,
    })
    await countDownload(tx, archive.id, complete, now)
    // the photographer’s own copy is no delivery
    if (!complete || 'userId' in reader) return
    const by = { id: row.id, client_id: of.clientId, count: row.count + 1, program: agent }
    const more = { archive: archiveFacts(archive, deps.settings.publicUrl), download: by }
    const dedupeKey = `archive.downloaded ${row.id} ${by.count}`
    await emit(deps, tx, { galleryId: archive.galleryId, type: 'archive.downloaded', dedupeKey, more })
  })
}

/** A client is one reader whichever link they use: what was begun with one that has ended goes on with the next. */
function whose(reader: Reader): { reader: string; linkId: string | null; clientId: string | null; userId: string | null } {
  if ('userId' in reader) return { reader: `user:${reader.userId}`, linkId: null, clientId: null, userId: reader.userId }
  const { id, clientId } = reader.link
  return { reader: clientId ? `client:${clientId}` : `link:${id}`, linkId: id, clientId, userId: null }
}
