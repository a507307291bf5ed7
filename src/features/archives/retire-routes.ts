/** Routes of retiring and restoring galleries, and of looking into archives. */
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { BulkArchiveResult, BulkRestoreResult, PackedFile, Page, Proof, Restored, Restoring } from '../../../sdk/src/wire.ts'
import { AppError } from '../../base/errors.ts'
import { countInside, listProofs } from '../../data/inside.ts'
import { byUser } from '../../domain/activity.ts'
import { endOfRestored } from '../../domain/expiry.ts'
import type { Gallery } from '../../domain/gallery.ts'
import { type App, galleryParams, idParams } from '../../http/app.ts'
import type { Guard } from '../../http/guard.ts'
import type { Deps } from '../../ports/deps.ts'
import { type Asked, restoreMany, retireMany } from './bulk.ts'
import { listPacked, sendPacked } from './entries.ts'
import { archivesOf } from './own.ts'
import { checkRestore, restore } from './restore.ts'
import { retire } from './retire.ts'
import { askSalvage, viewSalvage } from './salvage.ts'
import { viewArchive } from './status.ts'

export function retireRoutes(app: App, deps: Deps, guard: Guard): void {
  const ownArchive = archivesOf(deps, guard)

  app.post('/api/galleries/:id/retire', { schema: { params: galleryParams } }, async (request, reply) => {
    const userId = await guard.acting(request, 'galleries:write')
    const { id } = await guard.gallery(request, request.params.id, 'galleries:write')
    const archive = await retire(deps, id, { userId, source: 'manual' })
    return reply.code(202).send({ archive: await viewArchive(deps.db, archive) })
  })

  const ids = z.array(z.string().min(1).max(100)).min(1).max(1000)
  const askedFor = async (request: FastifyRequest, ids: string[]): Promise<Asked[]> => {
    const asked: Asked[] = []
    for (const id of new Set(ids))
      asked.push({ id, galleryId: (await guard.gallery(request, id, 'galleries:write').catch(notFound))?.id ?? null })
    return asked
  }
  const many = z.strictObject({ ids })
  app.post('/api/galleries/bulk-archive', { schema: { body: many } }, async (request, reply): Promise<{ results: BulkArchiveResult[] }> => {
    const userId = await guard.acting(request, 'galleries:write')
    const results = await retireMany(deps, await askedFor(request, request.body.ids), { userId, source: 'bulk' })
    reply.code(202)
    return { results }
  })

  const until = { expires_at: z.iso.datetime({ offset: true }).nullable().optional() }
  const back = z.strictObject({ ids, ...until })
  app.post('/api/galleries/bulk-restore', { schema: { body: back } }, async (request, reply): Promise<{ results: BulkRestoreResult[] }> => {
    const userId = await guard.acting(request, 'galleries:write')
    const expiresAt = endOf(request.body, deps.clock.now())
    const results = await restoreMany(deps, await askedFor(request, request.body.ids), { expiresAt, by: byUser(userId) })
    reply.code(202)
    return { results }
  })

  const wish = z.strictObject({
    ...until,
    dry_run: z.boolean().default(false),
    /** a ready version; left out: the final archive */
    archive_id: z.uuid().optional(),
    /** reads every photo before, in the background (GET says how far it is); those that are whole nowhere are named */
    salvage: z.boolean().default(false),
  })
  app.post(
    '/api/galleries/:id/restore',
    { schema: { params: galleryParams, body: wish } },
    async (request, reply): Promise<Restored | Restoring> => {
      const userId = await guard.acting(request, 'galleries:write')
      const gallery = await guard.gallery(request, request.params.id, 'galleries:write')
      const { dry_run, salvage, archive_id: archiveId } = request.body
      const now = deps.clock.now()
      const said = endOf(request.body, now)
      const expiresAt = said === undefined ? endOfRestored(gallery, now) : said
      if (salvage) {
        const asked = { askedBy: userId, askedAt: now }
        await askSalvage(deps, { galleryId: gallery.id, archiveId: archiveId ?? null, expiresAt, dryRun: dry_run, ...asked })
        reply.code(202)
        return viewRestoring(deps, gallery)
      }
      const { archive, photos, lost } = dry_run
        ? await checkRestore(deps, gallery.id, { archiveId })
        : await restore(deps, gallery.id, { expiresAt, by: byUser(userId), archiveId })
      reply.code(dry_run ? 200 : 202)
      return {
        photos,
        bytes: archive.fileSizeBytes,
        archive_id: archive.id,
        expires_at: expiresAt?.toISOString() ?? null,
        dry_run,
        missing: lost.map(({ originalName }) => originalName),
      }
    },
  )

  app.get(
    '/api/galleries/:id/restore',
    { schema: { params: galleryParams } },
    async (request): Promise<Restoring> => viewRestoring(deps, await guard.gallery(request, request.params.id, 'galleries:read')),
  )

  const page = z.object({ cursor: z.string().max(20).optional(), limit: z.coerce.number().int().min(1).max(1000).default(200) })
  app.get('/api/archives/:id/entries', { schema: { params: idParams, querystring: page } }, async (request): Promise<Page<PackedFile>> => {
    const archive = await ownArchive(request, request.params.id)
    return listPacked(deps, archive, request.query)
  })

  app.get('/api/archives/:id/proofs', { schema: { params: idParams } }, async (request): Promise<Page<Proof>> => {
    const archive = await ownArchive(request, request.params.id)
    const proofs = await listProofs(deps.db, archive.id, 100)
    return { rows: proofs.map(({ verifiedAt, checksum }) => ({ verified_at: verifiedAt.toISOString(), checksum })), next: null }
  })

  const position = z.object({ id: idParams.shape.id, position: z.coerce.number().int().min(0).max(1_000_000) })
  app.get('/api/archives/:id/entries/:position', { schema: { params: position } }, async (request, reply) => {
    const archive = await ownArchive(request, request.params.id)
    await sendPacked(deps, reply, archive, request.params.position)
    return reply
  })
}

async function viewRestoring({ db }: Pick<Deps, 'db'>, { id, hydrating }: Gallery): Promise<Restoring> {
  const inside = await countInside(db, id)
  return { restoring: hydrating, files_left: inside.files, bytes_left: inside.bytes, salvage: await viewSalvage(db, id) }
}

/** null: without an end; undefined: nobody said it. */
function endOf({ expires_at }: { expires_at?: string | null | undefined }, now: Date): Date | null | undefined {
  const end = expires_at ? new Date(expires_at) : (expires_at as null | undefined)
  if (end && end <= now) throw new AppError('bad_request', { errors: [{ path: 'body/expires_at', message: 'lies in the past' }] })
  return end
}

function notFound(error: unknown): undefined {
  if (error instanceof AppError && error.code === 'not_found') return undefined
  throw error
}
