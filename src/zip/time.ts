/** The two times of an entry: DOS time read as UTC, and the unix time of field 0x5455. */

/** APPNOTE 4.4.6: two-second steps from 1980 to 2107. Earlier and later times are set to the nearest. */
export function dosTime(ms: number): { time: number; date: number } {
  const d = new Date(ms)
  const year = d.getUTCFullYear()
  if (year < 1980) return { time: 0, date: 0x21 }
  if (year > 2107) return { time: 0xbf7d, date: 0xff9f }
  return {
    time: (d.getUTCHours() << 11) | (d.getUTCMinutes() << 5) | (d.getUTCSeconds() >> 1),
    date: ((year - 1980) << 9) | ((d.getUTCMonth() + 1) << 5) | d.getUTCDate(),
  }
}

/** DOS time knows no zone; it is taken as UTC, as we write it. Month or day 0 means "no date": 1980-01-01. */
export function fromDosTime(time: number, date: number): number {
  const month = (date >> 5) & 15
  const day = date & 31
  if (month === 0 || day === 0) return Date.UTC(1980, 0, 1)
  return Date.UTC(1980 + (date >> 9), month - 1, day, time >> 11, (time >> 5) & 63, (time & 31) * 2)
}

/** Field 0x5455 counts seconds in 32 signed bits; outside of them DOS time alone is truer than a clamped second. */
export function inTimeField(ms: number): boolean {
  const seconds = Math.floor(ms / 1000)
  return seconds >= -0x80000000 && seconds <= 0x7fffffff
}
