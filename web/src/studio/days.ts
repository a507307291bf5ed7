/** A day in a date field and the moment it stands for. */

/** The day of a moment, where the photographer is. */
export function dayOf(iso: string | null): string {
  if (!iso) return ''
  const date = new Date(iso)
  const two = (n: number) => String(n).padStart(2, '0')
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
}

/** A gallery open until a day is open through all of it. */
export function endOf(day: string): string | null {
  return day ? new Date(`${day}T23:59:59`).toISOString() : null
}
