/** Where passkeys work: they belong to a name, and browsers make them only where nobody can listen in. Pure. */

/** The name that passkeys are made for (the relying party's id), and the one address from which they are taken. */
export interface PasskeyPlace {
  id: string
  origin: string
}

/** Null: behind this address browsers make no passkeys, for it is plain http, or numbers and no name (WebAuthn 5.1.2, effective domain). */
export function passkeyPlace(publicUrl: string): PasskeyPlace | null {
  const { protocol, hostname, origin } = new URL(publicUrl)
  if (/^[\d.]+$|^\[/.test(hostname)) return null
  const local = hostname === 'localhost' || hostname.endsWith('.localhost')
  return protocol === 'https:' || local ? { id: hostname, origin } : null
}
