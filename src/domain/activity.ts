/** What is written down of a gallery's life, and who did it. */

export type Action =
  | 'published'
  | 'expired'
  | 'extended'
  | 'date_moved'
  | 'password_changed'
  | 'deleted'
  | 'client_added'
  | 'client_removed'
  | 'link_revoked'
  | 'archive_asked'
  | 'archive_ready'
  | 'archive_failed'
  | 'archived'
  | 'restored'
  | 'deleted_for_good'

/** system: it followed from a date or from other work, or was done on the command line. */
export type Actor = 'system' | 'guest' | `user ${string}` | `client ${string}`

export const byUser = (id: string | null): Actor => (id === null ? 'system' : `user ${id}`)
