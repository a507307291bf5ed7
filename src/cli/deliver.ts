/** keepsake deliver: a folder of pictures becomes a published gallery, a verified ZIP, and letters with a link. */
import { realpath } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { World } from '../app/wire.ts'
import { handlers } from '../app/worker.ts'
import { after, days } from '../base/clock.ts'
import { AppError } from '../base/errors.ts'
import { findArchive } from '../data/archives.ts'
import { findGallery } from '../data/galleries.ts'
import { listOfArchive } from '../data/letters.ts'
import { findSetting, settleSetting } from '../data/settings.ts'
import { type Archive, atWork, percent } from '../domain/archive.ts'
import { checkSlug, type Gallery, slugFrom } from '../domain/gallery.ts'
import { parseMailbox } from '../domain/mailbox.ts'
import { ensureOwner } from '../features/accounts/users.ts'
import { askDownload } from '../features/archives/ask.ts'
import { publish } from '../features/archives/publish.ts'
import { addClient } from '../features/galleries/clients.ts'
import { createGallery, editGallery } from '../features/galleries/edit.ts'
import { importWithProgress } from './import.ts'
import { bar, bytesText, type Output, progressLine, UsageError } from './output.ts'
import { withWorld } from './world.ts'

export async function deliverCommand(args: string[], out: Output): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      title: { type: 'string' },
      slug: { type: 'string' },
      to: { type: 'string', multiple: true, default: [] },
      expires: { type: 'string' },
    },
  })
  const [folder, more] = positionals
  if (!folder || more) throw new UsageError('deliver takes exactly one folder')
  const title = values.title ?? path.basename(path.resolve(folder))
  const slug = checkSlug(values.slug ?? slugFrom(title))
  const expires = values.expires === undefined ? undefined : readDays(values.expires)
  const to = values.to.map(parseMailbox)
  return withWorld(async (world) => {
    const { deps } = world
    const gallery = await openGallery(world, { folder, slug, title, named: values.slug !== undefined })
    // before the import: a gallery whose date has passed takes no photo until it has a later one
    if (expires !== undefined) await editGallery(deps, gallery.id, { expiresAt: after(deps.clock.now(), days(expires)) })
    const opened = (await findGallery(deps.db, gallery.id)) ?? gallery
    const imported = await importWithProgress(deps, opened, folder, out)
    for (const email of to) await addClient(deps, gallery.id, email, null)
    // beside a running service both work; alone this process does all of it
    await deps.queue.work(handlers(deps))
    const { archive: asked } = await publish(deps, gallery.id, { userId: gallery.ownerId, source: 'publish' })
    const archive = await follow(world, asked, out)
    const letters = await lettersOut(world, archive)
    const link = (await askDownload(deps, gallery)).download_url
    out.result({
      gallery: gallery.id,
      slug,
      archive: archive.id,
      version: archive.version,
      sha256: archive.checksum,
      bytes: archive.fileSizeBytes,
      photos: archive.imageCount,
      missing: archive.missingCount,
      plan_hash: archive.planHash,
      link,
      imported: imported.imported,
      duplicates: imported.duplicates.length,
      skipped: imported.skipped,
      letters,
    })
    out.say(`Gallery   ${deps.settings.publicUrl}/g/${slug}`)
    out.say(
      `Archive   version ${archive.version}: ${archive.imageCount} photos, ${bytesText(archive.fileSizeBytes)}, verified byte for byte`,
    )
    if (archive.missingCount) out.say(`Missing   ${archive.missingCount} photos could not be read and are named in the manifest`)
    out.say(`SHA-256   ${archive.checksum}`)
    for (const letter of letters)
      out.say(`Letter    ${letter.recipient}: ${lettersWords[letter.status]}${letter.error ? ` (${letter.error})` : ''}`)
    out.say(`Download  ${link}`)
    out.say(`          (works while the service runs: npm start)`)
    const failed = letters.some((l) => l.status === 'failed' || l.status === 'suppressed')
    return archive.missingCount || imported.skipped.length || failed ? 3 : 0
  })
}

const lettersWords = {
  queued: 'waits for the mail server, the service tries again',
  sent: 'sent',
  kept: 'written; no mail server is configured (SMTP_URL), so it waits in the outbox',
  failed: 'could not be sent',
  suppressed: 'not sent: this address gets no letters',
}

/**
 * The gallery made of this folder, so that the same folder again makes nothing new; else a new one. Two folders called `photos`
 * are two clients: only who names the gallery with --slug adds to one that came from elsewhere.
 */
async function openGallery({ deps }: World, wish: { folder: string; slug: string; title: string; named: boolean }): Promise<Gallery> {
  const { slug, title, named } = wish
  const folder = await realpath(wish.folder).catch((cause: NodeJS.ErrnoException) => {
    throw new AppError('folder_unreadable', { folder: wish.folder, reason: cause.code }, { cause })
  })
  const key = `folder of ${slug}`
  const known = await findSetting(deps.db, key)
  const found = await findGallery(deps.db, slug)
  const owner = await ensureOwner(deps)
  if (found && (found.ownerId !== owner.id || (known !== folder && !named)))
    throw new AppError('slug_taken', {
      slug,
      folder: known ?? 'none',
      remedy: `--slug for another gallery, or --slug ${slug} to add to this one`,
    })
  await settleSetting(deps.db, key, folder)
  return found ?? createGallery(deps, owner.id, { title, slug })
}

/** Shows the archive at work until it is ready. */
async function follow({ deps }: World, asked: Archive, out: Output): Promise<Archive> {
  const line = progressLine()
  let told: string | null = null
  try {
    for (;;) {
      const archive = (await findArchive(deps.db, asked.id)) ?? asked
      if (archive.status === 'ready') return archive
      if (!atWork(archive.status)) throw new AppError('archive_failed', { archive: archive.id, reason: archive.errorMessage })
      if (archive.errorMessage && archive.errorMessage !== told) {
        told = archive.errorMessage
        line.end()
        out.note(`Waiting   ${told}`)
      }
      const verb = { queued: 'Waiting', processing: 'Building', verifying: 'Verifying' }[archive.status as 'queued']
      const eta = archive.etaSeconds === null ? '' : `, ${archive.etaSeconds} s left`
      line.show(`${verb} ${bar(percent(archive) / 100)} ${bytesText(archive.processedBytes)} of ${bytesText(archive.fileSizeBytes)}${eta}`)
      await sleep(200)
    }
  } finally {
    line.end()
  }
}

/** Waits a moment for the letters of this archive to leave; what has not left by then the service sends. */
async function lettersOut({ deps }: World, archive: Archive) {
  for (let n = 0; ; n++) {
    const letters = await listOfArchive(deps.db, archive.id)
    const announced = letters.length > 0 || n > 10
    if ((announced && !letters.some((l) => l.status === 'queued')) || n > 100)
      return letters.map(({ recipient, status, error }) => ({ recipient, status, error }))
    await sleep(100)
  }
}

function readDays(text: string): number {
  const match = /^(\d{1,5})d$/.exec(text)
  if (!match || Number(match[1]) < 1) throw new UsageError(`--expires takes days, such as 30d, not ${text}`)
  return Number(match[1])
}
