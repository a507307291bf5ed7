/** Questions to the table items, with the original and the small pictures of each. */
import { type Insertable, sql } from 'kysely'
import { type Asset, type Kind, mainRoles, type Role, type Stands } from '../domain/asset.ts'
import type { Database, ItemsTable, Tx } from '../ports/database/port.ts'

/** An item as pages show it. */
export interface ItemRow extends Pick<Asset, 'mime' | 'size' | 'width' | 'height' | 'renderState'> {
  id: string
  assetId: string
  kind: Kind
  /** the file's name as it was written */
  name: string
  position: number
  state: 'stored' | 'missing'
  chapter: string | null
  hidden: boolean
  /** the asset whose small pictures are shown: of a track its cover */
  pictureId: string
  hasThumbnail: boolean
  /** false for what an older Keepsake has drawn */
  hasMedium: boolean
  /** bytes; null without one */
  previewSize: number | null
  /** the watermark that its medium picture and its preview bear */
  mark: string | null
  title: string
  artist: string | null
  /** of a rescued track */
  coverId: string | null
  videoId: string | null
}

/** Where a page of items ends: the next one begins behind it. */
export interface ItemCursor {
  position: number
  id: string
}

/** A page of the gallery's living items in their order; `shown`: only those that guests see; `marked`: with the pictures that bear a watermark. */
export async function pageItems(
  db: Database | Tx,
  galleryId: string,
  { limit, after, shown, marked = false }: { limit: number; after?: ItemCursor; shown?: boolean; marked?: boolean },
): Promise<ItemRow[]> {
  const [medium, large] = marked ? (['marked_medium', 'marked_preview'] as const) : (['medium', 'preview'] as const)
  const rows = await db
    .selectFrom('items')
    .innerJoin('assets', (j) => j.onRef('assets.itemId', '=', 'items.id').on('assets.role', 'in', mainRoles))
    // joined and not asked for as `exists`: that may be answered by reading the small pictures of all galleries
    .leftJoin('derivatives as small', (j) => j.onRef('small.assetId', '=', 'assets.id').on('small.kind', '=', 'thumbnail'))
    .leftJoin('derivatives as middle', (j) => j.onRef('middle.assetId', '=', 'assets.id').on('middle.kind', '=', medium))
    .leftJoin('derivatives as large', (j) => j.onRef('large.assetId', '=', 'assets.id').on('large.kind', '=', large))
    .select([
      'items.id',
      'assets.id as assetId',
      'items.kind',
      'items.position',
      'items.chapter',
      'items.hidden',
      'assets.originalName as name',
      'assets.mime',
      'assets.size',
      'assets.width',
      'assets.height',
      'assets.renderState',
      sql<'stored' | 'missing'>`assets.state`.as('state'),
      sql<boolean>`small.asset_id is not null`.as('hasThumbnail'),
      sql<boolean>`middle.asset_id is not null`.as('hasMedium'),
      'large.size as previewSize',
      'large.mark',
      'items.title',
      'items.artist',
    ])
    .where('items.galleryId', '=', galleryId)
    .where('assets.state', '!=', 'deleted')
    .$if(shown === true, (q) => q.where('items.hidden', '=', false))
    .$if(after !== undefined, (q) => q.where(sql<boolean>`(items.position, items.id) > (${after!.position}, ${after!.id})`))
    .orderBy('items.position')
    .orderBy('items.id')
    .limit(limit)
    .execute()
  const besides = await listBesides(
    db,
    rows.filter(({ kind }) => kind === 'track').map(({ id }) => id),
  )
  return rows.map((row) => ({ ...row, pictureId: row.assetId, coverId: null, videoId: null, ...besides.get(row.id) }))
}

type Besides = Pick<ItemRow, 'coverId' | 'videoId'> & Partial<Pick<ItemRow, 'pictureId' | 'hasThumbnail' | 'hasMedium' | 'previewSize'>>

/** Cover and film of tracks. In a question of its own: joined, it would make the planner read the small pictures of all galleries. */
async function listBesides(db: Database | Tx, itemIds: string[]): Promise<Map<string, Besides>> {
  const found = new Map<string, Besides>()
  if (!itemIds.length) return found
  const rows = await db
    .selectFrom('assets')
    .leftJoin('derivatives as small', (j) => j.onRef('small.assetId', '=', 'assets.id').on('small.kind', '=', 'thumbnail'))
    .leftJoin('derivatives as middle', (j) => j.onRef('middle.assetId', '=', 'assets.id').on('middle.kind', '=', 'medium'))
    .leftJoin('derivatives as large', (j) => j.onRef('large.assetId', '=', 'assets.id').on('large.kind', '=', 'preview'))
    .select(['assets.itemId', 'assets.id', 'assets.role', 'large.size as previewSize'])
    .select([sql<boolean>`small.asset_id is not null`.as('hasThumbnail'), sql<boolean>`middle.asset_id is not null`.as('hasMedium')])
    .where('assets.itemId', '=', sql<string>`any(${itemIds}::uuid[])`)
    .where('assets.role', 'in', ['cover', 'video'])
    .where('assets.state', '=', 'stored')
    .execute()
  for (const { itemId, id, role, ...picture } of rows) {
    const known = found.get(itemId) ?? { coverId: null, videoId: null }
    found.set(itemId, role === 'cover' ? { ...known, coverId: id, pictureId: id, ...picture } : { ...known, videoId: id })
  }
  return found
}

