/** What the pages of guests ask the server, beside what all pages ask. */
import { useState } from 'react'
import {
  type Comment,
  type CommentInput,
  call,
  type DownloadResponse,
  type Export,
  type ExportAnswer,
  type ExportInput,
  type Favorites,
  type GuestFeedback,
  type GuestGallery,
  type ItemFeedback,
  type Page,
} from '../api.ts'
import { useAnswer } from '../ui/answer.ts'

export type { Comment, Export, GuestGallery, ItemFeedback }

const page = (slug: string) => `/api/g/${encodeURIComponent(slug)}`
const gallery = (slug: string) => `/api/galleries/${encodeURIComponent(slug)}`

/** All of a gallery, page by page: what is known so far is shown while the rest comes. `first` stood in the HTML. */
export function useGallery(slug: string, first: GuestGallery | undefined) {
  const [known, know] = useState(first)
  const { refusal, again } = useAnswer(`${slug} ${known?.next}`, async (signal) => {
    if (known && !known.next) return
    const place = known?.next ? `&cursor=${known.next}` : ''
    const more = await call<GuestGallery>('GET', `${page(slug)}?limit=${atOnce}${place}`, undefined, signal)
    if (!signal.aborted) know(known ? { ...more, items: [...known.items, ...more.items] } : more)
  })
  return { data: known, refusal, again }
}
/** So many items are read and laid out without a phone's stopping for it. */
const atOnce = 2000

export const useFeedback = (slug: string) =>
  useAnswer(slug, (signal) => call<GuestFeedback>('GET', `${page(slug)}/feedback`, undefined, signal))
export const useFavorites = (slug: string) =>
  useAnswer(slug, (signal) => call<Favorites>('GET', `${page(slug)}/favorites`, undefined, signal))

/** Throws `guest_unnamed` for somebody the photographer does not know. */
export const sendFavorites = (slug: string, name: string) => call<Favorites>('POST', `${page(slug)}/favorites/send`, name ? { name } : {})
export const setFavorite = (slug: string, item: string, on: boolean) =>
  call<void>(on ? 'PUT' : 'DELETE', `${page(slug)}/items/${item}/favorite`)
/** 1 to 5; null takes it back */
export const setRating = (slug: string, item: string, rating: number | null) =>
  rating ? call<void>('PUT', `${page(slug)}/items/${item}/rating`, { rating }) : call<void>('DELETE', `${page(slug)}/items/${item}/rating`)

const comments = (slug: string, item: string) => `${page(slug)}/items/${item}/comments`
export const useComments = (slug: string, item: string) =>
  useAnswer(`${slug} ${item}`, (signal) => call<Page<Comment>>('GET', `${comments(slug, item)}?limit=200`, undefined, signal))
export const leaveComment = (slug: string, item: string, input: CommentInput) => call<Comment>('POST', comments(slug, item), input)
export const takeComment = (slug: string, item: string, id: string) => call<void>('DELETE', `${comments(slug, item)}/${id}`)

/** The address of the whole gallery as one file, or with `item` of that original alone. */
export const askDownload = (slug: string, item?: string) =>
  call<DownloadResponse>('GET', `${gallery(slug)}/download${item ? `?file=${item}` : ''}`)
export const askExport = (slug: string, input: ExportInput) => call<ExportAnswer>('POST', `${gallery(slug)}/exports`, input)
export const cancelExport = (slug: string, id: string) => call<ExportAnswer>('DELETE', `${gallery(slug)}/exports/${id}`)
/** Every second until it has ended; null: there is none. */
export const useExport = (slug: string, id: string | null) =>
  useAnswer<Export | null>(
    String(id),
    async (signal) => (id ? call<Export>('GET', `${gallery(slug)}/exports/${id}`, undefined, signal) : null),
    (made) => (made && ['queued', 'processing', 'cancelling'].includes(made.status) ? 1000 : null),
  )
