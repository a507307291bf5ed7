/** Proof of delivery as the photographer sees it: what has reached whom, and everything that is kept about one client. */
import type { ClientData, Deliveries, Delivery } from '../../../sdk/src/wire.ts'
import { AppError } from '../../base/errors.ts'
import { listVersions, newestOf } from '../../data/archives.ts'
import { findClient, listClients } from '../../data/clients.ts'
import { countSent, listDownloads, type VersionDownload } from '../../data/downloads.ts'
import { listSaid } from '../../data/feedback.ts'
import { listOfClient as listLettersOfClient } from '../../data/letters.ts'
import { listOfClient as listLinksOfClient } from '../../data/links.ts'
import type { Database } from '../../ports/database/port.ts'

export async function listDeliveries(db: Database, galleryId: string): Promise<Deliveries> {
  const downloads = await listDownloads(db, galleryId)
  const sent = await countSent(db, galleryId)
  const { ready } = newestOf(await listVersions(db, galleryId))
  const view = (rows: VersionDownload[]) => viewDelivery(rows, ready?.planHash)
  const clients = (await listClients(db, galleryId)).map((client) => ({
    client_id: client.id,
    email: client.email,
    name: client.name,
    letters_sent: sent.get(client.id)?.letters ?? 0,
    links: sent.get(client.id)?.links ?? 0,
    ...view(downloads.filter((d) => d.clientId === client.id)),
  }))
  return {
    clients,
    others: view(downloads.filter((d) => d.clientId === null)),
    totals: {
      clients: clients.length,
      clients_complete: clients.filter((c) => c.downloads > 0).length,
      downloads: sum(downloads.map((d) => d.count)),
      bytes: sum(downloads.map((d) => d.bytes)),
    },
  }
}

/** Of several rows (versions, shared links) the newest version counts, and of that the one that got furthest. */
function viewDelivery(rows: VersionDownload[], currentHash: string | undefined): Delivery {
  const newest = rows.filter((d) => d.version === rows[0]?.version)
  const best = newest.toSorted((a, b) => percentOf(b) - percentOf(a))[0]
  const times = (pick: (d: VersionDownload) => Date) => rows.map((d) => pick(d).toISOString()).sort()
  return {
    downloads: sum(rows.map((d) => d.count)),
    first_at: times((d) => d.firstAt)[0] ?? null,
    last_at: times((d) => d.lastAt).at(-1) ?? null,
    version: best?.version ?? null,
    up_to_date: best !== undefined && best.planHash === currentHash,
    percent: best ? percentOf(best) : 0,
    complete_at: best?.completeAt?.toISOString() ?? null,
    handed_at: best?.handedAt?.toISOString() ?? null,
  }
}

/** 100 only for a complete copy. */
function percentOf(d: VersionDownload): number {
  return d.completeAt ? 100 : Math.min(99, Math.floor((100 * d.receivedBytes) / d.size))
}

const sum = (numbers: number[]) => numbers.reduce((a, b) => a + b, 0)

/** Everything about one client of the gallery, to hand to them (GDPR, article 15). Throws not_found. */
export async function exportClient(db: Database, galleryId: string, clientId: string): Promise<ClientData> {
  const client = await findClient(db, galleryId, clientId)
  if (!client) throw new AppError('not_found')
  const [letters, links, downloads, said] = await Promise.all([
    listLettersOfClient(db, galleryId, client),
    listLinksOfClient(db, client.id),
    listDownloads(db, galleryId, client.id),
    listSaid(db, galleryId, { guest: `client ${client.id}` }),
  ])
  return {
    client: {
      id: client.id,
      email: client.email,
      name: client.name,
      notify_on_archive: client.notifyOnArchive,
      permission: client.permission,
      access_expires_at: client.accessExpiresAt?.toISOString() ?? null,
      created_at: client.createdAt.toISOString(),
    },
    feedback: said.map((f) => ({
      file_name: f.fileName,
      kind: f.kind,
      rating: f.rating,
      comment: f.comment,
      created_at: f.createdAt.toISOString(),
    })),
    letters: letters.map((l) => ({
      kind: l.kind,
      recipient: l.recipient,
      status: l.status,
      created_at: l.createdAt.toISOString(),
      sent_at: l.sentAt?.toISOString() ?? null,
    })),
    links: links.map((l) => ({
      id: l.id,
      kind: l.kind,
      issued_at: l.issuedAt.toISOString(),
      expires_at: l.expiresAt.toISOString(),
      revoked_at: l.revokedAt?.toISOString() ?? null,
    })),
    downloads: downloads.map((d) => ({
      version: d.version,
      plan_hash: d.planHash,
      percent: percentOf(d),
      bytes: d.bytes,
      downloads: d.count,
      program: d.agent,
      first_at: d.firstAt.toISOString(),
      last_at: d.lastAt.toISOString(),
      complete_at: d.completeAt?.toISOString() ?? null,
    })),
  }
}
