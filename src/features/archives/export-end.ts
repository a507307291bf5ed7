/** How exports end: ready with a letter, failed, or cancelled; in the transaction that ends the archive. */
import { after } from '../../base/clock.ts'
import { newId } from '../../base/id.ts'
import { keepUntil } from '../../data/archives.ts'
import { emit } from '../../data/events.ts'
import { changeExport, type Export, listExportsOf, listParts, settleCancelled } from '../../data/exports.ts'
import { discard } from '../../data/garbage.ts'
import { isWritten } from '../../data/letters.ts'
import { findExportLink, insertLink } from '../../data/links.ts'
import { writeLetters } from '../../data/outbox.ts'
import type { Archive } from '../../domain/archive.ts'
import type { Tx } from '../../ports/database/port.ts'
import type { Deps } from '../../ports/deps.ts'

type Needs = Pick<Deps, 'queue' | 'clock' | 'settings'>

/** This file is ready: every export that waited for it alone is, from now on for its hours. */
export async function fileReady(deps: Needs, tx: Tx, archive: Archive): Promise<void> {
  for (const one of await listExportsOf(tx, archive.id, ['open'])) await completeIfReady(deps, tx, one)
}

/** Makes an open export ready when all of its files are; answers it as it is then. */
export async function completeIfReady(deps: Needs, tx: Tx, one: Export): Promise<Export> {
  const parts = await listParts(tx, one.id)
  if (parts.some((part) => part.status !== 'ready')) return one
  const now = deps.clock.now()
  const expiresAt = after(now, deps.settings.linkLife.export)
  const change = { status: 'ready' as const, readyAt: now, expiresAt }
  if (await changeExport(tx, one.id, 'open', change)) await tellWorld(deps, tx, one, parts, expiresAt)
  for (const part of parts) await keepUntil(tx, part.id, expiresAt)
  if (one.notify) await writeLetter(deps, tx, { ...one, ...change }, one.notify, parts)
  return { ...one, ...change }
}

/** Once for each set of files, as the letter. The links are its asker's alone. */
async function tellWorld(deps: Needs, tx: Tx, one: Export, parts: Archive[], expiresAt: Date): Promise<void> {
  const facts = {
    id: one.id,
    requested_by: one.requester.split(' ')[0],
    files: parts.length,
    size_bytes: parts.reduce((sum, part) => sum + part.fileSizeBytes, 0),
    photos: parts.reduce((sum, part) => sum + part.imageCount, 0),
    expires_at: expiresAt.toISOString(),
  }
  const dedupeKey = `export.ready ${one.id} ${parts.map((part) => part.id).join(' ')}`
  await emit(deps, tx, { galleryId: one.galleryId, type: 'export.ready', dedupeKey, more: { export: facts } })
}

/** This file cannot be built: no export that needs it will be ready. Who wanted to hear of it does. */
export async function fileFailed(deps: Pick<Deps, 'queue' | 'clock'>, tx: Tx, archive: Archive): Promise<void> {
  const now = deps.clock.now()
  for (const one of await listExportsOf(tx, archive.id, ['open'])) {
    await changeExport(tx, one.id, 'open', { status: 'failed', endedAt: now })
    const dedupeKey = `export_failed ${one.id}`
    if (!one.notify) continue
    const about = { galleryId: one.galleryId, archiveId: archive.id, linkId: null, exportId: one.id }
    await writeLetters(deps, tx, now, [{ ...about, dedupeKey, kind: 'export_failed', recipient: one.notify, locale: one.locale }])
  }
}

/** The builder has let go: if what it built was cancelled, its bytes go. Answers whether it was. */
export async function endCancelled(deps: Pick<Deps, 'db' | 'clock'>, held: Archive): Promise<boolean> {
  return deps.db.transaction().execute(async (tx) => {
    const ended = await settleCancelled(tx, { held })
    // we alone have written under this key
    await discard(
      tx,
      ended.flatMap(({ storageKey }) => storageKey ?? []),
      'export cancelled',
      deps.clock.now(),
    )
    return ended.length > 0
  })
}

/** The link to one file of an export, living as long as the export; a client's goes when they are removed. */
export async function linkOf(deps: Pick<Deps, 'clock'>, tx: Tx, part: Pick<Archive, 'id' | 'galleryId'>, one: Export) {
  const expiresAt = one.expiresAt!
  const clientId = /^client (.+)$/.exec(one.requester)?.[1] ?? null
  const known = await findExportLink(tx, part.id, clientId, expiresAt)
  if (known) return known
  const now = deps.clock.now()
  const facts = { galleryId: part.galleryId, archiveId: part.id, clientId }
  const link = { ...facts, id: newId(now), kind: 'export' as const, issuedAt: now, expiresAt, revokedAt: null }
  await insertLink(tx, link)
  return link
}

/** Once for each set of files: when a missing photo has come back, they hear of it. */
async function writeLetter(deps: Needs, tx: Tx, one: Export, recipient: string, parts: Archive[]): Promise<void> {
  const dedupeKey = `export_ready ${one.id} ${parts.map((part) => part.id).join(' ')}`
  if (await isWritten(tx, dedupeKey)) return
  const links = []
  for (const part of parts) links.push(await linkOf(deps, tx, part, one))
  const about = { galleryId: one.galleryId, archiveId: parts[0]!.id, linkId: links[0]!.id, exportId: one.id }
  await writeLetters(deps, tx, deps.clock.now(), [{ ...about, dedupeKey, kind: 'export_ready', recipient, locale: one.locale }])
}
