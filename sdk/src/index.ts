/** @keepsake/sdk: the API of Keepsake as functions, for browsers and Node 22 or newer. */
import { type Asking, ask, type Connection } from './call.ts'
import { KeepsakeError } from './problem.ts'
import { type Route, routes } from './routes.ts'
import { type Readable, type Uploaded, type UploadOptions, upload } from './upload.ts'
import { type WatchOptions, watchArchive } from './watch.ts'
import type {
  AddedTrack,
  AddedTracks,
  Archive,
  ArchiveStatus,
  Client,
  DownloadResponse,
  Gallery,
  GalleryInput,
  Letter,
  Page,
  Published,
  RescueRun,
  RescueRunInput,
  RescueStatistics,
  TrackInput,
} from './wire.ts'

export type { Connection } from './call.ts'
export { resolveMediaUrl } from './media.ts'
export { KeepsakeError } from './problem.ts'
export { type ResumeStore, type WebStorage, webResumeStore } from './resume.ts'
export type { Readable, Uploaded, UploadOptions } from './upload.ts'
export type { WatchOptions } from './watch.ts'
export type * from './wire.ts'

/** What was refused: a sentence for people, and the error with its stable code. */
export interface Refused {
  error: string
  cause: KeepsakeError
}
/** Either what was asked for, or `error`; looking at `result.error` decides which. */
export type Answer<T extends object> = (T & { error?: undefined; cause?: undefined }) | (Refused & { [K in keyof T]?: undefined })

/** What `getDownloadAllUrl` answers: an address, or that it is still being prepared. */
export type DownloadAll =
  | (Refused & { pending?: undefined; message?: undefined; downloadUrl?: undefined })
  | { pending: true; message: string; downloadUrl?: undefined; error?: undefined; cause?: undefined }
  | { downloadUrl: string; pending?: undefined; message?: undefined; error?: undefined; cause?: undefined }

export type Keepsake = ReturnType<typeof createClient>

/**
 * The functions of one Keepsake. They need no `this`: take out those you use.
 * Functions that answer `{ error }` never throw for a refusal or a service that is away; the others throw KeepsakeError.
 */
