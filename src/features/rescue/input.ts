/** A track as somebody sends it: strict words of the API, made a track that `addTracks` takes. */
import { z } from 'zod'
import type { NewTrack } from './add.ts'

const address = z
  .string()
  .trim()
  .max(2000)
  .refine((text) => /^https?:$/.test(URL.parse(text)?.protocol ?? ''), 'is not an http or https address')
const moment = z.iso.datetime({ offset: true }).transform((text) => new Date(text))
// PostgreSQL keeps no NUL in a text
const words = (most: number) =>
  z
    .string()
    .max(most)
    .transform((text) => text.toWellFormed().replaceAll('\0', '').trim())

/** Parses to a NewTrack. */
export const trackInput = z
  .strictObject({
    provider: z
      .string()
      .trim()
      .toLowerCase()
      .regex(/^[a-z0-9][a-z0-9._-]{0,49}$/, 'is not the name of a provider')
      .default('generic'),
    provider_ref: words(500).pipe(z.string().min(1)).optional(),
    title: words(300).optional(),
    artist: words(300).nullish(),
    audio_url: address,
    cover_url: address.nullish(),
    video_url: address.nullish(),
    created_at: moment.optional(),
    expires_at: moment.optional(),
    duration_seconds: z
      .number()
      .positive()
      .max(24 * 3600)
      .optional(),
    public: z.boolean().default(false),
  })
  .transform(
    (input): NewTrack => ({
      provider: input.provider,
      providerRef: input.provider_ref ?? null,
      title: input.title || null,
      artist: input.artist || null,
      audioUrl: input.audio_url,
      coverUrl: input.cover_url ?? null,
      videoUrl: input.video_url ?? null,
      madeAt: input.created_at ?? null,
      expiresAt: input.expires_at ?? null,
      seconds: input.duration_seconds ?? null,
      isPublic: input.public,
    }),
  )
