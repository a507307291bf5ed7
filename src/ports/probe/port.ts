/**
 * Probe: what another program says of a sound or a film that our own check (domain/media-check) has taken.
 *
 * - A second opinion and no more: only a plain "no" counts. A program that is not there, is killed, comes to no end in its time or runs
 *   out of memory has none.
 * - It is given stored bytes and nothing else: no name, no address, no way to fetch anything.
 */
import type { Source } from '../storage/port.ts'

export interface Probe {
  /** What the program calls itself, such as `ffprobe 7.1.1`; null when it does not run. */
  version(): Promise<string | null>
  /**
   * Can it read this, and is the wanted kind in it? null: it has no opinion. The source is closed at the end, read as far as it
   * was needed. Throws what the source throws, and the signal's reason.
   */
  reads(source: Source, wanted: 'audio' | 'video', signal: AbortSignal): Promise<boolean | null>
}
