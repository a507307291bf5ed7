/** What the API says of exports: their state, and the links to their files. */
import type { ExportDownload, ExportPart, ExportState, Export as ExportView } from '../../../sdk/src/wire.ts'
import { AppError } from '../../base/errors.ts'
import { listMissing } from '../../data/archiveEntries.ts'
import { type Export, listParts } from '../../data/exports.ts'
import { type Archive, atWork, downloadName, percent } from '../../domain/archive.ts'
import { mintLink } from '../../domain/link.ts'
import type { SelectionRecipe } from '../../domain/recipe.ts'
import type { Deps } from '../../ports/deps.ts'
import { linkOf } from './export-end.ts'

type Needs = Pick<Deps, 'db' | 'clock' | 'settings'>

export async function viewExport(deps: Needs, one: Export): Promise<ExportView> {
  const archives = await listParts(deps.db, one.id)
  const status = stateNow(deps, one, archives)
  const { size, format } = archives[0]!.recipe as SelectionRecipe
  const parts = await viewParts(deps, one, status, archives)
  const sum = (of: (archive: Archive) => number) => archives.reduce((all, archive) => all + of(archive), 0)
  const missing = []
  for (const archive of archives) if (archive.missingCount) missing.push(...(await listMissing(deps.db, archive.id)))
  const failed = archives.find((archive) => archive.status === 'failed')
  const working = archives.filter((archive) => atWork(archive.status))
  return {
    id: one.id,
    gallery_id: one.galleryId,
    status,
    percent: percentOf(archives),
    size,
    format,
    total_photos: sum((a) => a.imageCount),
    processed_photos: sum((a) => a.processedPhotos),
    total_bytes: sum((a) => a.fileSizeBytes),
    processed_bytes: sum((a) => (a.status === 'ready' ? a.fileSizeBytes : a.processedBytes)),
    // they are built one after the other; while one has not begun nothing can be said
    eta_seconds: working.every((a) => a.etaSeconds !== null) ? working.reduce((all, a) => all + a.etaSeconds!, 0) : null,
    checksum: parts.length === 1 ? parts[0]!.checksum : null,
    missing: missing.map((path) => path.split('/').at(-1)!),
    error_code: failed?.errorCode ?? null,
    error_message: failed?.errorMessage ?? null,
    created_at: one.createdAt.toISOString(),
    expires_at: one.expiresAt?.toISOString() ?? null,
    parts,
  }
}

/** Throws `export_unready` {percent}, `export_expired`, `archive_failed`; a cancelled one is not there any more. */
export async function downloadExport(deps: Needs, one: Export): Promise<ExportDownload> {
  const view = await viewExport(deps, one)
  if (view.status === 'expired') throw new AppError('export_expired')
  if (view.status === 'failed') throw new AppError('archive_failed', { detail: view.error_message ?? undefined })
  if (view.status === 'cancelling' || view.status === 'cancelled') throw new AppError('not_found')
  // the words of 003 (D-07), which its callers compare
  if (view.status !== 'ready') throw new AppError('export_unready', { detail: 'Export not ready', percent: view.percent })
  const [first] = view.parts
  return {
    download_url: first!.download_url!,
    checksum: first!.checksum!,
    expires_at: view.expires_at!,
    total_photos: view.total_photos,
    file_size: view.total_bytes,
    parts: view.parts,
  }
}

/** Whole percent of all files by their bytes; 100 only when all are ready. */
export function percentOf(archives: Archive[]): number {
  const total = archives.reduce((all, a) => all + a.fileSizeBytes, 0)
  return Math.floor(archives.reduce((all, a) => all + percent(a) * (a.fileSizeBytes / total), 0) + 1e-9)
}

/** The words of 003. What has ended has ended, also before the reconciler has noted it. */
function stateNow(deps: Pick<Deps, 'clock'>, one: Export, archives: Archive[]): ExportState {
  if (one.status === 'ready' && one.expiresAt! <= deps.clock.now()) return 'expired'
  // the files were read after the export: one of them may have been replaced in between
  const waits = one.status === 'open' || (one.status === 'ready' && archives.some((a) => a.status !== 'ready'))
  if (!waits) return one.status as ExportState
  return archives.every((a) => a.status === 'queued') ? 'queued' : 'processing'
}

async function viewParts(deps: Needs, one: Export, status: ExportState, archives: Archive[]): Promise<ExportPart[]> {
  const urls = status === 'ready' ? await linksTo(deps, one, archives) : []
  return archives.map((archive, i) => ({
    name: downloadName(archive),
    total_photos: archive.imageCount,
    file_size: archive.fileSizeBytes,
    percent: percent(archive),
    checksum: archive.status === 'ready' ? archive.checksum : null,
    download_url: urls[i] ?? null,
  }))
}

async function linksTo(deps: Needs, one: Export, archives: Archive[]): Promise<string[]> {
  return deps.db.transaction().execute(async (tx) => {
    const urls: string[] = []
    for (const archive of archives) {
      const link = await linkOf(deps, tx, archive, one)
      urls.push(`${deps.settings.publicUrl}/d/${mintLink(link, deps.settings.tokenSecrets)}`)
    }
    return urls
  })
}
