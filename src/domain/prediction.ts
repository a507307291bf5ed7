/** What a prediction of Replicate brings: as its API answers it and its webhook sends it. Read with care: any model may have made it. */

/** A track that a provider has made. */
export interface MadeTrack {
  /** the provider's id of it */
  ref: string
  title: string | null
  audioUrl: string
  coverUrl: string | null
  videoUrl: string | null
  madeAt: Date | null
}

export interface Prediction {
  id: string
  createdAt: Date | null
  /** none unless it has succeeded and its files are still there */
  tracks: MadeTrack[]
  /** there are files, and none of them is a sound; null otherwise */
  silent: PassedReason | null
}

/** Why something that a provider made is not saved: it is a picture, a film or something else; or its sound lies where this provider keeps nothing. */
export type PassedReason = 'picture' | 'film' | 'file' | 'elsewhere'

/** What a provider has told of at once. */
export interface Made {
  tracks: MadeTrack[]
  passedOver: { ref: string; reason: PassedReason }[]
}

const kinds = [
  ['audio', /\.(mp3|wav|flac|ogg|oga|opus|m4a|aac)$/i],
  ['cover', /\.(jpe?g|png|webp|gif|avif)$/i],
  ['video', /\.(mp4|mov|webm|mkv)$/i],
] as const
type Kind = (typeof kinds)[number][0]

const longestTitle = 100
// outputs are short lists; a model that nests deeper tells us nothing
const mostDepth = 4
const mostUrls = 100

/** Null when it is none. */
export function readPrediction(value: unknown): Prediction | null {
  if (!isRecord(value) || typeof value.id !== 'string' || !/^[\w-]{1,100}$/.test(value.id)) return null
  const { id } = value
  const createdAt = moment(value.created_at)
  if (value.status !== 'succeeded' || value.data_removed === true) return { id, createdAt, tracks: [], silent: null }
  const found: Record<Kind, string[]> = { audio: [], cover: [], video: [] }
  const urls = urlsIn(value.output)
  for (const url of urls) {
    const { pathname } = new URL(url)
    const kind = kinds.find(([, ending]) => ending.test(pathname))?.[0]
    if (kind) found[kind].push(url)
  }
  const title = titleOf(value.input)
  const madeAt = moment(value.completed_at) ?? createdAt
  // several songs of one prediction each have the picture and the film at their place
  const tracks = found.audio.map((audioUrl, n) => ({
    ref: n ? `${id}/${n + 1}` : id,
    title: title && n ? `${title} (${n + 1})` : title,
    audioUrl,
    coverUrl: found.cover[n] ?? null,
    videoUrl: found.video[n] ?? null,
    madeAt,
  }))
  const silent = tracks.length || !urls.length ? null : found.video.length ? 'film' : found.cover.length ? 'picture' : 'file'
  return { id, createdAt, tracks, silent }
}

/** Predictions as what they have made. */
export const madeIn = (predictions: Prediction[]): Made => ({
  tracks: predictions.flatMap(({ tracks }) => tracks),
  passedOver: predictions.flatMap(({ id, silent }) => (silent ? [{ ref: id, reason: silent }] : [])),
})

/** The prediction that a track came from. */
export const predictionOf = (ref: string): string => ref.split('/')[0]!

/** Every address in the output, in its order: it may be one, a list, or an object of them. */
function urlsIn(output: unknown, depth = 0): string[] {
  if (typeof output === 'string') return /^https?:\/\//.test(output) && URL.canParse(output) ? [output] : []
  if (typeof output !== 'object' || output === null || depth === mostDepth) return []
  return Object.values(output)
    .flatMap((part) => urlsIn(part, depth + 1))
    .slice(0, mostUrls)
}

function titleOf(input: unknown): string | null {
  if (!isRecord(input)) return null
  const said = [input.title, input.song_title, input.prompt].find((text) => typeof text === 'string' && text.trim() !== '') as
    | string
    | undefined
  if (said === undefined) return null
  const words = said
    .toWellFormed()
    .replace(/[\s\0]+/g, ' ')
    .trim()
  return words.length > longestTitle
    ? `${words
        .slice(0, longestTitle - 1)
        .toWellFormed()
        .trim()}…`
    : words
}

function moment(value: unknown): Date | null {
  const time = typeof value === 'string' ? Date.parse(value) : Number.NaN
  return Number.isNaN(time) ? null : new Date(time)
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)
