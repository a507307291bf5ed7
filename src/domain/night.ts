/** When the look of every night begins: 03:00 UTC, which knows no daylight saving, so there is one every day. Pure. */
import { days, hours } from '../base/clock.ts'

const hour = hours(3)

/** The last one that began before `now`, or at it. */
export const nightBefore = (now: Date): Date => new Date(Math.floor((now.getTime() - hour) / days(1)) * days(1) + hour)

/** The next one after `now`. */
export const nightAfter = (now: Date): Date => new Date(nightBefore(now).getTime() + days(1))
