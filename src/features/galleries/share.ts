/** Links that open a gallery's page: one for each client, and one to pass on. */
import { after } from '../../base/clock.ts'
import { newId } from '../../base/id.ts'
import { note } from '../../data/activity.ts'
import { lockClient } from '../../data/clients.ts'
import { grantLink, insertLink, type Link, revokeLink, revokeShares } from '../../data/links.ts'
import { checkAccess, type Permission } from '../../domain/access.ts'
import type { Actor } from '../../domain/activity.ts'
import { mintLink } from '../../domain/link.ts'
import type { Tx } from '../../ports/database/port.ts'
import type { Deps } from '../../ports/deps.ts'

type Needs = Pick<Deps, 'db' | 'clock' | 'settings'>
export type PageLink = Pick<Link, 'id' | 'expiresAt'>

/** The address behind a link; it follows from the row and our secret and stands nowhere. */
export function pageAddress({ settings }: Pick<Deps, 'settings'>, link: PageLink): string {
  return `${settings.publicUrl}/s/${mintLink({ id: link.id, kind: 'share', expiresAt: link.expiresAt }, settings.tokenSecrets)}`
}

/** A client's own link to the gallery, the same one for half its life. Throws `not_found`, and `access_ended` for who may not look any more. */
export async function personalLink(deps: Needs, galleryId: string, clientId: string): Promise<PageLink> {
  const now = deps.clock.now()
  return deps.db.transaction().execute(async (tx) => {
    checkAccess(await lockClient(tx, galleryId, clientId), now)
    const grant = { kind: 'share' as const, galleryId, archiveId: null, assetId: null, clientId }
    return grantLink(tx, grant, now, deps.settings.linkLife.share)
  })
}

export interface ShareWish {
  permission: Permission
  maxUses: number | null
  expiresAt: Date | null
}

/** A new link to pass on. The ones before it end with its making: who rotates a link means that. */
export async function shareGallery(deps: Needs, galleryId: string, wish: ShareWish, by: Actor): Promise<PageLink> {
  const now = deps.clock.now()
  const link = {
    id: newId(now),
    kind: 'share' as const,
    galleryId,
    issuedAt: now,
    expiresAt: wish.expiresAt ?? after(now, deps.settings.linkLife.share),
    permission: wish.permission,
    maxUses: wish.maxUses,
  }
  await deps.db.transaction().execute(async (tx) => {
    await endShares(tx, galleryId, now, by)
    await insertLink(tx, link)
  })
  return link
}

/** Withdraws one link; answers whether there was a living one. */
export async function withdrawLink(deps: Pick<Deps, 'db' | 'clock'>, galleryId: string, id: string, by: Actor): Promise<boolean> {
  const now = deps.clock.now()
  return deps.db.transaction().execute(async (tx) => {
    const done = await revokeLink(tx, galleryId, id, now)
    if (done) await note(tx, { at: now, actor: by, action: 'link_revoked', galleryId, subject: id })
    return done
  })
}

/** Withdraws the links to pass on. */
export async function withdrawShares(deps: Pick<Deps, 'db' | 'clock'>, galleryId: string, by: Actor): Promise<void> {
  const now = deps.clock.now()
  await deps.db.transaction().execute((tx) => endShares(tx, galleryId, now, by))
}

async function endShares(tx: Tx, galleryId: string, now: Date, by: Actor): Promise<void> {
  const count = await revokeShares(tx, galleryId, now)
  if (count) await note(tx, { at: now, actor: by, action: 'link_revoked', galleryId, facts: { count } })
}
