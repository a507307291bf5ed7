/** The only door to the server: one function a question. What the pages of guests alone ask stands in guest/api.ts, the studio's hooks in its questions.ts. */

import type {
  Archive,
  ArchiveStatus,
  BulkArchiveResult,
  BulkRestoreResult,
  Client,
  ClientInput,
  FeedbackRow,
  Gallery,
  GalleryInput,
  ItemsChange,
  ItemsOrder,
  Letter,
  NewLink,
  Page,
  Published,
  Restored,
  Restoring,
  Session,
  ShareInput,
} from '../../sdk/src/wire.ts'
import { ownProblem, Refusal, readProblem } from './ui/refusal.ts'

export type * from '../../sdk/src/wire.ts'

export interface RestoreInput {
  /** null: without an end */
  expires_at?: string | null
  dry_run?: boolean
}

/** What the window hears when an answer says that nobody is signed in any more. */
export const signedOut = 'keepsake:signed-out'
/** Where the upload queue sends its files (tus 1.0). */
export const uploads = '/api/uploads'
export const zipOf = (archive: { id: string }) => `/api/archives/${archive.id}/download`

export const setUp = (input: { code: string; name: string; email: string; password: string }) => call<Session>('POST', '/api/setup', input)
export const signIn = (input: { email: string; password: string }) => call<Session>('POST', '/api/session', input)
export const signOut = () => call<void>('DELETE', '/api/session')
export const createGallery = (input: GalleryInput) => call<Gallery>('POST', '/api/galleries', input)
export const changeGallery = (id: string, input: Partial<GalleryInput>) => call<Gallery>('PATCH', galleryPath(id), input)
export const deleteGallery = (id: string) => call<void>('DELETE', galleryPath(id))
export const markItems = (id: string, input: ItemsChange) => call<{ changed: number }>('PATCH', `${galleryPath(id)}/items`, input)
export const orderItems = (id: string, input: ItemsOrder) => call<void>('POST', `${galleryPath(id)}/items/order`, input)
export const changeFeedback = (id: string, row: string, hidden: boolean) =>
  call<FeedbackRow>('PATCH', `${galleryPath(id)}/feedback/${row}`, { hidden })
export const removeFeedback = (id: string, row: string) => call<void>('DELETE', `${galleryPath(id)}/feedback/${row}`)
export const removeItem = (id: string, item: string) => call<void>('DELETE', `${galleryPath(id)}/items/${item}`)
export const publish = (id: string) => call<Published>('POST', `${galleryPath(id)}/publish`, {})
export const archiveGalleries = (ids: string[]) => call<{ results: BulkArchiveResult[] }>('POST', '/api/galleries/bulk-archive', { ids })
/** All of them with the same new end; null: without one. */
export const restoreGalleries = (ids: string[], expires_at: string | null) =>
  call<{ results: BulkRestoreResult[] }>('POST', '/api/galleries/bulk-restore', { ids, expires_at })
export const retire = (id: string) => call<{ archive: Archive }>('POST', `${galleryPath(id)}/retire`, {})
/** With `dry_run` nothing is changed: what would come back is told. */
export const restoreGallery = (id: string, input: RestoreInput) => call<Restored>('POST', `${galleryPath(id)}/restore`, input)
/** Comes back without what is whole nowhere; all photos are read for that, so the answer says how far it is. */
export const salvageGallery = (id: string, input: RestoreInput & { salvage: true }) =>
  call<Restoring>('POST', `${galleryPath(id)}/restore`, input)
/** For good: the archive and all rows of the gallery. `confirm` is its slug. */
export const deleteArchived = (archive: string, confirm: string) => call<void>('DELETE', `/api/admin/archives/${archive}`, { confirm })
/** One file out of an archive. */
export const packedFile = (archive: string, position: number) => `/api/archives/${archive}/entries/${position}`
export const packArchive = (id: string, force: boolean) => call<ArchiveStatus>('POST', `${galleryPath(id)}/archive`, { force })
export const addClient = (id: string, input: ClientInput) => call<Client>('POST', `${galleryPath(id)}/clients`, input)
export const changeClient = (id: string, client: string, input: Omit<ClientInput, 'email'>) =>
  call<Client>('PATCH', `${galleryPath(id)}/clients/${client}`, input)
