/** Who may do what: the people and keys that ask, and the answer, on paper. */
import { AppError } from '../base/errors.ts'

export type Scope = 'galleries:read' | 'galleries:write' | 'metrics:read' | 'rescue:run'
export const scopes: Scope[] = ['galleries:read', 'galleries:write', 'metrics:read', 'rescue:run']

/** Who is asking. A guest is anybody with the gallery's address; `email`: they have proven by another sign-in that it is theirs. */
export type Asker =
  | { kind: 'user'; userId: string; role: 'admin' | 'owner' }
  | { kind: 'key'; userId: string; keyId: string; scopes: Scope[] }
  | { kind: 'guest'; email?: string }

/** What a client may do with a gallery: look at it, or also take its files home. */
export type Permission = 'view' | 'download'
export const permissions: Permission[] = ['view', 'download']

/** Throws access_ended when the time that a client was given is over. */
export function checkAccess(client: { accessExpiresAt: Date | null }, now: Date): void {
  if (!mayLook(client, now)) throw new AppError('access_ended')
}

/** Is the time that a client was given not over? */
export const mayLook = (client: { accessExpiresAt: Date | null }, now: Date): boolean =>
  !(client.accessExpiresAt && client.accessExpiresAt <= now)

/** May this client take files home now? */
export const mayDownload = (client: { permission: Permission; accessExpiresAt: Date | null }, now: Date): boolean =>
  client.permission === 'download' && mayLook(client, now)

/** Owners see only their own galleries; so does an admin: being admin is about the installation, not about other people's pictures. */
export function mayManage(asker: Asker, gallery: { ownerId: string }, scope: Scope): boolean {
  if (asker.kind === 'guest' || asker.userId !== gallery.ownerId) return false
  return asker.kind === 'user' || asker.scopes.includes(scope)
}

export const mayRunInstallation = (asker: Asker): boolean => asker.kind === 'user' && asker.role === 'admin'
