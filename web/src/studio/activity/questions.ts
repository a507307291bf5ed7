/** What the page of what has happened asks, and the bell. */
import { type Activity, call, type Notifications, type Page } from '../../api.ts'
import { useAsk } from '../../ui/ask.ts'

export const useActivity = (query: string) =>
  useAsk(['activity', query], (signal) => call<Page<Activity>>('GET', `/api/activity${query}`, undefined, signal), { keep: true })

/** Asked again every minute: facts come by themselves. */
export const useNotifications = () =>
  useAsk(['notifications'], (signal) => call<Notifications>('GET', '/api/notifications?limit=20', undefined, signal), {
    every: () => 60_000,
  })
export const markRead = (id: string) => call<void>('POST', `/api/notifications/${id}/read`)
