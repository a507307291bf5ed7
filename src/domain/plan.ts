/**
 * Plan: gallery + assets + feedback → the exact, ordered entries of an archive.
 *
 * `{slug}/photos/{name}` for every original, then generated text: `{slug}/feedback/…` when there is feedback,
 * `{slug}/manifest.json` and `{slug}/checksums.sha256` (for `sha256sum -c` inside the unpacked folder).
 * Nothing in it depends on when or where it is made: the same content gives the same bytes, so a rebuilt archive can go on
 * with a broken download of the one before.
 */
import { createHash } from 'node:crypto'
import { crc32, deflateRawSync } from 'node:zlib'
import type { Asset } from './asset.ts'
import { type Feedback, feedbackFiles } from './feedback.ts'
import type { Naming } from './gallery.ts'
import { nameAll } from './names.ts'

/** One entry of the ZIP: an asset stored as it is, or generated text with its bytes as they stand in the ZIP. */
export interface PlanEntry {
  path: string
  /** null: generated text */
  assetId: string | null
  /** uncompressed, bytes */
  size: number
  crc32: number
  /** of the uncompressed bytes, 32 bytes */
  sha256: Buffer
  mtime: Date
  /** generated text: raw deflate at level 9, made once */
  content: Buffer | null
}

export interface Missing {
  assetId: string
  path: string
  asset: Asset
}

export interface Plan {
  recipe: Recipe
  recipeHash: string
  imagesHash: string
  planHash: string
  entries: PlanEntry[]
  missing: Missing[]
}

/** What was asked for. Two archives with equal recipes and assets are the same archive. */
export interface Recipe {
  purpose: 'delivery'
  format: 'zip'
  naming: Naming
  slug: string
}

export interface PlanInput {
  gallery: { id: string; slug: string; title: string; eventDate: string | null; naming: Naming }
  /** live assets in the order of their items; those in state missing are named, not packed */
  assets: Asset[]
  feedback: Feedback[]
}

export function makePlan({ gallery, assets, feedback }: PlanInput): Plan {
  const recipe: Recipe = { purpose: 'delivery', format: 'zip', naming: gallery.naming, slug: gallery.slug }
  const root = gallery.slug
  const names = nameAll(assets, gallery.naming)
  const named = assets.map((asset, i) => ({ asset, path: `${root}/photos/${names[i]!}` }))
  const entries: PlanEntry[] = named
    .filter(({ asset }) => asset.state === 'stored')
    .map(({ asset, path }) => ({
      path,
      assetId: asset.id,
      size: asset.size,
      crc32: asset.crc32,
      sha256: asset.sha256,
      mtime: wholeSecond(asset.modifiedAt),
      content: null,
    }))
  const missing = named.filter(({ asset }) => asset.state === 'missing').map(({ asset, path }) => ({ assetId: asset.id, path, asset }))
  const newest = new Date(assets.reduce((latest, a) => Math.max(latest, wholeSecond(a.modifiedAt).getTime()), 0))
  for (const file of feedbackFiles(feedback, new Map(named.map(({ asset, path }) => [asset.itemId, path.slice(root.length + 1)]))))
    entries.push(textEntry(`${root}/feedback/${file.name}`, file.text, newest))
  entries.push(textEntry(`${root}/manifest.json`, manifest(gallery, named, feedback), newest))
  const sums = entries.map((e) => `${e.sha256.toString('hex')}  ${e.path.slice(root.length + 1)}\n`).join('')
  entries.push(textEntry(`${root}/checksums.sha256`, sums, newest))
  return {
    recipe,
    recipeHash: hashText(JSON.stringify(recipe)),
    imagesHash: imagesHash(assets.map((a) => a.id)),
    planHash: hashPlan(entries),
    entries,
    missing,
  }
}

/** SHA-256 of the sorted asset ids joined by ','; 'empty' for none. Exact, because assets never change. */
export const imagesHash = (assetIds: string[]): string => (assetIds.length ? hashText([...assetIds].sort().join(',')) : 'empty')

/** Names the bytes of the ZIP: all that decides them goes in. It is the ETag of every download. */
function hashPlan(entries: PlanEntry[]): string {
  const hash = createHash('sha256')
  for (const e of entries)
    hash.update(`${e.path}\0${e.size}\0${e.content?.length ?? ''}\0${e.crc32}\0${e.sha256.toString('hex')}\0${e.mtime.getTime()}\n`)
  return hash.digest('hex')
}

function manifest(gallery: PlanInput['gallery'], named: { asset: Asset; path: string }[], feedback: Feedback[]): string {
  const remarks = Map.groupBy(feedback, (f) => f.itemId)
  const describe = ({ asset, path }: { asset: Asset; path: string }) => ({
    item: asset.itemId,
    asset: asset.id,
    path: path.slice(gallery.slug.length + 1),
    original_name: asset.originalName,
    type: asset.mime,
    size: asset.size,
    sha256: asset.sha256.toString('hex'),
    modified_at: wholeSecond(asset.modifiedAt).toISOString(),
    ...(asset.capturedAt ? { captured_at: asset.capturedAt } : {}),
    ...(remarks.has(asset.itemId) ? { feedback: remarks.get(asset.itemId)!.map(({ itemId: _, ...rest }) => rest) } : {}),
  })
  const content = {
    format: 'keepsake-manifest',
    version: 1,
    gallery: { id: gallery.id, slug: gallery.slug, title: gallery.title, event_date: gallery.eventDate },
    photos: named.filter(({ asset }) => asset.state === 'stored').map(describe),
    missing: named.filter(({ asset }) => asset.state === 'missing').map(describe),
  }
  return `${JSON.stringify(content, null, 1)}\n`
}

function textEntry(path: string, text: string, mtime: Date): PlanEntry {
  const bytes = Buffer.from(text)
  return {
    path,
    assetId: null,
    size: bytes.length,
    crc32: crc32(bytes),
    sha256: createHash('sha256').update(bytes).digest(),
    mtime,
    content: deflateRawSync(bytes, { level: 9 }),
  }
}

// the ZIP keeps whole seconds
const wholeSecond = (time: Date) => new Date(Math.floor(time.getTime() / 1000) * 1000)
const hashText = (text: string) => createHash('sha256').update(text).digest('hex')