/** The client's own link to the gallery. */
export const linkClient = (id: string, client: string) => call<NewLink>('POST', `${galleryPath(id)}/clients/${client}/link`)
/** A new link to pass on; the one before it ends. */
export const shareGallery = (id: string, input: ShareInput) => call<NewLink>('POST', `${galleryPath(id)}/share`, input)
export const revokeLink = (id: string, link: string) => call<void>('DELETE', `${galleryPath(id)}/links/${link}`)
export const removeClient = (id: string, client: string) => call<void>('DELETE', `${galleryPath(id)}/clients/${client}`)
export const unlock = (slug: string, password: string) => call<void>('POST', `/api/g/${encodeURIComponent(slug)}/unlock`, { password })
/** A new letter like this one, with a new link. */
export const resendLetter = (id: string) => call<Letter>('POST', `/api/letters/${id}/resend`)
export const allowLetters = (suppression: string) => call<void>('DELETE', `/api/suppressions/${suppression}`)
/** The letter as HTML, for a frame. */
export const letterPage = (id: string) => `/api/letters/${id}/html`
/**
 * Hears the server-sent events of an address. `told` answers true to the last one. `silent`: the stream cannot be had (too many
 * of them, or something on the way keeps it back), so whoever wants to know asks. Answers how to stop; so does leaving the page.
 */
export function listen<T>(path: string, event: string, { told, silent }: { told: (news: T) => boolean; silent: () => void }): () => void {
  const source = new EventSource(path)
  const stop = () => {
    clearTimeout(patience)
    source.close()
    removeEventListener('pagehide', stop)
  }
  const giveUp = () => {
    stop()
    silent()
  }
  // the first word comes at once; a proxy that collects the stream lets nothing through
  const patience = setTimeout(giveUp, 4000)
  source.addEventListener(event, ({ data }) => {
    clearTimeout(patience)
    if (told(JSON.parse(data) as T)) stop()
  })
  // a line that broke is taken up again by the browser; a refusal is not
  source.addEventListener('error', () => source.readyState === EventSource.CLOSED && giveUp())
  addEventListener('pagehide', stop)
  return stop
}

export const galleryPath = (id: string) => `/api/galleries/${encodeURIComponent(id)}`

/** The first pages of a list as one. */
export async function rows<T>(path: string, pages: number, signal: AbortSignal): Promise<Page<T>> {
  const all: T[] = []
  let next: string | null = null
  for (let n = 0; n < pages; n++) {
    const page: Page<T> = await call('GET', next ? `${path}&cursor=${encodeURIComponent(next)}` : path, undefined, signal)
    all.push(...page.rows)
    next = page.next
    if (!next) break
  }
  return { rows: all, next }
}

/** Asks the server; throws a `Refusal` for everything but its answer. */
export async function call<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  let answer: Response
  let text: string
  try {
    answer = await fetch(path, {
      method,
      signal,
      // a mark made in the last moment arrives, also when the page goes; bodies may be too large for that
      keepalive: method !== 'GET' && body === undefined,
      headers: body === undefined ? undefined : { 'content-type': body instanceof Blob ? body.type : 'application/json' },
      body: body === undefined || body instanceof Blob ? body : JSON.stringify(body),
    })
    text = await answer.text()
  } catch (cause) {
    throw signal?.aborted ? cause : new Refusal(ownProblem('unreachable', 0))
  }
  if (answer.status === 401 && path !== '/api/session') dispatchEvent(new Event(signedOut))
  if (!answer.ok) throw new Refusal(readProblem(answer.status, text), Number(answer.headers.get('retry-after')) || null)
  if (!text) return undefined as T
  try {
    return JSON.parse(text) as T
  } catch {
    throw new Refusal(ownProblem('unclear', answer.status))
  }
}

/**
 * Sends one file as it is, telling the share that has left (0 to 1); the server answers when it has all of it and has looked at it.
 * Throws a `Refusal`, and the signal's reason.
 */
export function sendFile<T>(
  path: string,
  file: Blob,
  { sent, signal }: { sent: (share: number) => void; signal: AbortSignal },
): Promise<T> {
  return new Promise((resolve, reject) => {
    // fetch does not tell how much of a body has left
    const request = new XMLHttpRequest()
    request.open('PUT', path)
    request.setRequestHeader('content-type', 'application/octet-stream')
    request.upload.onprogress = ({ loaded, total }) => sent(total ? loaded / total : 0)
    request.onload = () => {
      const { status, responseText } = request
      if (status === 401) dispatchEvent(new Event(signedOut))
      if (status >= 200 && status < 300) resolve(JSON.parse(responseText) as T)
      else reject(new Refusal(readProblem(status, responseText)))
    }
    request.onerror = () => reject(new Refusal(ownProblem('unreachable', 0)))
    request.onabort = () => reject(signal.reason)
    signal.addEventListener('abort', () => request.abort(), { once: true })
    request.send(file)
  })
}
