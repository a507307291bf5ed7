/**
 * Plan: gallery + assets + feedback → the exact, ordered entries of an archive.
 *
 * `{slug}/photos/{name}` for every photo, then generated text: `{slug}/feedback/…` when there is feedback, `{slug}/ERRORS.txt`
 * when a file is missing, `{slug}/manifest.json` and `{slug}/checksums.sha256` (for `sha256sum -c` inside the unpacked folder).
 * Nothing in it depends on when or where it is made: the same content gives the same bytes, so a rebuilt archive can go on
 * with a broken download of the one before.
 */
import { createHash } from 'node:crypto'
import { crc32, deflateRawSync } from 'node:zlib'
import { type Asset, mainRoles } from './asset.ts'
import { type Feedback, feedbackFiles } from './feedback.ts'
import { errorsText, manifest, wholeSecond } from './manifest.ts'
import { nameAll } from './names.ts'
import type { Format, Named, PlanGallery, Recipe } from './recipe.ts'

/** One entry of the ZIP: an asset stored as it is, or generated text with its bytes as they stand in the ZIP. */
export interface PlanEntry {
  path: string
  /** null: generated text */
  assetId: string | null
  /** the key of the asset's preview when that is packed; null: its original, or text */
  previewKey: string | null
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

export interface PlanInput {
  gallery: PlanGallery
  /** live assets in the order of their items; those in state missing are named, not packed */
  assets: Asset[]
  feedback: Feedback[]
  purpose: 'delivery' | 'final'
}

export function makePlan({ gallery, assets, feedback, purpose }: PlanInput): Plan {
  const recipe: Recipe = { purpose, format: 'zip', naming: gallery.naming, slug: gallery.slug }
  const names = nameAll(assets, gallery.naming)
  const named = assets.map((asset, i) => ({ asset, preview: null, path: `${gallery.slug}/photos/${names[i]!}` }))
  return compose(gallery, recipe, named, feedback)
}

/** The plan of named assets: what is stored is packed, what is missing is told, and the texts that describe both. */
export function compose(gallery: PlanGallery, recipe: Recipe, named: Named[], feedback: Feedback[]): Plan {
  const root = recipe.slug
  const inRoot = (path: string) => path.slice(root.length + 1)
  const entries: PlanEntry[] = named
    .filter(({ asset }) => asset.state === 'stored')
    .map(({ asset, preview, path }) => ({
      path,
      assetId: asset.id,
      previewKey: preview?.storageKey ?? null,
      size: (preview ?? asset).size,
      crc32: (preview ?? asset).crc32,
      sha256: (preview ?? asset).sha256,
      mtime: wholeSecond(asset.modifiedAt),
      content: null,
    }))
  const missing = named.filter(({ asset }) => asset.state === 'missing').map(({ asset, path }) => ({ assetId: asset.id, path, asset }))
  const newest = new Date(named.reduce((latest, { asset }) => Math.max(latest, wholeSecond(asset.modifiedAt).getTime()), 0))
  const add = (name: string, text: string) => entries.push(textEntry(`${root}/${name}`, text, newest))
  // the parts of one export are unpacked into one folder: no text of one may replace that of another
  const mark = recipe.purpose === 'selection' && recipe.part ? `-${recipe.part.number}of${recipe.part.of}` : ''
  for (const file of feedbackFiles(feedback, new Map(named.filter(isMain).map(({ asset, path }) => [asset.itemId, inRoot(path)]))))
    add(`feedback/${file.name}`, file.text)
  if (missing.length)
    add(
      `ERRORS${mark}.txt`,
      errorsText(
        missing.map(({ path }) => inRoot(path)),
        gallery.locale,
      ),
    )
  add(`manifest${mark}.json`, manifest(gallery, recipe, named, feedback))
  add(`checksums${mark}.sha256`, entries.map((e) => `${e.sha256.toString('hex')}  ${inRoot(e.path)}\n`).join(''))
  return {
    recipe,
    recipeHash: recipeHash(recipe),
    imagesHash: imagesHash(named.map(({ asset, preview }) => contentId(asset.id, preview))),
    planHash: hashPlan(entries, recipe.format),
    entries,
    missing,
  }
}

const isMain = ({ asset }: Named): boolean => mainRoles.includes(asset.role)

export const recipeHash = (recipe: Recipe): string => hashText(JSON.stringify(recipe))

/** Names the bytes that stand for an asset: its original, or its preview, or that with a watermark. */
export const contentId = (assetId: string, preview: { mark: string | null } | null): string =>
  preview ? [assetId, 'preview', ...(preview.mark ? [preview.mark] : [])].join(':') : assetId

/** SHA-256 of the sorted asset ids joined by ','; 'empty' for none. Exact, because assets never change. */
export const imagesHash = (assetIds: string[]): string => (assetIds.length ? hashText([...assetIds].sort().join(',')) : 'empty')

/** Names the bytes of the ZIP: all that decides them goes in. It is the ETag of every download. */
export function hashPlan(entries: PlanEntry[], format: Format): string {
  const hash = createHash('sha256')
  if (format !== 'zip') hash.update(`${format}\n`)
  for (const e of entries)
    hash.update(`${e.path}\0${e.size}\0${e.content?.length ?? ''}\0${e.crc32}\0${e.sha256.toString('hex')}\0${e.mtime.getTime()}\n`)
  return hash.digest('hex')
}

function textEntry(path: string, text: string, mtime: Date): PlanEntry {
  const bytes = Buffer.from(text)
  return {
    path,
    assetId: null,
    previewKey: null,
    size: bytes.length,
    crc32: crc32(bytes),
    sha256: createHash('sha256').update(bytes).digest(),
    mtime,
    content: deflateRawSync(bytes, { level: 9 }),
  }
}

export const hashText = (text: string) => createHash('sha256').update(text).digest('hex')
