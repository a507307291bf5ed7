/** What a marker says, wherever it lies. */

/** Whose it is. */
export function installationIn(text: string): unknown {
  try {
    const marker: unknown = JSON.parse(text)
    return typeof marker === 'object' && marker !== null && 'installation' in marker ? marker.installation : null
  } catch {
    // A marker we cannot read is nobody's: the caller refuses it as foreign.
    return null
  }
}
