/** A guest sends the list of favourites to the photographer. The letter's row is what remembers that, and what was in it. */
import { createHash } from 'node:crypto'
import type { Favorites } from '../../../sdk/src/wire.ts'
import { AppError } from '../../base/errors.ts'
import { listFavorites } from '../../data/feedback.ts'
import { listNames } from '../../data/items.ts'
import { findSelection } from '../../data/letters.ts'
import { writeToOwner } from '../../data/outbox.ts'
import type { Gallery } from '../../domain/gallery.ts'
import type { Database, Tx } from '../../ports/database/port.ts'
import type { Deps } from '../../ports/deps.ts'
import { nameGuest, whileOpen } from './leave.ts'
import { type Name, whoIs } from './who.ts'

/** What this guest has marked, when it was sent, and whether it has changed since. */
export async function viewList(db: Database | Tx, galleryId: string, guest: string | undefined): Promise<Favorites> {
  const items = guest ? await listFavorites(db, galleryId, guest) : []
  const sent = guest ? await findSelection(db, galleryId, guest) : undefined
  return { items, sent_at: sent?.createdAt.toISOString() ?? null, changed: sent !== undefined && sent.print !== printOf(items) }
}

/** The same list is sent once. `name` as with a comment. Throws guest_unnamed, guest_known, list_empty, and what a closed gallery does. */
export async function sendList(
  deps: Pick<Deps, 'db' | 'clock' | 'queue'>,
  gallery: Gallery,
  guest: string,
  name: Name | null,
): Promise<void> {
  await whileOpen(deps, gallery.id, async (tx, locked) => {
    const items = await listFavorites(tx, gallery.id, guest)
    if (!items.length) throw new AppError('list_empty')
    if (name) await nameGuest(deps, tx, locked, guest, name)
    const who = await whoIs(tx, locked, guest)
    if (!who) throw new AppError('guest_unnamed')
    const print = printOf(items)
    const names = await listNames(tx, gallery.id, items)
    const facts = { guest, print, who: who.name ?? who.email ?? '', names }
    await writeToOwner(deps, tx, locked, {
      kind: 'selection_sent',
      archiveId: null,
      dedupeKey: `selection_sent ${gallery.id} ${guest} ${print}`,
      facts,
      notice: { who: facts.who, count: items.length },
    })
  })
}

const printOf = (items: string[]): string =>
  createHash('sha256')
    .update([...items].sort().join())
    .digest('hex')
    .slice(0, 32)
