/** Questions to the table pages: the words that an installation has chosen itself. */
import type { Selectable } from 'kysely'
import type { Locale } from '../domain/gallery.ts'
import type { PageName } from '../domain/pages.ts'
import type { Database, PagesTable } from '../ports/database/port.ts'

export type OwnPage = Selectable<PagesTable>

/** The page as somebody has written it; undefined: nobody has. */
export async function findPage(db: Database, name: PageName, locale: Locale): Promise<OwnPage | undefined> {
  return db.selectFrom('pages').selectAll().where('name', '=', name).where('locale', '=', locale).executeTakeFirst()
}

export async function keepPage(db: Database, page: OwnPage): Promise<void> {
  const { markdown, updatedBy, updatedAt } = page
  await db
    .insertInto('pages')
    .values(page)
    .onConflict((c) => c.columns(['name', 'locale']).doUpdateSet({ markdown, updatedBy, updatedAt }))
    .execute()
}

/** The page says our words again. */
export async function dropPage(db: Database, name: PageName, locale: Locale): Promise<void> {
  await db.deleteFrom('pages').where('name', '=', name).where('locale', '=', locale).execute()
}
