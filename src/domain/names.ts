/**
 * Names inside a ZIP: what a photographer called a file, made legal on Windows and macOS, safe and distinct.
 *
 * Distinct means distinct after Unicode NFC and case folding, because that is how Windows and macOS compare; a collision
 * becomes `name (2).jpg`. The same assets in the same order always get the same names.
 */
import { fold } from '../base/fold.ts'
import type { Naming } from './gallery.ts'

/** longest name in bytes of UTF-8: leaves room below the 255 of file systems for what unpackers add */
const longest = 200

/** One legal file name made from any text. */
export function safeName(text: string): string {
  const clean = text
    .toWellFormed()
    .normalize('NFC')
    // separators, what Windows forbids, control characters, and marks that turn the reading direction around
    .replace(/[/\\<>:"|?*\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, '_')
    .replace(/[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\ufeff]/g, '')
    .replace(/^\s+|[\s.]+$/g, '')
  const [stem, ext] = split(/^\.*$/.test(clean) ? 'file' : clean)
  // CON, aux.jpg, LPT1.tar.gz … are devices on Windows whatever follows the dot
  const device = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)\s*(\.|$)/i.test(stem + ext)
  return cut(device ? `_${stem}` : stem, ext, longest)
}

/** Gives each file its name, in the order given. */
export function nameAll(files: { id: string; originalName: string }[], naming: Naming): string[] {
  const taken = new Set<string>()
  const next = new Map<string, number>()
  const digits = Math.max(4, String(files.length).length)
  return files.map((file, i) => {
    const wanted = wish(file, naming, i, digits)
    const [stem, ext] = split(wanted)
    let name = wanted
    let n = next.get(fold(wanted)) ?? 2
    for (; taken.has(fold(name)); n++) name = cut(stem, ` (${n})${ext}`, longest)
    next.set(fold(wanted), n)
    taken.add(fold(name))
    return name
  })
}

function wish(file: { id: string; originalName: string }, naming: Naming, i: number, digits: number): string {
  const name = safeName(file.originalName)
  if (naming === 'numbered') return safeName(`${String(i + 1).padStart(digits, '0')}_${name}`)
  if (naming === 'id') return `${file.id}${split(name)[1].toLowerCase()}`
  return name
}

function split(name: string): [stem: string, ext: string] {
  const dot = name.lastIndexOf('.')
  // an extension is short and follows something; `.hidden` and `a. b c d e f` have none
  return dot > 0 && name.length - dot <= 11 && !/\s/.test(name.slice(dot)) ? [name.slice(0, dot), name.slice(dot)] : [name, '']
}

/** Shortens the stem by whole characters until name and ending fit. */
function cut(stem: string, ext: string, limit: number): string {
  const room = limit - Buffer.byteLength(ext)
  let bytes = 0
  let kept = ''
  // nearly all are short: to look at each character would take most of the time that a plan takes
  if (Buffer.byteLength(stem) <= room) kept = stem
  else
    for (const { segment } of new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(stem)) {
      bytes += Buffer.byteLength(segment)
      if (bytes > room) break
      kept += segment
    }
  return (kept || '_').replace(/[\s.]+$/, '_') + ext
}
