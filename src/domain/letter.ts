/** Letters: every kind as subject, HTML and plain text from the same blocks. A new kind is a file in letters/ and a line here. Pure. */
import { archiveFailed } from './letters/archive-failed.ts'
import { archiveReady } from './letters/archive-ready.ts'
import { asHtml, asText, type Composed } from './letters/blocks.ts'
import { downloadsDigest } from './letters/downloads-digest.ts'
import { exportReady } from './letters/export-ready.ts'
import type { Locale } from './letters/words.ts'

const compose = {
  archive_ready: archiveReady,
  archive_failed: archiveFailed,
  downloads_digest: downloadsDigest,
  export_ready: exportReady,
}

export type LetterKind = keyof typeof compose
/** What a letter of that kind is written from. */
export type LetterFacts<K extends LetterKind> = Parameters<(typeof compose)[K]>[0]

export interface RenderedLetter {
  subject: string
  text: string
  html: string
}

/** Writes a letter of that kind in that language. */
export function renderLetter<K extends LetterKind>(kind: K, facts: LetterFacts<K>, locale: Locale): RenderedLetter {
  const composed = (compose[kind] as (facts: LetterFacts<K>, locale: Locale) => Composed)(facts, locale)
  return { subject: composed.subject, text: asText(composed), html: asHtml(composed, locale) }
}
