/** A photo, video or track as the API shows it, to its owner and to guests alike. */
import type { ItemRow } from '../data/items.ts'

export function viewItem(row: ItemRow) {
  return {
    id: row.id,
    asset_id: row.assetId,
    kind: row.kind,
    name: row.name,
    mime: row.mime,
    size: row.size,
    width: row.width,
    height: row.height,
    thumbnail: row.hasThumbnail ? `/media/${row.assetId}/thumbnail` : null,
    preview: row.previewSize !== null ? `/media/${row.assetId}/preview` : null,
    preview_size: row.previewSize,
    render_state: row.renderState,
    state: row.state,
  }
}