/** Is there such an item in this gallery, with a living file, for guests to see? */
export async function findItem(db: Database | Tx, galleryId: string, itemId: string): Promise<{ id: string } | undefined> {
  return db
    .selectFrom('items')
    .innerJoin('assets', (j) => j.onRef('assets.itemId', '=', 'items.id').on('assets.role', 'in', mainRoles))
    .select('items.id')
    .where('items.id', '=', itemId)
    .where('items.galleryId', '=', galleryId)
    .where('items.hidden', '=', false)
    .where('assets.state', '!=', 'deleted')
    .executeTakeFirst()
}

/** The file names of these items, in their order in the gallery. */
export async function listNames(db: Database | Tx, galleryId: string, ids: string[]): Promise<string[]> {
  const rows = await db
    .selectFrom('items')
    .innerJoin('assets', (j) => j.onRef('assets.itemId', '=', 'items.id').on('assets.role', 'in', mainRoles))
    .select('assets.originalName as name')
    .where('items.galleryId', '=', galleryId)
    .where('items.id', 'in', ids)
    .where('assets.state', '!=', 'deleted')
    .orderBy('items.position')
    .orderBy('items.id')
    .execute()
  return rows.map((row) => row.name)
}

export async function insertItem(tx: Tx, item: Insertable<ItemsTable>): Promise<void> {
  await tx.insertInto('items').values(item).execute()
}

/** The same for many: so many rows a statement that no parameter is too many. */
export async function insertItems(tx: Tx, items: Insertable<ItemsTable>[]): Promise<void> {
  for (let at = 0; at < items.length; at += 1000)
    await tx
      .insertInto('items')
      .values(items.slice(at, at + 1000))
      .execute()
}

/** Is this item hidden from guests? */
export async function isHidden(db: Database | Tx, id: string): Promise<boolean> {
  return !!(await db.selectFrom('items').select('id').where('id', '=', id).where('hidden', '=', true).executeTakeFirst())
}

/** How many items guests see. */
export async function countShown(db: Database | Tx, galleryId: string): Promise<number> {
  const { count } = await db
    .selectFrom('items')
    .innerJoin('assets', (j) => j.onRef('assets.itemId', '=', 'items.id').on('assets.role', 'in', mainRoles))
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('items.galleryId', '=', galleryId)
    .where('items.hidden', '=', false)
    .where('assets.state', '!=', 'deleted')
    .executeTakeFirstOrThrow()
  return count
}

/** How many stored files guests do not see, and their bytes. */
export async function countHidden(db: Database | Tx, galleryId: string): Promise<{ photos: number; bytes: number }> {
  return db
    .selectFrom('items')
    .innerJoin('assets', 'assets.itemId', 'items.id')
    .select([
      sql<number>`count(*) filter (where assets.role in ('original', 'audio'))`.as('photos'),
      sql<number>`coalesce(sum(assets.size), 0)::bigint`.as('bytes'),
    ])
    .where('items.galleryId', '=', galleryId)
    .where('items.hidden', '=', true)
    .where('assets.state', '=', 'stored')
    .executeTakeFirstOrThrow()
}

/** Items that stand under a heading or are hidden. */
export async function listStands(db: Database | Tx, galleryId: string): Promise<Map<string, Stands>> {
  const rows = await db
    .selectFrom('items')
    .select(['id', 'chapter', 'hidden'])
    .where('galleryId', '=', galleryId)
    .where((eb) => eb.or([eb('hidden', '=', true), eb('chapter', 'is not', null)]))
    .execute()
  return new Map(rows.map(({ id, ...stands }) => [id, stands]))
}

/** Changes of these that are items of the gallery; answers how many there are. */
export async function changeItems(
  tx: Tx,
  galleryId: string,
  ids: string[],
  change: { chapter?: string | null; hidden?: boolean },
): Promise<number> {
  const done = await tx
    .updateTable('items')
    .set(change)
    .where('galleryId', '=', galleryId)
    .where(sql<boolean>`id = any(${ids}::uuid[])`)
    .executeTakeFirst()
  return Number(done.numUpdatedRows)
}

/** Every living item with what it can be put in order by, in the order it has. */
export async function listOrder(
  tx: Tx,
  galleryId: string,
): Promise<{ id: string; position: number; name: string; capturedAt: string | null }[]> {
  return tx
    .selectFrom('items')
    .innerJoin('assets', (j) => j.onRef('assets.itemId', '=', 'items.id').on('assets.role', 'in', mainRoles))
    .select(['items.id', 'items.position', 'assets.originalName as name', 'assets.capturedAt'])
    .where('items.galleryId', '=', galleryId)
    .where('assets.state', '!=', 'deleted')
    .orderBy('items.position')
    .orderBy('items.id')
    .execute()
}

/** Gives these items these places. */
export async function placeItems(tx: Tx, places: { id: string; position: number }[]): Promise<void> {
  if (!places.length) return
  await sql`update items set position = p.position
    from unnest(${places.map((place) => place.id)}::uuid[], ${places.map((place) => place.position)}::bigint[]) as p (id, position)
    where items.id = p.id`.execute(tx)
}

/** The living assets of an item of this gallery, locked until the transaction ends. */
export async function lockItemAssets(
  tx: Tx,
  galleryId: string,
  itemId: string,
): Promise<{ assetId: string; role: Role; storageKey: string; storageOffset: number }[]> {
  return tx
    .selectFrom('assets')
    .select(['id as assetId', 'role', 'storageKey', 'storageOffset'])
    .where('itemId', '=', itemId)
    .where('galleryId', '=', galleryId)
    .where('state', '!=', 'deleted')
    .forUpdate()
    .execute()
}
