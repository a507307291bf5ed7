/** The texts inside an archive that say what is in it: manifest.json, and ERRORS.txt when a file is missing. */
import { mainRoles } from './asset.ts'
import type { Feedback } from './feedback.ts'
import type { Locale } from './gallery.ts'
import type { Named, PlanGallery, Recipe } from './recipe.ts'

/** manifest.json: every photo with its ids, name, size and SHA-256, and the missing ones. */
export function manifest(gallery: PlanGallery, recipe: Recipe, named: Named[], feedback: Feedback[]): string {
  const remarks = Map.groupBy(feedback, (f) => f.itemId)
  const describe = ({ asset, preview, path }: Named) => ({
    item: asset.itemId,
    asset: asset.id,
    path: path.slice(recipe.slug.length + 1),
    original_name: asset.originalName,
    type: preview ? 'image/jpeg' : asset.mime,
    size: (preview ?? asset).size,
    sha256: (preview ?? asset).sha256.toString('hex'),
    // said of every photo of an export in screen size: one without a preview goes in as its original
    ...(recipe.purpose === 'selection' && recipe.size === 'screen' ? { packed: preview ? 'screen' : 'original' } : {}),
    ...(asset.track ? { track: { role: asset.role, ...asset.track } } : {}),
    ...(asset.stands?.chapter ? { chapter: asset.stands.chapter } : {}),
    ...(asset.stands?.hidden ? { hidden: true } : {}),
    modified_at: wholeSecond(asset.modifiedAt).toISOString(),
    ...(asset.capturedAt ? { captured_at: asset.capturedAt } : {}),
    ...(remarks.has(asset.itemId) && mainRoles.includes(asset.role) ? { feedback: remarks.get(asset.itemId)!.map(remark) } : {}),
  })
  const content = {
    format: 'keepsake-manifest',
    version: 1,
    gallery: { id: gallery.id, slug: recipe.slug, title: gallery.title, event_date: gallery.eventDate, ...guestsOf(gallery, recipe) },
    ...(recipe.purpose === 'selection'
      ? { selection: { size: recipe.size, part: recipe.part?.number ?? 1, parts: recipe.part?.of ?? 1 } }
      : {}),
    photos: named.filter(({ asset }) => asset.state === 'stored').map(describe),
    missing: named.filter(({ asset }) => asset.state === 'missing').map(describe),
  }
  return `${JSON.stringify(content, null, 1)}\n`
}

/** What guests may see and take, told by the final archive alone: nobody else is concerned. Left out where all is as in a fresh gallery. */
function guestsOf({ guests }: PlanGallery, { purpose }: Recipe) {
  if (purpose !== 'final' || !guests) return {}
  const { sizes, watermark } = guests
  return sizes === 'original' && watermark === 'off' ? {} : { guests: { sizes, watermark } }
}

const remark = ({ kind, rating, comment, guest, guestName, guestEmail, hidden, createdAt }: Feedback) => ({
  kind,
  rating,
  comment,
  guest,
  guest_name: guestName,
  guest_email: guestEmail,
  hidden,
  created_at: createdAt,
})

const words: Record<Locale, [before: string, after: string]> = {
  en: [
    'These files belong here and could not be read when this archive was made:',
    'Everything else is whole. The photographer can see this too. When the files are back, the archive is made anew: download it again then.',
  ],
  de: [
    'Diese Dateien gehören hierher und konnten nicht gelesen werden, als dieses Archiv entstand:',
    'Alles andere ist vollständig. Auch die Fotografin oder der Fotograf sieht das. Sobald die Dateien wieder da sind, wird das Archiv neu erstellt: Laden Sie es dann noch einmal herunter.',
  ],
  ru: [
    'Эти файлы должны быть здесь, но прочитать их при создании архива не удалось:',
    'Всё остальное на месте. Фотограф тоже видит это. Когда файлы найдутся, архив будет создан заново: скачайте его ещё раз.',
  ],
}

/** ERRORS.txt: the names of what is missing, and what to do. */
export function errorsText(names: string[], locale: Locale): string {
  const [before, after] = words[locale]
  return [before, '', ...names.map((name) => `- ${name}`), '', after, ''].join('\n')
}

// the ZIP keeps whole seconds
export const wholeSecond = (time: Date) => new Date(Math.floor(time.getTime() / 1000) * 1000)
