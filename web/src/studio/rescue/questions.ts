/** What the rescue pages ask. */
import { useEffect, useRef } from 'react'
import {
  type AddedTrack,
  type AddedTracks,
  call,
  type GalleriesPage,
  galleryPath,
  type MediaRole,
  type Page,
  type RescueRun,
  type RescueRunInput,
  type RescueStatistics,
  type RescueWork,
  sendFile,
  type Track,
  type TrackDetails,
  type TrackInput,
  type TracksPlacement,
  type WatchedPlacement,
  type WatchedPlacements,
} from '../../api.ts'
import { useAsk } from '../../ui/ask.ts'
import { useFollow } from '../follow.ts'

export const useStatistics = () =>
  useAsk(['rescue'], (signal) => call<RescueStatistics>('GET', '/api/rescue/statistics', undefined, signal), { every: () => 30_000 })
export const useTracks = (query: string) =>
  useAsk(['tracks', query], (signal) => call<Page<Track>>('GET', `/api/tracks${query}`, undefined, signal), {
    keep: true,
    every: () => 30_000,
  })
export const useTrack = (id: string) =>
  useAsk(['track', id], (signal) => call<TrackDetails>('GET', `/api/tracks/${id}`, undefined, signal), { every: () => 5000 })
/** What is being saved now. `changed` when a track began or ended: lists and numbers are others then. */
export function useSaving(changed: () => void): RescueWork | undefined {
  const { data } = useFollow<RescueWork, RescueWork>(['saving'], (signal) => call('GET', '/api/rescue/work', undefined, signal), {
    path: (work) => (isSaving(work) ? '/api/rescue/work/progress' : null),
    event: 'work',
    every: (work) => (isSaving(work) ? 1000 : 10_000),
    told(work, { put }) {
      put(work)
      return !isSaving(work)
    },
  })
  const now = data && `${data.saving} ${data.due} ${data.saved} ${data.total}`
  const latest = useRef(changed)
  latest.current = changed
  const before = useRef(now)
  useEffect(() => {
    if (before.current && before.current !== now) latest.current()
    before.current = now
  }, [now])
  return data && isSaving(data) ? data : undefined
}
const isSaving = ({ saving, due }: RescueWork) => saving + due > 0
/** Tracks on their way into galleries, and those that did not get there. */
export const usePlacements = () =>
  useFollow<WatchedPlacements, WatchedPlacements>(['placements'], (signal) => call('GET', '/api/rescue/placements', undefined, signal), {
    path: (data) => (isPlacing(data) ? '/api/rescue/placements/progress' : null),
    event: 'placements',
    every: (data) => (isPlacing(data) ? 1000 : 30_000),
    told(data, { put }) {
      put(data)
      return !isPlacing(data)
    },
  })
const isPlacing = ({ placements }: WatchedPlacements) => placements.some(({ state }) => state === 'working')
/** Galleries that may take tracks, among the newest that are called so. */
export const useOpenGalleries = (q: string) =>
  useAsk(
    ['galleries', 'open', q],
    async (signal) => {
      const query = new URLSearchParams({ limit: '50', ...(q && { q }) })
      const { rows } = await call<GalleriesPage>('GET', `/api/galleries?${query}`, undefined, signal)
      return rows.filter(({ state }) => state === 'draft' || state === 'active').slice(0, 8)
    },
    { keep: true },
  )
export const putIntoGallery = (gallery: string, tracks: string[]) =>
  call<TracksPlacement>('POST', `${galleryPath(gallery)}/tracks`, { tracks })
export const retryPlacement = ({ id, gallery }: WatchedPlacement) =>
  call<TracksPlacement>('POST', `${galleryPath(gallery.id)}/placements/${id}/retry`)
export const addTrack = async (input: TrackInput): Promise<AddedTrack> => (await call<AddedTracks>('POST', '/api/tracks', input)).tracks[0]!
export const runRescue = (input: RescueRunInput) => call<RescueRun>('POST', '/api/rescue/run', input)
export const bringFile = (id: string, role: MediaRole, file: Blob, sending: { sent: (share: number) => void; signal: AbortSignal }) =>
  sendFile<TrackDetails>(`/api/tracks/${id}/media/${role}`, file, sending)
export const deleteTrack = (id: string) => call<void>('DELETE', `/api/tracks/${id}`)
