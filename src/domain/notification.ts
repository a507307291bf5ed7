/** What the studio tells a photographer by itself: each of these is also a letter, but that a guest asks for an archived gallery. */
export type NoticeKind =
  | 'restore_asked'
  | 'selection_sent'
  | 'archive_failed'
  | 'archive_complete'
  | 'gallery_restored'
  | 'damage_found'
  | 'gallery_expired'
  | 'mail_bounced'
  | 'webhook_disabled'
  | 'tracks_at_risk'
  | 'tracks_lost'
