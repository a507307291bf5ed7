/** Names as file systems compare them. */

/**
 * Equal for two names that some file system holds for one: Unicode NFC, and case folded by way of upper case, which brings
 * ß and SS together as APFS does. Plans and the ZIP reader fold alike, so no plan is refused when it is built.
 */
export function fold(name: string): string {
  if (/^[\u0020-\u007e]*$/.test(name)) return name.toLowerCase()
  return name.normalize('NFC').toUpperCase().toLowerCase().normalize('NFC')
}
