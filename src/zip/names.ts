/** Names in a ZIP: how their bytes are read, which are safe, and which cannot stand side by side. */

import type { Buffer } from 'node:buffer'
import { isUtf8 } from 'node:buffer'
import { crc32 } from 'node:zlib'
import { fold } from '../base/fold.ts'
import { fieldId, findField } from './extra.ts'
import type { Reason } from './refuse.ts'

const maxParts = 65

/**
 * The reason why a name must not be used, or null. The rule holds for what we write as for what we read;
 * a folder's own entry ends in one slash, which must be taken off before.
 */
export function unsafeName(name: string): Reason | null {
  // Nearly all names are harmless at one glance; 129 characters cannot hold more than 65 parts.
  if (name.length < 130 && !suspicious.test(name)) return null
  if (name === '') return 'name_empty'
  if (!name.isWellFormed()) return 'name_not_unicode'
  if (/[\u0000-\u001f\u007f-\u009f]/.test(name)) return 'name_control'
  if (name.includes('\\')) return 'name_backslash'
  if (name.startsWith('/')) return 'name_absolute'
  if (/^[a-z]:/i.test(name)) return 'name_drive'
  const parts = name.split('/', maxParts + 1)
  if (parts.length > maxParts) return 'name_too_deep'
  if (parts.includes('')) return 'name_empty_part'
  if (parts.includes('.') || parts.includes('..')) return 'name_dots'
  return null
}

/** Empty, or a character or place of a dot, slash or colon that needs a closer look. */
const suspicious = /^$|[\u0000-\u001f\u007f-\u009f\\\ud800-\udfff]|^\/|\/\/|\/$|(?:^|\/)\.|^.:/

const isFolder = (name: string): boolean => name.endsWith('/')

/** Names that cannot stand side by side: the index of the later one, and why. Folders of one fold may merge. */
export function clashes(names: readonly string[]): { index: number; reason: Reason }[] {
  const found: { index: number; reason: Reason }[] = []
  const byKey = new Map<string, number>()
  const keys = names.map((name, index) => {
    const key = fold(isFolder(name) ? name.slice(0, -1) : name)
    const other = byKey.get(key)
    if (other === undefined) byKey.set(key, index)
    else
      found.push({
        index,
        reason: names[other] === name ? 'duplicate' : isFolder(names[other]!) === isFolder(name) ? 'collision' : 'file_and_folder',
      })
    return key
  })
  const folders = new Set<string>()
  let last = ''
  keys.forEach((key, index) => {
    // Neighbours mostly share their folder.
    if (key.lastIndexOf('/') === last.length && key.startsWith(last)) return
    last = key.slice(0, Math.max(0, key.lastIndexOf('/')))
    for (let folder = last; folder !== '' && !folders.has(folder); folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/')))) {
      folders.add(folder)
      const other = byKey.get(folder)
      if (other !== undefined && !isFolder(names[other]!)) found.push({ index, reason: 'file_and_folder' })
    }
  })
  return found
}

/**
 * The name that the bytes stand for. With flag 11 they are UTF-8 (APPNOTE 4.4.4). Without it valid UTF-8 is taken as such,
 * because macOS and Linux write it without the flag; all else is code page 437 (APPNOTE D.1). Info-ZIP's Unicode path (0x7075)
 * replaces the name, but may differ from the bytes only in characters beyond ASCII: a path that leads elsewhere is a lie.
 */
export function readName(bytes: Buffer, utf8: boolean, extra: Buffer): { name: string; fault: Reason | null } {
  const valid = isUtf8(bytes)
  const name = valid || utf8 ? bytes.toString('utf8') : fromCp437(bytes)
  if (utf8 && !valid) return { name, fault: 'name_not_unicode' }
  const field = findField(extra, fieldId.unicodePath)
  if (!field) return { name, fault: null }
  const path = field.subarray(5)
  const honest = field.length > 5 && field[0] === 1 && field.readUInt32LE(1) === crc32(bytes) && isUtf8(path)
  const unicode = path.toString('utf8')
  if (!honest || (utf8 ? unicode !== name : asciiOf(unicode) !== asciiOf(bytes.toString('latin1'))))
    return { name, fault: 'unicode_path_differs' }
  return { name: unicode, fault: null }
}

const asciiOf = (text: string): string => text.replace(/[^\u0000-\u007f]/g, '')

const cp437 =
  'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0'

function fromCp437(bytes: Buffer): string {
  return Array.from(bytes, (byte) => (byte < 0x80 ? String.fromCharCode(byte) : cp437[byte - 0x80])).join('')
}
