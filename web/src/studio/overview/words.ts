/** What the overview says. */
import type { Locale } from '../../../../sdk/src/wire.ts'

const en = {
  title: 'Overview',
  welcome: 'Deliver your first gallery',
  welcomeText: 'Make a gallery, drop a folder of photos into it, publish. Clients get one verified ZIP and a page.',
  toGalleries: 'To the galleries',
  kinds: { draft: 'Drafts', active: 'Published', ended: 'Ended', archived: 'Archived' },
  attention: 'Needs attention',
  fine: 'Nothing needs you at the moment.',
  what: { delivery: 'The ZIP for clients could not be packed.', final: 'The gallery could not be archived.' },
  ending: 'Ends soon',
  noneEnding: 'No gallery ends within 14 days.',
  taken: 'Last deliveries',
  noneTaken: 'Nobody has downloaded anything in the last 30 days.',
  somebody: 'Somebody with a link',
  complete: 'complete',
  part: (percent: string) => `${percent} received`,
  version: (n: string) => `version ${n}`,
  storage: 'Storage',
  free: (size: string) => `${size} free`,
  uses: { originals: 'Originals', archives: 'Archives', deliveries: 'ZIPs for clients', previews: 'Previews' },
}
type Words = typeof en

const de: Words = {
  title: 'Übersicht',
  welcome: 'Liefern Sie Ihre erste Galerie aus',
  welcomeText: 'Galerie anlegen, einen Ordner mit Fotos hineinziehen, veröffentlichen. Kunden bekommen ein geprüftes ZIP und eine Seite.',
  toGalleries: 'Zu den Galerien',
  kinds: { draft: 'Entwürfe', active: 'Veröffentlicht', ended: 'Beendet', archived: 'Archiviert' },
  attention: 'Braucht Sie',
  fine: 'Gerade braucht Sie nichts.',
  what: { delivery: 'Das ZIP für Kunden konnte nicht gepackt werden.', final: 'Die Galerie konnte nicht archiviert werden.' },
  ending: 'Endet bald',
  noneEnding: 'Keine Galerie endet in den nächsten 14 Tagen.',
  taken: 'Letzte Auslieferungen',
  noneTaken: 'In den letzten 30 Tagen hat niemand etwas heruntergeladen.',
  somebody: 'Jemand mit einem Link',
  complete: 'vollständig',
  part: (percent) => `${percent} angekommen`,
  version: (n) => `Version ${n}`,
  storage: 'Speicher',
  free: (size) => `${size} frei`,
  uses: { originals: 'Originale', archives: 'Archive', deliveries: 'ZIPs für Kunden', previews: 'Vorschauen' },
}

const ru: Words = {
  title: 'Обзор',
  welcome: 'Отдайте первую галерею',
  welcomeText: 'Создайте галерею, перетащите папку с фотографиями, опубликуйте. Клиенты получат один проверенный ZIP и страницу.',
  toGalleries: 'К галереям',
  kinds: { draft: 'Черновики', active: 'Опубликованы', ended: 'Завершены', archived: 'В архиве' },
  attention: 'Требует внимания',
  fine: 'Сейчас ничего не требуется.',
  what: { delivery: 'Не удалось упаковать ZIP для клиентов.', final: 'Не удалось архивировать галерею.' },
  ending: 'Скоро закроются',
  noneEnding: 'В ближайшие 14 дней ни одна галерея не закроется.',
  taken: 'Последние доставки',
  noneTaken: 'За последние 30 дней никто ничего не скачивал.',
  somebody: 'Кто-то по ссылке',
  complete: 'полностью',
  part: (percent) => `получено ${percent}`,
  version: (n) => `версия ${n}`,
  storage: 'Хранилище',
  free: (size) => `свободно ${size}`,
  uses: { originals: 'Оригиналы', archives: 'Архивы', deliveries: 'ZIP для клиентов', previews: 'Превью' },
}

export const overviewWords: Record<Locale, Words> = { en, de, ru }
