/**
 * Selection: some photos of a gallery, in original or screen size, as one file or as several that old programs take.
 *
 * An export is one or more archives with purpose `selection`. Equal choices of equal assets give equal recipes, so however many
 * ask, each file is built once.
 */
import { AppError } from '../base/errors.ts'
import { type Asset, isPhoto } from './asset.ts'
import type { Size } from './gallery.ts'
import { nameAll } from './names.ts'
import { compose, contentId, hashText, imagesHash, type Plan, recipeHash } from './plan.ts'
import type { Format, Named, PlanGallery, Preview, SelectionRecipe } from './recipe.ts'

/** An asset with the preview it has, if any. */
export interface Choice {
  asset: Asset
  preview: Preview | null
}

export interface Wish {
  size: Size
  format: Format
  /** several files below `partBytes` */
  parts: boolean
  /** nothing but screen size, as `only` of its recipe */
  only?: boolean
  /** with the watermark */
  marked?: boolean
}

/** What guests may ask for in one export, and how large a part may be: FAT32 and old programs end at 4 GiB. */
export const exportLimits = { photos: 5000, bytes: 6 * 1024 ** 3, partBytes: 4_000_000_000 }

/** One file of an export before it is planned: enough to know whether it is there already. */
export interface Draft {
  recipe: SelectionRecipe
  recipeHash: string
  imagesHash: string
  chosen: Choice[]
  /** under their names in the archive; these take time, so they are given when they are wanted */
  named: () => Named[]
}

/** The files of an export, in the order of the gallery. */
export function draftExport(gallery: PlanGallery, chosen: Choice[], wish: Wish, partBytes = exportLimits.partBytes): Draft[] {
  const used = chosen.flatMap((one) => packed(one, wish))
  const groups = wish.parts ? split(used, partBytes) : [used]
  const whole = choiceOf(used)
  let all: Named[] | undefined
  const nameAllOnce = () => (all ??= nameChosen(gallery, used))
  let from = 0
  return groups.map((group, i) => {
    const begin = from
    from += group.length
    const part = groups.length > 1 ? { number: i + 1, of: groups.length, whole } : null
    const { size, format } = wish
    const { naming, slug } = gallery
    const told = { ...(wish.only && { only: true as const }), ...(wish.marked && { marked: true as const }) }
    const recipe: SelectionRecipe = { purpose: 'selection', format, naming, slug, size, choice: choiceOf(group), part, ...told }
    const ids = group.map(({ asset, preview }) => contentId(asset.id, preview))
    const named = () => nameAllOnce().slice(begin, begin + group.length)
    return { recipe, recipeHash: recipeHash(recipe), imagesHash: imagesHash(ids), chosen: group, named }
  })
}

export const planDraft = (gallery: PlanGallery, { recipe, named }: Draft): Plan => compose(gallery, recipe, named(), [])

/**
 * The same archive once more after a file was lost or has come back: under the names it was sealed with (by item), which were
 * chosen together with those of the other parts.
 */
export function planAgain(gallery: PlanGallery, recipe: SelectionRecipe, chosen: Choice[], sealed: Map<string, string>): Plan {
  const used = chosen.flatMap((one) => packed(one, recipe))
  const wanted = used.map(({ asset, preview }) => {
    const name = sealed.get(asset.itemId)?.split('/').at(-1) ?? asset.originalName
    // its preview was lost or has come: the name ends as the file that is packed now
    const changed = recipe.size === 'screen' && !preview && isJpeg(name) && !isJpeg(asset.originalName)
    return { id: asset.id, originalName: preview ? asJpeg(name) : changed ? endLike(name, asset.originalName) : name }
  })
  const names = nameAll(wanted, 'original')
  const named = used.map((one, i) => ({ ...one, path: `${recipe.slug}/photos/${names[i]!}` }))
  return compose(gallery, recipe, named, [])
}

/** Throws `export_empty` when nothing that could be packed was chosen; for guests `export_too_large`. */
export function checkExport(drafts: Draft[], limits: { photos: number; bytes: number } | null): void {
  const photos = drafts.flatMap(({ chosen }) => chosen)
  if (!photos.some(({ asset }) => asset.state === 'stored')) throw new AppError('export_empty', { detail: 'No photos found for export' })
  if (!limits) return
  const bytes = photos.reduce((sum, one) => sum + sizeOf(one), 0)
  if (photos.length > limits.photos || bytes > limits.bytes)
    throw new AppError('export_too_large', { detail: `Chosen: ${photos.length} photos, ${bytes} bytes.` })
}

/** Greedy, in order, so that the same photos are always split alike. One that is larger than a part has a part of its own. */
function split(chosen: Choice[], most: number): Choice[][] {
  // headers, directory, a line of the manifest and one of the checksums, for the longest name there can be
  const around = 4096
  const groups: Choice[][] = []
  let bytes = Number.POSITIVE_INFINITY
  for (const one of chosen) {
    const more = sizeOf(one) + around
    if (bytes + more > most) {
      groups.push([])
      bytes = 16 * around
    }
    groups.at(-1)!.push(one)
    bytes += more
  }
  return groups
}

function nameChosen(gallery: PlanGallery, chosen: Choice[]): Named[] {
  const wanted = chosen.map(({ asset, preview }) => ({
    id: asset.id,
    originalName: preview ? asJpeg(asset.originalName) : asset.originalName,
  }))
  const names = nameAll(wanted, gallery.naming)
  return chosen.map((one, i) => ({ ...one, path: `${gallery.slug}/photos/${names[i]!}` }))
}

/** As it goes in; nothing of a photo that has no preview, where that is all its asker may have. Films and tracks have no smaller copy. */
function packed({ asset, preview }: Choice, { size, only }: Pick<Wish, 'size' | 'only'>): Choice[] {
  if (only && !preview && isPhoto(asset)) return []
  return [{ asset, preview: size === 'screen' ? preview : null }]
}
const sizeOf = ({ asset, preview }: Choice): number => (preview ?? asset).size

const choiceOf = (chosen: Choice[]): string =>
  hashText(
    chosen
      .map(({ asset }) => asset.itemId)
      .sort()
      .join(','),
  )

const ending = /\.[^.\s/\\]{1,10}$/
const isJpeg = (name: string): boolean => /\.jpe?g$/i.test(name)
const asJpeg = (name: string): string => (isJpeg(name) ? name : `${name.replace(ending, '')}.jpg`)
const endLike = (name: string, other: string): string => name.replace(ending, '') + (ending.exec(other)?.[0] ?? '')
