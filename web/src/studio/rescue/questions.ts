/** What the rescue pages ask. */
import {
  call,
  type MediaRole,
  type Page,
  type RescueRun,
  type RescueRunInput,
  type RescueStatistics,
  sendFile,
  type Track,
  type TrackDetails,
} from '../../api.ts'
import { useAsk } from '../../ui/ask.ts'

/** Numbers change while tracks are being saved. */
export const useStatistics = () =>
  useAsk(['rescue'], (signal) => call<RescueStatistics>('GET', '/api/rescue/statistics', undefined, signal), { every: () => 10_000 })
export const useTracks = (query: string) =>
  useAsk(['tracks', query], (signal) => call<Page<Track>>('GET', `/api/tracks${query}`, undefined, signal), {
    keep: true,
    every: ({ rows }) => (rows.some(({ state }) => state === 'rescuing') ? 2000 : 15_000),
  })
export const useTrack = (id: string) =>
  useAsk(['track', id], (signal) => call<TrackDetails>('GET', `/api/tracks/${id}`, undefined, signal), { every: () => 5000 })
export const runRescue = (input: RescueRunInput) => call<RescueRun>('POST', '/api/rescue/run', input)
export const bringFile = (id: string, role: MediaRole, file: Blob, sending: { sent: (share: number) => void; signal: AbortSignal }) =>
  sendFile<TrackDetails>(`/api/tracks/${id}/media/${role}`, file, sending)
export const deleteTrack = (id: string) => call<void>('DELETE', `/api/tracks/${id}`)
