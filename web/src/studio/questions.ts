/** What the pages of the studio ask: one hook a question, on the functions of api.ts. */
import { useEffect, useRef } from 'react'
import {
  type Archive,
  type ArchiveStatus,
  type Client,
  call,
  type Deliveries,
  type GalleriesPage,
  type Gallery,
  type GalleryWork,
  galleryPath,
  type Item,
  type Letter,
  type LetterText,
  type Link,
  type Page,
  type Progress,
  rows,
  type Session,
  type SetUp,
  type Suppression,
} from '../api.ts'
import type { Answer } from '../ui/answer.ts'
import { useAsk } from '../ui/ask.ts'
import { useFollow } from './follow.ts'

export const useSetUp = () => useAsk(['setup'], (signal) => call<SetUp>('GET', '/api/setup', undefined, signal))
export const useSession = () => useAsk(['session'], (signal) => call<Session>('GET', '/api/session', undefined, signal))
export const useGallery = (id: string) =>
  useAsk(['gallery', id], (signal) => call<Gallery>('GET', galleryPath(id), undefined, signal), {
    // useWork says when it is archived, or has come out of its archive; this is for pages that do not listen
    every: ({ state, restoring }) => (state === 'archiving' || restoring ? 10_000 : null),
  })

/** `query`: which of them, as ListState says it. Asked again while one of them is being archived. */
export const useGalleries = (query: string) =>
  useAsk(['galleries', query], (signal) => call<GalleriesPage>('GET', `/api/galleries${query}`, undefined, signal), {
    keep: true,
    every: ({ rows }) => (rows.some(({ state }) => state === 'archiving') ? 3000 : null),
  })

export const useLetter = (id: string) =>
  useAsk(['letter', id], (signal) => call<LetterText>('GET', `/api/letters/${id}`, undefined, signal))

/** Asked again now and then: an address may turn out to be dead while somebody looks. */
export const useSuppressions = () =>
  useAsk(['suppressions'], (signal) => rows<Suppression>('/api/suppressions', 1, signal), { every: () => 10_000 })

/** Asked again while a letter waits to be sent. */
export const useLetters = (query: string) =>
  useAsk(['letters', query], (signal) => call<Page<Letter>>('GET', `/api/letters${query}`, undefined, signal), {
    every: (list) => (list.rows.some((letter) => letter.status === 'queued' && !letter.due_at) ? 3000 : null),
    keep: true,
  })

/** The clients, and what has reached each of them. */
export const useDeliveries = (id: string) =>
  useAsk(['deliveries', id], (signal) => call<Deliveries>('GET', `${galleryPath(id)}/deliveries`, undefined, signal), {
    every: () => 30_000,
  })

export const useClients = (id: string) =>
  useAsk(['clients', id], (signal) => rows<Client>(`${galleryPath(id)}/clients?limit=200`, 50, signal))
export const useLinks = (id: string) =>
  useAsk(['links', id], (signal) => call<Page<Link>>('GET', `${galleryPath(id)}/links`, undefined, signal))

/** All items. While pictures are being made they are asked again, large galleries less often. */
export const useItems = (id: string) =>
  useAsk(['items', id], (signal) => rows<Item>(`${galleryPath(id)}/items?limit=500`, Number.POSITIVE_INFINITY, signal), {
    every: ({ rows }) => (rows.some((item) => item.render_state === 'waiting') ? 1000 + rows.length : null),
  })

/** While it is made the server tells how far it is; where that cannot get through, it is asked every second. */
export const useArchive = (id: string): Answer<ArchiveStatus> =>
  useFollow<ArchiveStatus, Progress>(['archive', id], (signal) => call('GET', `${galleryPath(id)}/archive`, undefined, signal), {
    path: ({ status }) => (isMade(status) ? `${galleryPath(id)}/progress` : null),
    event: 'progress',
    every: ({ status, final }) => (isMade(status) ? 1000 : status === 'outdated' || (final && isAtWork(final)) ? 5000 : null),
    told(progress, { data, put, again }) {
      const archive = data?.archive
      // another archive, or another step of it: the whole answer says more
      const verifying = progress.percent >= 50
      const sameStep = archive?.status === (verifying ? 'verifying' : 'processing')
      if (!archive || archive.id !== progress.archive_id || data.status !== progress.status || !sameStep) again()
      else put({ ...data, archive: { ...archive, ...numbers(progress) } })
      return progress.status === 'ready' || progress.status === 'failed'
    },
  })

/** What is being done with a gallery besides its ZIP. `changed` when a piece of it has ended: the gallery is another one then. */
export function useWork({ id, state, restoring }: Pick<Gallery, 'id' | 'state' | 'restoring'>, changed: () => void): Answer<GalleryWork> {
  const answer = useFollow<GalleryWork, GalleryWork>(['work', id], (signal) => call('GET', `${galleryPath(id)}/work`, undefined, signal), {
    path: (work) => (kindsOf(work) ? `${galleryPath(id)}/work/progress` : null),
    event: 'work',
    every: (work) => (kindsOf(work) ? 1000 : 15_000),
    told(work, { put }) {
      put(work)
      return !kindsOf(work)
    },
  })
  const kinds = answer.data && kindsOf(answer.data)
  const latest = useRef({ changed, again: answer.again })
  latest.current = { changed, again: answer.again }
  const before = useRef(kinds)
  useEffect(() => {
    if (before.current && before.current !== kinds) latest.current.changed()
    before.current = kinds
  }, [kinds])
  // somebody has just asked for it
  const asked = `${state} ${restoring}`
  const seen = useRef(asked)
  useEffect(() => {
    if (seen.current !== asked) latest.current.again()
    seen.current = asked
  }, [asked])
  return answer
}

/** Names what is under way; empty: nothing. */
const kindsOf = (work: GalleryWork): string => (['retiring', 'restoring', 'reading'] as const).filter((kind) => work[kind]).join(' ')

const isAtWork = ({ status }: Archive) => status === 'queued' || status === 'processing' || status === 'verifying'
const isMade = (status: ArchiveStatus['status']) => status === 'pending' || status === 'processing'
const numbers = ({ percent, processed_bytes, processed_photos, eta_seconds }: Progress) => ({
  percent,
  processed_bytes,
  processed_photos,
  eta_seconds,
})