export function createClient(to: Connection) {
  const of = (id: string, more: Omit<Asking, 'names'> = {}): Asking => ({ ...more, names: { id } })
  const call = <T>(route: Route, asking?: Asking) => ask<T>(to, route, asking)

  return {
    /** Makes a gallery. Throws `slug_taken`, `bad_request`. */
    createGallery: (input: GalleryInput): Promise<Gallery> => call(routes.createGallery, { body: input }),

    /** A gallery by id or slug. Throws `not_found`. */
    getGallery: (galleryId: string): Promise<Gallery> => call(routes.findGallery, of(galleryId)),

    /** Opens a gallery to its guests; its archive is built and its clients get letters. Twice changes nothing. */
    publishGallery: (galleryId: string): Promise<Published> => call(routes.publish, of(galleryId, { body: {} })),

    /** Sends a file into a gallery: see `UploadOptions` for going on after a break, progress and abort. */
    uploadFile: (galleryId: string, file: Blob | Readable, options?: UploadOptions): Promise<Uploaded> =>
      upload(to, galleryId, file, options),

    /** Asks for the archive of what the gallery holds now. An archive that has it already, or is at work, is not built twice. */
    createArchive: (galleryId: string): Promise<Answer<{ message: string }>> =>
      answer(async () => {
        const { status } = await call<ArchiveStatus>(routes.askArchive, of(galleryId, { body: { force: false } }))
        return { message: status === 'ready' ? 'The archive is ready.' : 'The archive is being created.' }
      }),

    /** Builds a new version although there is one: after a failure, or on request. */
    regenerateArchive: (galleryId: string): Promise<Answer<{ message: string }>> =>
      answer(async () => {
        await call<ArchiveStatus>(routes.askArchive, of(galleryId, { body: { force: true } }))
        return { message: 'The archive is being created anew.' }
      }),

    /** `status` is none, pending, processing, ready, outdated (a ready one holds older content) or failed; `archive` the one it speaks of. */
    getArchiveStatus: (galleryId: string): Promise<Answer<ArchiveStatus>> =>
      answer(() => call<ArchiveStatus>(routes.archiveStatus, of(galleryId))),

    /** An address that gives the whole ZIP for some hours; asks for the archive when there is none. */
    async getDownloadAllUrl(galleryId: string): Promise<DownloadAll> {
      const found = await answer(() => call<DownloadResponse>(routes.download, of(galleryId)))
      if (found.error !== undefined) return { error: found.error, cause: found.cause }
      if (found.status === 'ready' && found.download_url) return { downloadUrl: found.download_url }
      const message = found.message ?? 'Your download is being prepared.'
      if (found.status !== 'error') return { pending: true, message }
      const problem = { type: 'about:blank', title: message, status: 409, code: 'archive_failed' }
      return { error: message, cause: new KeepsakeError(problem) }
    },

    /** The status at once and at every change until it is ready or failed: `for await (const { status } of watchArchive(id)) …` */
    watchArchive: (galleryId: string, options?: WatchOptions): AsyncGenerator<ArchiveStatus, void, undefined> =>
      watchArchive(to, galleryId, options),

    /** Tells of tracks that a provider will delete; each is saved in time. The same provider and reference twice is one track. Throws `address_refused`. */
    addTracks: async (tracks: TrackInput[]): Promise<AddedTrack[]> =>
      (await call<AddedTracks>(routes.addTracks, { body: { tracks } })).tracks,

    /** Saves what is due now, or with `trackId` that track; waits until that is done. Needs a key with the scope `rescue:run`. */
    runRescue: (input: RescueRunInput = {}): Promise<RescueRun> => call(routes.runRescue, { body: input, within: 60 * 60_000 }),

    /** How many tracks are saved, wait, are urgent or lost, at this moment. */
    getRescueStatistics: (): Promise<RescueStatistics> => call(routes.rescueStatistics),

    /** Adds somebody who gets a letter when the archive is ready, at once when it is; an address that is there already stays one client. */
    addGalleryClient: (galleryId: string, email: string, name?: string): Promise<Answer<{ success: true; client: Client }>> =>
      answer(async () => {
        const client = await call<Client>(routes.addClient, of(galleryId, { body: { email, ...(name ? { name } : {}) } }))
        return { success: true as const, client }
      }),

    /** Takes a client out, by the id that `getGalleryClients` gives; their links end. */
    removeGalleryClient: (galleryId: string, clientId: string): Promise<Answer<{ success: true }>> =>
      answer(async () => {
        await call(routes.removeClient, { names: { id: galleryId, client: clientId } })
        return { success: true as const }
      }),

    /** All clients of a gallery. */
    getGalleryClients: (galleryId: string): Promise<Answer<{ clients: Client[] }>> =>
      answer(async () => ({ clients: (await call<Page<Client>>(routes.listClients, of(galleryId))).rows })),

    /** Writes the letter with the link once more, to a client or another address. Refused when the archive is not one of this gallery. */
    resendArchiveEmail: (
      galleryId: string,
      archiveId: string,
      recipientEmail: string,
    ): Promise<Answer<{ success: true; letter: Letter }>> =>
      answer(async () => {
        // the wrong archive would show one client the photos of another
        const { rows } = await call<Page<Archive>>(routes.listArchives, of(galleryId))
        if (!rows.some(({ id }) => id === archiveId)) throw notOfGallery(archiveId)
        const letter = await call<Letter>(routes.resend, of(archiveId, { body: { email: recipientEmail } }))
        return { success: true as const, letter }
      }),
  }
}

/** What is refused becomes `error`; a mistake in the program stays thrown. */
async function answer<T extends object>(work: () => Promise<T>): Promise<Answer<T>> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof KeepsakeError)) throw error
    return { error: error.message, cause: error } as Answer<T>
  }
}

function notOfGallery(archive: string): KeepsakeError {
  const title = 'This gallery has no such archive.'
  return new KeepsakeError({ type: 'about:blank', title, detail: `Archive: ${archive}`, status: 404, code: 'not_found' })
}
