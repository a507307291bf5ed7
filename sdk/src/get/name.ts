/** Under which name a download is kept: what the service proposes, made harmless. */

/** The name of a Content-Disposition header (RFC 6266), never a path; `download.zip` when there is none. */
export function nameOf(disposition: string | null): string {
  const encoded = /;\s*filename\*\s*=\s*utf-8'[^']*'([^;\s]+)/i.exec(disposition ?? '')?.[1]
  const quoted = /;\s*filename\s*=\s*"((?:[^"\\]|\\.)*)"/i.exec(disposition ?? '')?.[1]?.replace(/\\(.)/g, '$1')
  const plain = /;\s*filename\s*=\s*([^";\s]+)/i.exec(disposition ?? '')?.[1]
  return harmless(decoded(encoded) ?? quoted ?? plain ?? '')
}

function decoded(text: string | undefined): string | undefined {
  try {
    return text === undefined ? undefined : decodeURIComponent(text)
  } catch {
    return undefined
  }
}

/** One plain file name that every system can keep, at most 200 bytes. */
function harmless(name: string): string {
  const last = name.toWellFormed().split(/[/\\]/).at(-1)!
  const clean = last
    .normalize('NFC')
    .replace(/[\u0000-\u001f\u007f-\u009f<>:"|?*\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '_')
    // neither hidden files nor the parent folder; Windows drops what ends a name in dots and blanks
    .replace(/^[. ]+|[. ]+$/g, '')
  const reserved = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i.test(clean)
  const [, stem, suffix] = /^(.*?)(\.[^.]{1,10})?$/s.exec(reserved ? `_${clean}` : clean)!
  return stem ? `${shorten(stem, 200 - Buffer.byteLength(suffix ?? ''))}${suffix ?? ''}` : 'download.zip'
}

function shorten(text: string, bytes: number): string {
  let kept = ''
  let used = 0
  for (const char of text) {
    used += Buffer.byteLength(char)
    if (used > bytes) break
    kept += char
  }
  return kept
}

/** `mara.zip`, `mara (2).zip`, `mara (3).zip` … */
export function nameAgain(name: string, n: number): string {
  if (n === 1) return name
  const [, stem, suffix] = /^(.+?)(\.[^.]+)?$/s.exec(name)!
  return `${stem} (${n})${suffix ?? ''}`
}
