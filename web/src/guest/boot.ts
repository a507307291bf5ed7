/** What the server has put into the page's HTML beside its cover. */
import type { GuestBoot } from '../api.ts'

export function readBoot(): GuestBoot | null {
  const text = document.getElementById('boot')?.textContent
  return text ? (JSON.parse(text) as GuestBoot) : null
}
