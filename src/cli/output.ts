/** What commands say: sentences for people, or one JSON value with --json. */

export interface Output {
  json: boolean
  /** a line for people, on stdout; nothing with --json */
  say(text: string): void
  /** the result, on stdout, only with --json */
  result(value: unknown): void
  /** a line on stderr */
  note(text: string): void
}

export class UsageError extends Error {}

/** `12.3 MB`: decimal units, as cameras and file managers say them. */
export function bytesText(n: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB']
  let i = 0
  let value = n
  for (; value >= 1000 && i < units.length - 1; i++) value /= 1000
  return `${i === 0 ? value : value.toFixed(value < 10 ? 2 : 1)} ${units[i]}`
}

/** A line that is written over itself on a terminal; silent elsewhere. */
export function progressLine(stream: NodeJS.WriteStream = process.stderr): { show(text: string): void; end(): void } {
  let shown = false
  return {
    show(text) {
      if (!stream.isTTY) return
      stream.write(`\r\u001b[2K${text.slice(0, (stream.columns || 80) - 1)}`)
      shown = true
    },
    end() {
      if (shown) stream.write('\r\u001b[2K')
      shown = false
    },
  }
}

/** `[#####-----] 50%` */
export function bar(part: number, width = 24): string {
  const full = Math.round(Math.max(0, Math.min(1, part)) * width)
  return `[${'#'.repeat(full)}${'-'.repeat(width - full)}] ${Math.floor(part * 100)}%`
}
