/** A store on disk and the sealed plan of a gallery, as the production code has them; without what made the photos. */
import { readFileSync } from 'node:fs'
import { systemClock } from '../src/base/clock.ts'
import { layoutOf, type Sealed } from '../src/features/archives/sealed.ts'
import { diskStorage } from '../src/ports/storage/disk.ts'
import type { Storage } from '../src/ports/storage/port.ts'

/** What an upload would have learned of a photo. */
export interface Row {
  name: string
  key: string
  size: number
  crc32: number
  sha256: string
  mtime: number
}

export async function storeAt(dir: string): Promise<Storage> {
  const storage = diskStorage({ dir, clock: systemClock })
  await storage.identify('bench')
  return storage
}

/** The sealed plan of a gallery, its photos `times` over. */
export function sealedOf(plan: string, times = 1): Sealed {
  const rows: Row[] = JSON.parse(readFileSync(plan, 'utf8'))
  const entries = Array.from({ length: times }, (_, n) =>
    rows.map((row) => ({
      path: `gallery/photos/${times > 1 ? `${n}-` : ''}${row.name}`,
      assetId: row.key,
      size: row.size,
      crc32: row.crc32,
      sha256: Buffer.from(row.sha256, 'hex'),
      mtime: new Date(row.mtime),
      content: null,
      previewKey: null,
      storageKey: row.key,
      storageOffset: 0,
    })),
  ).flat()
  return { planHash: `bench-${entries.length}`, entries, layout: layoutOf(entries, 'zip') }
}
