/** What the studio tells a photographer by itself: each of these is also a letter. */
export type NoticeKind =
  | 'archive_failed'
  | 'archive_complete'
  | 'gallery_restored'
  | 'damage_found'
  | 'gallery_expired'
  | 'mail_bounced'
  | 'webhook_disabled'
