/** The only door to the server: one function a question, one hook for what a page shows. */

import { useEffect, useRef } from 'react'
import type {
  Archive,
  ArchiveStatus,
  Client,
  ClientInput,
  Deliveries,
  DownloadResponse,
  Export,
  ExportAnswer,
  ExportInput,
  Favorites,
  Gallery,
  GalleryInput,
  GuestGallery,
  Item,
  Letter,
  LetterText,
  Link,
  NewLink,
  Page,
  Progress,
  Published,
  Session,
  SetUp,
  ShareInput,
  Suppression,
} from '../../sdk/src/wire.ts'
import { type Answer, useAnswer } from './ui/answer.ts'
import { ownProblem, Refusal, readProblem } from './ui/refusal.ts'

export type * from '../../sdk/src/wire.ts'

/** What the window hears when an answer says that nobody is signed in any more. */
export const signedOut = 'keepsake:signed-out'
/** Where the upload queue sends its files (tus 1.0). */
export const uploads = '/api/uploads'
export const zipOf = (archive: Archive) => `/api/archives/${archive.id}/download`

export const setUp = (input: { code: string; name: string; email: string; password: string }) => call<Session>('POST', '/api/setup', input)
export const signIn = (input: { email: string; password: string }) => call<Session>('POST', '/api/session', input)
export const signOut = () => call<void>('DELETE', '/api/session')
export const createGallery = (input: GalleryInput) => call<Gallery>('POST', '/api/galleries', input)
export const changeGallery = (id: string, input: Partial<GalleryInput>) => call<Gallery>('PATCH', gallery(id), input)
export const deleteGallery = (id: string) => call<void>('DELETE', gallery(id))
export const removeItem = (id: string, item: string) => call<void>('DELETE', `${gallery(id)}/items/${item}`)
export const publish = (id: string) => call<Published>('POST', `${gallery(id)}/publish`, {})
export const packArchive = (id: string, force: boolean) => call<ArchiveStatus>('POST', `${gallery(id)}/archive`, { force })
export const addClient = (id: string, input: ClientInput) => call<Client>('POST', `${gallery(id)}/clients`, input)
export const changeClient = (id: string, client: string, input: Omit<ClientInput, 'email'>) =>
  call<Client>('PATCH', `${gallery(id)}/clients/${client}`, input)
/** The client's own link to the gallery. */
export const linkClient = (id: string, client: string) => call<NewLink>('POST', `${gallery(id)}/clients/${client}/link`)
/** A new link to pass on; the one before it ends. */
export const shareGallery = (id: string, input: ShareInput) => call<NewLink>('POST', `${gallery(id)}/share`, input)
export const revokeLink = (id: string, link: string) => call<void>('DELETE', `${gallery(id)}/links/${link}`)
export const removeClient = (id: string, client: string) => call<void>('DELETE', `${gallery(id)}/clients/${client}`)
export const unlock = (slug: string, password: string) => call<void>('POST', `/api/g/${encodeURIComponent(slug)}/unlock`, { password })
export const askDownload = (slug: string) => call<DownloadResponse>('GET', `${gallery(slug)}/download`)

/** A new letter like this one, with a new link. */
export const resendLetter = (id: string) => call<Letter>('POST', `/api/letters/${id}/resend`)
export const allowLetters = (suppression: string) => call<void>('DELETE', `/api/suppressions/${suppression}`)
export const setFavorite = (slug: string, item: string, on: boolean) =>
  call<void>(on ? 'PUT' : 'DELETE', `/api/g/${encodeURIComponent(slug)}/items/${item}/favorite`)
export const askExport = (slug: string, input: ExportInput) => call<ExportAnswer>('POST', `${gallery(slug)}/exports`, input)
export const cancelExport = (slug: string, id: string) => call<ExportAnswer>('DELETE', `${gallery(slug)}/exports/${id}`)

export const useFavorites = (slug: string) =>
  useAnswer(slug, (signal) => call<Favorites>('GET', `/api/g/${encodeURIComponent(slug)}/favorites`, undefined, signal))
/** Every second until it has ended. */
export const useExport = (slug: string, id: string) =>
  useAnswer(
    id,
    (signal) => call<Export>('GET', `${gallery(slug)}/exports/${id}`, undefined, signal),
    ({ status }) => (status === 'queued' || status === 'processing' || status === 'cancelling' ? 1000 : null),
  )

export const useSetUp = () => useAnswer('setup', (signal) => call<SetUp>('GET', '/api/setup', undefined, signal))
export const useSession = () => useAnswer('session', (signal) => call<Session>('GET', '/api/session', undefined, signal))
export const useGuestGallery = (slug: string) =>
  useAnswer(slug, (signal) => call<GuestGallery>('GET', `/api/g/${encodeURIComponent(slug)}`, undefined, signal))
