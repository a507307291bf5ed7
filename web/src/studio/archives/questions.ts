/** What the pages about archives ask. */
import {
  type Archive,
  type ArchivedPage,
  call,
  galleryPath,
  type PackedFile,
  type Page,
  type Proof,
  type Restoring,
  rows,
  type Salvage,
} from '../../api.ts'
import { useAsk } from '../../ui/ask.ts'

export const useArchived = (query: string) =>
  useAsk(['archived', query], (signal) => call<ArchivedPage>('GET', `/api/admin/archives${query}`, undefined, signal), { keep: true })

/** The versions that were made for clients, newest first. */
export const useVersions = (gallery: string) =>
  useAsk(['versions', gallery], (signal) => rows<Archive>(`${galleryPath(gallery)}/archives`, 1, signal))

export const useProofs = (archive: string) =>
  useAsk(['proofs', archive], (signal) => rows<Proof>(`/api/archives/${archive}/proofs`, 1, signal))

export const useEntries = (archive: string, cursor: string) =>
  useAsk(
    ['entries', archive, cursor],
    (signal) =>
      call<Page<PackedFile>>('GET', `/api/archives/${archive}/entries?limit=100${cursor && `&cursor=${cursor}`}`, undefined, signal),
    { keep: true },
  )

export const isAtWork = (salvage: Salvage | null) => salvage?.status === 'queued' || salvage?.status === 'processing'

/** Asked again while originals come out of the archive, or all of them are read. */
export const useRestoring = (gallery: string) =>
  useAsk(['restoring', gallery], (signal) => call<Restoring>('GET', `${galleryPath(gallery)}/restore`, undefined, signal), {
    every: ({ restoring, salvage }) => (restoring || isAtWork(salvage) ? 1000 : null),
  })
