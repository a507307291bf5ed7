/** The state of a gallery in one word. */
import type { GalleryState } from '../api.ts'
import { useWords } from './words.tsx'

const kinds: Record<GalleryState, string> = { draft: '', active: 'ok', expired: 'warn', archiving: 'warn', archived: '', deleted: '' }

export function GalleryBadge({ state }: { state: GalleryState }) {
  return <span className={`badge ${kinds[state]}`}>{useWords().states[state]}</span>
}
