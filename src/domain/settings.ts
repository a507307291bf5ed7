/** The values of the configuration that steps read; app/config.ts makes them from the environment. */
import type { LinkKind } from './link.ts'

export interface Settings {
  /** where people reach Keepsake, without a slash at the end */
  publicUrl: string
  /** secrets that sign links, newest first: the first signs, all verify */
  tokenSecrets: string[]
  /** From of every letter, such as `Keepsake <noreply@example.com>` */
  emailFrom: string
  /** people may also sign in here; null: with their password alone */
  oidc: { issuer: string; clientId: string; clientSecret: string; name: string } | null
  /** whose signed tokens (JWT) count as a sign-in; null: nobody's */
  jwt: { jwksUrl: string; issuer: string; audience: string } | null
  /** secret with which Resend signs what it tells us; null: it tells us nothing */
  resendWebhookSecret: string | null
  /** largest upload, bytes */
  maxUploadBytes: number
  /** free bytes that stay unused on the storage */
  reserveBytes: number
  /** how long a current delivery archive is kept, days */
  retentionDays: number
  /** how long a superseded archive is kept, days */
  supersededDays: number
  /** how long the originals of an archived gallery are kept beside its archive, days */
  purgeGraceDays: number
  /** how long a provider keeps a track that says nothing of its end, days */
  providerRetentionDays: number
  /** how old such a track is when it is fetched, days */
  rescueLeadDays: number
  /** secret with which Replicate signs what it tells us; null: it tells us nothing */
  replicateWebhookSecret: string | null
  /** the same of every other provider */
  rescueWebhookSecret: string | null
  /** e-mail address of the account that gets what providers tell; null: the first admin */
  rescueOwner: string | null
  /** how fast stored objects are read again at most */
  scrubBytesPerSecond: number
  /** how long a link of each kind lives, milliseconds */
  linkLife: Record<LinkKind, number>
  /** bearer of the calls by cron; null: there are none */
  cronSecret: string | null
  /** what storage events must bring; null: none are taken */
  eventsSecret: string | null
  /** our bucket's name, by which its events are known; null: photos lie on disk */
  bucket: string | null
  /** one line for every photo that is packed, and more of that kind */
  detailedLogs: boolean
  /** folder below which admins may import by path over the API; null: they may not */
  importDir: string | null
}
