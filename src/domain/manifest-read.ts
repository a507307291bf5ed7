/** Reads a manifest.json that lies in a ZIP: what may not be as we write it is not taken for one of ours. Pure. */
import { z } from 'zod'
import { feedbackKinds, feedbackLimits } from './feedback.ts'
import { markings } from './gallery.ts'

const sha256 = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .transform((hex) => Buffer.from(hex, 'hex'))
const moment = z.iso.datetime({ offset: true }).transform((text) => new Date(text))

const remark = z.object({
  kind: z.enum(feedbackKinds),
  rating: z.number().int().min(1).max(5).nullable(),
  comment: z.string().min(1).max(feedbackLimits.comment).nullable(),
  // whoever reads these rows takes what stands behind `client` and `user` for an id
  guest: z.string().regex(/^(guest [\w-]{1,80}|(client|user) [0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/),
  guest_name: z.string().min(1).max(100).nullable(),
  guest_email: z.string().min(1).max(254).nullable(),
  hidden: z.boolean(),
  created_at: moment,
})

const photo = z.object({
  item: z.uuid(),
  asset: z.uuid(),
  path: z.string().min(1).max(1000),
  original_name: z.string().max(1000),
  type: z.string().regex(/^(image|video|audio)\/[\w.+-]+$/),
  size: z.number().int().positive(),
  sha256,
  modified_at: moment,
  captured_at: z.string().max(50).optional(),
  chapter: z.string().min(1).max(200).nullable().default(null),
  hidden: z.boolean().default(false),
  track: z
    .object({
      role: z.enum(['audio', 'cover', 'video']),
      title: z.string().max(1000),
      artist: z.string().max(1000).nullable(),
      provider: z.string().max(200).nullable(),
    })
    .optional(),
  feedback: z.array(z.unknown()).default([]),
})

const schema = z.object({
  format: z.literal('keepsake-manifest'),
  version: z.literal(1),
  gallery: z.object({
    id: z.uuid(),
    slug: z.string().min(1).max(100),
    title: z.string().min(1).max(500),
    event_date: z.iso.date().nullable(),
    guests: z.object({ sizes: z.enum(['original', 'screen', 'none']), watermark: z.enum(markings) }).optional(),
  }),
  photos: z.array(photo).max(5_000_000),
})

export type Manifest = z.infer<typeof schema>
export type ManifestPhoto = Manifest['photos'][number]
export type Remark = z.infer<typeof remark>

/** Undefined for anything but a manifest of ours. */
export function readManifest(text: string): Manifest | undefined {
  try {
    const found = schema.safeParse(JSON.parse(text))
    return found.success ? found.data : undefined
  } catch {
    return undefined
  }
}

/** What was said of a photo, and how much of it cannot be taken for that. */
export function remarksOf({ feedback }: Pick<ManifestPhoto, 'feedback'>): { remarks: Remark[]; refused: number } {
  const read = feedback.map((one) => remark.safeParse(one))
  const remarks = read.flatMap((one) => (one.success && isWhole(one.data) ? [one.data] : []))
  return { remarks, refused: feedback.length - remarks.length }
}

const isWhole = ({ kind, comment, rating }: Remark): boolean =>
  (kind === 'comment') === (comment !== null) && (kind === 'rating') === (rating !== null)
