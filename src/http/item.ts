/** A photo, video or track as the API shows it, to its owner and to guests alike; and where a page of them ends. */
import { z } from 'zod'
import { isUuid } from '../base/id.ts'
import type { ItemCursor, ItemRow } from '../data/items.ts'
import { playAddress } from '../domain/media.ts'
import { markName } from '../domain/watermark.ts'

export const writeItemCursor = ({ position, id }: ItemCursor): string => Buffer.from(`${position} ${id}`).toString('base64url')
/** Parses to the place it names. */
export const itemCursor = z
  .string()
  .max(200)
  .transform((text, context): ItemCursor => {
    const [, position, id] = /^(\d{1,16}) (\S{36})$/.exec(Buffer.from(text, 'base64url').toString()) ?? []
    if (id && isUuid(id)) return { position: Number(position), id }
    context.addIssue({ code: 'custom', message: 'is not a cursor of ours' })
    return z.NEVER
  })

/** `marked`: to somebody who sees the watermark, in a row that was asked for so. */
export function viewItem(row: ItemRow, now: Date, { marked = false } = {}) {
  const mark = row.mark ? `?mark=${markName(row.mark)}` : ''
  // its picture is there, and does not bear the mark yet
  const waits = marked && row.kind === 'photo' && row.renderState === 'done' && row.previewSize === null
  const stored = row.state === 'stored' ? `/media/${row.assetId}` : null
  return {
    id: row.id,
    asset_id: row.assetId,
    kind: row.kind,
    name: row.name,
    chapter: row.chapter,
    hidden: row.hidden,
    mime: row.mime,
    size: row.size,
    width: row.width,
    height: row.height,
    thumbnail: row.hasThumbnail ? `/media/${row.pictureId}/thumbnail` : null,
    medium: row.hasMedium ? `/media/${row.pictureId}/medium${mark}` : null,
    media_url: row.kind === 'photo' ? null : playAddress({ stored, provider: null, providerExpiresAt: null }, now),
    preview: row.previewSize !== null ? `/media/${row.pictureId}/preview${mark}` : null,
    preview_size: row.previewSize,
    title: row.kind === 'track' ? row.title : null,
    artist: row.artist,
    cover: row.coverId && `/media/${row.coverId}`,
    video_url: row.videoId && `/media/${row.videoId}`,
    render_state: waits ? ('waiting' as const) : row.renderState,
    state: row.state,
  }
}