export const useGallery = (id: string) => useAnswer(id, (signal) => call<Gallery>('GET', gallery(id), undefined, signal))
/** The letter as HTML, for a frame. */
export const letterPage = (id: string) => `/api/letters/${id}/html`
export const useLetter = (id: string) => useAnswer(id, (signal) => call<LetterText>('GET', `/api/letters/${id}`, undefined, signal))

export const useGalleries = (words: string, pages: number) =>
  useAnswer(`${words} ${pages}`, (signal) => rows<Gallery>(`/api/galleries?limit=50&q=${encodeURIComponent(words)}`, pages, signal))

/** Asked again now and then: an address may turn out to be dead while somebody looks. */
export const useSuppressions = () =>
  useAnswer(
    'suppressions',
    (signal) => rows<Suppression>('/api/suppressions', 1, signal),
    () => 10_000,
  )

/** Asked again while a letter waits to be sent. */
export const useLetters = (pages: number) =>
  useAnswer(
    String(pages),
    (signal) => rows<Letter>('/api/letters?limit=50', pages, signal),
    (list) => (list.rows.some((letter) => letter.status === 'queued' && !letter.due_at) ? 3000 : null),
  )

/** The clients, and what has reached each of them. */
export const useDeliveries = (id: string): Answer<Deliveries> =>
  useAnswer(
    id,
    (signal) => call<Deliveries>('GET', `${gallery(id)}/deliveries`, undefined, signal),
    () => 30_000,
  )

export const useClients = (id: string): Answer<Page<Client>> =>
  useAnswer(id, (signal) => rows<Client>(`${gallery(id)}/clients?limit=200`, 50, signal))
export const useLinks = (id: string) => useAnswer(id, (signal) => call<Page<Link>>('GET', `${gallery(id)}/links`, undefined, signal))

/** All items. While pictures are being made they are asked again, large galleries less often. */
export const useItems = (id: string) =>
  useAnswer(
    id,
    (signal) => rows<Item>(`${gallery(id)}/items?limit=500`, Number.POSITIVE_INFINITY, signal),
    ({ rows }) => (rows.some((item) => item.render_state === 'waiting') ? 1000 + rows.length : null),
  )

/** While it is made the server tells how far it is; where that cannot get through, it is asked every second. */
export function useArchive(id: string): Answer<ArchiveStatus> {
  const told = useRef(false)
  const answer = useAnswer(
    id,
    (signal) => call<ArchiveStatus>('GET', `${gallery(id)}/archive`, undefined, signal),
    // the stream says when it ends; an answer now and then, should it have fallen silent
    ({ status }) => (isMade(status) ? (told.current ? 15_000 : 1000) : status === 'outdated' ? 5000 : null),
  )
  const made = answer.data !== undefined && isMade(answer.data.status)
  const latest = useRef(answer)
  latest.current = answer
  useEffect(() => {
    if (!made) return
    const leave = followProgress(id, {
      told: (progress) => {
        told.current = true
        const { data, put, again } = latest.current
        const archive = data?.archive
        // another archive, or another step of it: the whole answer says more
        const verifying = progress.percent >= 50
        const sameStep = archive?.status === (verifying ? 'verifying' : 'processing')
        if (!archive || archive.id !== progress.archive_id || data.status !== progress.status || !sameStep) return again()
        put({ ...data, archive: { ...archive, ...numbers(progress) } })
      },
      silent: () => {
        told.current = false
        latest.current.again()
      },
    })
    return () => {
      told.current = false
      leave()
    }
  }, [id, made])
  return answer
}

const isMade = (status: ArchiveStatus['status']) => status === 'pending' || status === 'processing'
const numbers = ({ percent, processed_bytes, processed_photos, eta_seconds }: Progress) => ({
  percent,
  processed_bytes,
  processed_photos,
  eta_seconds,
})

/**
 * Hears how far the archive of a gallery is, until `ready` or `failed` has been told. `silent`: the stream cannot be had (too
 * many of them, or something on the way keeps it back), so whoever wants to know asks. Answers how to stop; so does leaving
 * the page.
 */
export function followProgress(id: string, { told, silent }: { told: (progress: Progress) => void; silent: () => void }): () => void {
  const source = new EventSource(`${gallery(id)}/progress`)
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
  source.addEventListener('progress', (event) => {
    clearTimeout(patience)
    const progress = JSON.parse(event.data) as Progress
    if (progress.status === 'ready' || progress.status === 'failed') stop()
    told(progress)
  })
  // a line that broke is taken up again by the browser; a refusal is not
  source.addEventListener('error', () => source.readyState === EventSource.CLOSED && giveUp())
  addEventListener('pagehide', stop)
  return stop
}

const gallery = (id: string) => `/api/galleries/${encodeURIComponent(id)}`

async function rows<T>(path: string, pages: number, signal: AbortSignal): Promise<Page<T>> {
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

async function call<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  let answer: Response
  let text: string
  try {
    answer = await fetch(path, {
      method,
      signal,
      headers: body === undefined ? undefined : { 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
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
