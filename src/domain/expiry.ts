/**
 * The end of a gallery: when it is spoken of, to whom, and how it is put off.
 *
 * A reminder belongs to the step in whose time it is written: the last one that has come. A step that was passed over (the date
 * was moved near, the gallery was published late, nobody worked) is not made up for. Nobody is reminded on the day they were
 * invited, nor twice within a day.
 */
import { after, days } from '../base/clock.ts'
import { mayDownload, type Permission } from './access.ts'
import type { Gallery } from './gallery.ts'

/** Days before the end at which those are reminded who lack a copy. */
export const steps = [30, 7, 1]
/** How long after an invitation or a reminder the next reminder comes at the soonest. */
export const quiet = days(1)
/** How much longer a gallery is open after the button in the letter about its end. */
export const extension = days(30)
/** How long after its end a gallery is archived by itself: until then that button works. */
export const rest = days(1)

/** The step in whose time `now` lies; undefined before the first one and from the end on. */
export function stepAt(end: Date, now: Date): number | undefined {
  return now < end ? steps.findLast((step) => after(end, -days(step)) <= now) : undefined
}

/** When the next step begins; null when there is none. */
export function nextStep(end: Date, now: Date): Date | null {
  return steps.map((step) => after(end, -days(step))).find((begin) => begin > now) ?? null
}

/** The new end of a gallery that is put off: what is left of the old time is not lost. */
export const extended = (end: Date, now: Date): Date => after(end > now ? end : now, extension)

/** When a gallery that comes back from its archive ends, unless somebody says it: one without an end has none, and no end comes nearer. */
export function endOfRestored({ expiresAt }: Pick<Gallery, 'expiresAt'>, now: Date): Date | null {
  const soonest = after(now, extension)
  return expiresAt && expiresAt < soonest ? soonest : expiresAt
}

/** It has ended, and the time in which one click opens it again is over. */
export const restsNoMore = ({ expiresAt }: Pick<Gallery, 'expiresAt'>, now: Date): boolean =>
  expiresAt !== null && expiresAt < after(now, -rest)

/** A client, as far as it matters here. */
export interface Invited {
  id: string
  email: string
  notifyOnArchive: boolean
  permission: Permission
  accessExpiresAt: Date | null
  createdAt: Date
}
export interface Addressee {
  recipient: string
  /** null: the customer, who is no client of the gallery */
  clientId: string | null
}

type Told = Pick<Gallery, 'customerEmail' | 'isPublic' | 'downloadEnabled'>

/**
 * Who is reminded: clients who want letters, may download and have no complete copy. The customer, when they are no client:
 * nobody knows what they have; and where the address alone opens nothing a letter would be of no use to them.
 */
export function toRemind(gallery: Told, clients: Invited[], complete: Set<string>, now: Date): Addressee[] {
  if (!gallery.downloadEnabled) return []
  const lacking = clients.filter(
    (client) => client.notifyOnArchive && mayDownload(client, now) && client.createdAt <= after(now, -quiet) && !complete.has(client.id),
  )
  return [...lacking.map(asAddressee), ...(gallery.isPublic ? customerOf(gallery, clients) : [])]
}

/** Who hears that the gallery has ended: clients who want letters and could come until then, and the customer. */
export function toTell(gallery: Told, clients: Invited[], now: Date): Addressee[] {
  const open = clients.filter((client) => client.notifyOnArchive && !(client.accessExpiresAt && client.accessExpiresAt <= now))
  return [...open.map(asAddressee), ...customerOf(gallery, clients)]
}

const asAddressee = ({ id, email }: Invited): Addressee => ({ recipient: email, clientId: id })

function customerOf({ customerEmail }: Told, clients: Invited[]): Addressee[] {
  const known = clients.some((client) => client.email === customerEmail?.toLowerCase())
  return customerEmail && !known ? [{ recipient: customerEmail, clientId: null }] : []
}
